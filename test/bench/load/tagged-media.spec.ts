import { parseAacConfig, parseAvcConfig } from '#lib/codecs';
import { AAC_SEQUENCE_HEADER, AVC_SEQUENCE_HEADER } from './tagged-media.js';

it('the decoder configurations are real', () => {
  expect(parseAvcConfig(AVC_SEQUENCE_HEADER.subarray(5))).toMatchObject({ picture: { width: 1920, height: 1080 } });
  expect(parseAacConfig(AAC_SEQUENCE_HEADER.subarray(2))).toMatchObject({ sampleRate: 44_100 });
});
