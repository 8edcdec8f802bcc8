import { CodecError, parseAvcConfig, parseHevcConfig, splitAnnexB, splitLengthPrefixed } from '#lib/codecs';
import {
  FourCc,
  MediaFlags,
  parseVideoTag,
  TagType,
  tagLength,
  trackIdOf,
  writeFlvHeader,
  writePreviousTagSize,
  writeTagHeader,
} from '#lib/flv';
import type { LiveStream } from '#lib/live';

/** A picture as a file that ffmpeg reads, whatever its version knows of Enhanced RTMP. */
export interface KeyPicture {
  /** Name of ffmpeg's demuxer. */
  readonly format: 'flv' | 'h264' | 'hevc' | 'ivf';
  readonly bytes: Uint8Array;
}

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** Bytes in front of the sequence header in an AV1CodecConfigurationRecord. */
const AV1_RECORD_LENGTH = 4;
const TEMPORAL_DELIMITER = Uint8Array.of(0x12, 0x00);
const IVF_FOUR_CC: Readonly<Record<number, string>> = {
  [FourCc.Av1]: 'AV01',
  [FourCc.Vp8]: 'VP80',
  [FourCc.Vp9]: 'VP90',
};

/** The newest key frame of a stream; undefined when there is none, or nothing is kept of the stream. */
export function newestKeyPicture(stream: LiveStream): KeyPicture | undefined {
  let key: Uint8Array | undefined;
  stream.gopCache.forEach(({ flags, payload }) => {
    if (stream.startsAt(flags)) key ??= payload.slice();
  });
  if (key === undefined) return undefined;
  const header = stream.configurations.find(
    ({ flags }) => flags & MediaFlags.Video && flags & MediaFlags.SequenceHeader && trackIdOf(flags) === 0,
  )?.payload;
  return (header && elementary(header, key)) ?? flvFile(header, key);
}

function elementary(header: Uint8Array, key: Uint8Array): KeyPicture | undefined {
  const [config] = parseVideoTag(header).tracks;
  const [picture] = parseVideoTag(key).tracks;
  if (config === undefined || picture === undefined) return undefined;
  try {
    switch (picture.fourCc) {
      case FourCc.Avc: {
        const { sps, pps, nalLengthSize, annexB } = parseAvcConfig(config.body);
        return annexBFile('h264', [...sps, ...pps], picture.body, annexB ? 0 : nalLengthSize);
      }
      case FourCc.Hevc: {
        const { vps, sps, pps, nalLengthSize } = parseHevcConfig(config.body);
        return annexBFile('hevc', [...vps, ...sps, ...pps], picture.body, nalLengthSize);
      }
      case FourCc.Av1:
        return ivfFile(picture.fourCc, [TEMPORAL_DELIMITER, config.body.subarray(AV1_RECORD_LENGTH), picture.body]);
      case FourCc.Vp8:
      case FourCc.Vp9:
        return ivfFile(picture.fourCc, [picture.body]);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** H.264 and H.265 Annex B: start codes and NAL units, parameter sets first. */
function annexBFile(
  format: 'h264' | 'hevc',
  sets: readonly Uint8Array[],
  picture: Uint8Array,
  nalLengthSize: number,
): KeyPicture {
  const units = nalLengthSize === 0 ? splitAnnexB(picture) : splitLengthPrefixed(picture, nalLengthSize);
  return { format, bytes: Buffer.concat([...sets, ...units].flatMap((unit) => [START_CODE, unit])) };
}

/** IVF: 32 bytes of header, then each frame with its length and time. */
function ivfFile(fourCc: number, frame: readonly Uint8Array[]): KeyPicture {
  const header = Buffer.alloc(44);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write(IVF_FOUR_CC[fourCc]!, 8, 'latin1');
  header.writeUInt32LE(25, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(1, 24);
  header.writeUInt32LE(
    frame.reduce((length, part) => length + part.length, 0),
    32,
  );
  return { format: 'ivf', bytes: Buffer.concat([header, ...frame]) };
}

/** Everything else as it came: codecs that only FLV has. */
function flvFile(header: Uint8Array | undefined, key: Uint8Array): KeyPicture {
  const parts = [writeFlvHeader({ hasAudio: false, hasVideo: true })];
  for (const payload of header === undefined ? [key] : [header, key]) {
    const tag = new Uint8Array(tagLength(payload.length));
    const at = writeTagHeader(tag, 0, TagType.Video, payload.length, 0);
    tag.set(payload, at);
    writePreviousTagSize(tag, at + payload.length, payload.length);
    parts.push(tag);
  }
  return { format: 'flv', bytes: Buffer.concat(parts) };
}
