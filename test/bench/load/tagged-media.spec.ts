import { parseAacConfig, parseAvcConfig } from '#lib/codecs';
import { AAC_SEQUENCE_HEADER, AUDIO, AVC_SEQUENCE_HEADER, forEachTag, VIDEO, writeFrame } from './tagged-media.js';

it('the decoder configurations are real', () => {
  expect(parseAvcConfig(AVC_SEQUENCE_HEADER.subarray(5))).toMatchObject({ picture: { width: 1920, height: 1080 } });
  expect(parseAacConfig(AAC_SEQUENCE_HEADER.subarray(2))).toMatchObject({ sampleRate: 44_100 });
});

it('finds the frames in a segment, whatever stands before and between', () => {
  const frames = [VIDEO, VIDEO, AUDIO, AUDIO].map((typeId, index) => {
    const length = 100 + index;
    const message = Buffer.alloc(length);
    writeFrame(message, typeId, index === 0, { stream: 1, sequence: 7 + index, sentAt: 1.5, length });
    // Without the header of the FLV tag, as samples are.
    return message.subarray(typeId === VIDEO ? 5 : 2);
  });
  const found: unknown[] = [];
  const segment = Buffer.concat([Buffer.from('moof and mdat'), ...frames]);
  forEachTag(segment, (typeId, { sequence, sentAt }) => found.push([typeId, sequence, sentAt]));
  expect(found).toEqual([
    [VIDEO, 7, 1.5],
    [VIDEO, 8, 1.5],
    [AUDIO, 9, 1.5],
    [AUDIO, 10, 1.5],
  ]);
});
