import { FlvDemuxer, FlvError, type FlvLimits, type FlvTag } from '#lib/flv';

/** How FLV is read. */
export interface FlvTagsOptions {
  limits?: Partial<FlvLimits> | undefined;
  /** Called when the source ends in the middle of a tag, with the bytes there are of it. */
  onCut?: ((bytes: number) => void) | undefined;
}

/**
 * The tags of FLV that comes as bytes, from a file or live.
 *
 * @throws {FlvError} for bytes that are no FLV
 */
export async function* flvTags(
  source: AsyncIterable<Uint8Array>,
  { limits, onCut }: FlvTagsOptions = {},
): AsyncGenerator<FlvTag, void> {
  const demuxer = new FlvDemuxer(limits);
  for await (const bytes of source) {
    // The demuxer keeps views; a source may reuse its buffer.
    demuxer.push(new Uint8Array(bytes));
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
      if (unit.type === 'tag') yield unit;
    }
  }
  const last = demuxer.end();
  if (last !== undefined) yield last;
  const rest = demuxer.pendingLength;
  if (rest > 0 && demuxer.position === 0) throw new FlvError('FLV_ERR_HEADER_LENGTH', `It ended after ${rest} bytes.`);
  if (rest > 0) onCut?.(rest);
}
