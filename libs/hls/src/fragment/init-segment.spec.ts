import * as mediabunny from 'mediabunny';
import { hex } from '#test/hex';
import { audioFormatOf } from '../track/audio-format.js';
import type { AudioFormat, VideoFormat } from '../track/track-format.js';
import { videoFormatOf } from '../track/video-format.js';
import { writeInitSegment } from './init-segment.js';
import { findBoxes } from './mp4-boxes.js';

const SIZE = {
  width: 320,
  height: 180,
  frameRate: 25,
  videoBitRate: 0,
  audioBitRate: 0,
  hasVideo: true,
  hasAudio: false,
};

async function box(type: string, codec: 'vp9' | 'av1', record: Uint8Array): Promise<string> {
  const format = videoFormatOf(codec, record, SIZE) as VideoFormat;
  const bytes = Buffer.from(await writeInitSegment(mediabunny, [format]));
  const at = bytes.indexOf(type);
  return bytes.toString('hex', at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}

it.each([
  ['VP9 of FFmpeg 8.1, its colours unspecified', '01000000 00 0b 82 02 02 02 0000'],
  ['4:4:4, full range, BT.2020', '01000000 01 0b 87 09 10 09 0000'],
])('%s keeps its decoder configuration', async (_name, record) => {
  expect(await box('vpcC', 'vp9', hex(record))).toBe(record.replaceAll(' ', ''));
});

it.each([
  ['AV1 of FFmpeg 8.1, 4:2:0', '81 00 0c 00'],
  ['4:4:4', '81 20 00 00'],
  ['monochrome, 10 bits, with a place of its samples', '81 00 5d 00'],
])('%s keeps its decoder configuration', async (_name, record) => {
  expect(await box('av1C', 'av1', hex(record))).toBe(record.replaceAll(' ', ''));
});

it('says how wide pixels are, and how wide the picture that is shown', async () => {
  // x264, 320x180 with pixels of 16:11.
  const record = '0142c00cffe1001767 42c00cda05067e7c1040000003004000000c83c50aa8 01000468ce0fc8';
  const format = videoFormatOf('h264', hex(record), undefined) as VideoFormat;
  const audio = audioFormatOf('aac', hex('1190')) as AudioFormat;
  const bytes = Buffer.from(await writeInitSegment(mediabunny, [audio, format]));
  const pasp = bytes.indexOf('pasp');
  expect([bytes.readUInt32BE(pasp + 4), bytes.readUInt32BE(pasp + 8)]).toEqual([16, 11]);
  const [header] = findBoxes(findBoxes(findBoxes(bytes, 'moov')[0]!, 'trak')[1]!, 'tkhd');
  const sides = [header!.getUint32(header!.byteLength - 8), header!.getUint32(header!.byteLength - 4)];
  expect(sides).toEqual([465 * 65_536, 180 * 65_536]);
  const entry = bytes.indexOf('avc1', bytes.indexOf('stsd'));
  expect([bytes.readUInt16BE(entry + 28), bytes.readUInt16BE(entry + 30)]).toEqual([320, 180]);
  // The same with square pixels.
  const square = Buffer.from(await writeInitSegment(mediabunny, [{ ...format, pixelAspect: undefined }]));
  expect(square.includes('pasp')).toBe(false);
});

it('says the object type of AAC that the encoder said, whichever it is, and rejects what is none', async () => {
  // AAC Main, 48 kHz, two channels; ISO/IEC 14496-3 §1.6.2.1.
  const format = audioFormatOf('aac', hex('0990')) as AudioFormat;
  expect(format.codecs).toBe('mp4a.40.1');
  const bytes = Buffer.from(await writeInitSegment(mediabunny, [format]));
  expect(bytes.toString('hex')).toContain('05020990');
  await expect(writeInitSegment(mediabunny, [{ ...format, sampleRate: 0 }])).rejects.toThrow();
});
