import { FlvDemuxer, type FlvTag } from '#lib/flv';

/** The tags of an FLV file. */
export function tagsOf(file: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(file);
  const tags: FlvTag[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type === 'tag') tags.push({ ...unit, payload: unit.payload.slice() });
  }
  return tags;
}

/** Whether a tag of AVC, AAC or script data has no picture and no sound in it. */
export const isHeader = ({ tagType, payload }: FlvTag): boolean => tagType === 18 || payload[1] === 0;
