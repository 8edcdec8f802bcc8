import type { AudioFormat, VideoFormat, VideoRange } from '../track/track-format.js';
import { type RenditionSummary, renderMultivariantPlaylist } from './multivariant-playlist.js';

const VIDEO: VideoFormat = {
  kind: 'video',
  codec: 'avc',
  codecs: 'avc1.64001f',
  timescale: 90_000,
  width: 720,
  height: 576,
  pixelAspect: undefined,
  range: 'SDR',
  frameRate: 25,
  description: undefined,
  nalLengthSize: 4,
  parameterSets: [],
  isAnnexB: false,
};

const AUDIO: AudioFormat = {
  kind: 'audio',
  codec: 'aac',
  codecs: 'mp4a.40.2',
  timescale: 48_000,
  sampleRate: 48_000,
  channels: 2,
  frameLength: 1024,
  description: undefined,
  adtsHeader: undefined,
  firstFrame: undefined,
};

const summary = (...formats: RenditionSummary['formats']): RenditionSummary => ({
  name: 'main',
  formats,
  isAlternative: false,
  frameRate: 25,
  peakBitRate: 2000,
  averageBitRate: 1000,
});

/** Lines that speak of variants. */
const variants = (...renditions: RenditionSummary[]): string[] =>
  renderMultivariantPlaylist(renditions, '')
    .split('\n')
    .filter((line) => line.startsWith('#EXT-X-STREAM-INF:'));

it('says how large pictures are shown', () => {
  const oblong = { ...VIDEO, pixelAspect: { horizontal: 16, vertical: 11 } };
  expect(variants(summary(oblong, AUDIO))).toEqual([
    '#EXT-X-STREAM-INF:BANDWIDTH=2000,AVERAGE-BANDWIDTH=1000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1047x576,FRAME-RATE=25.000',
  ]);
  expect(variants(summary(VIDEO))[0]).toContain(',RESOLUTION=720x576,');
});

it('says which variants are SDR, HLG and PQ as soon as one is not SDR', () => {
  const of = (range: VideoRange) => summary({ ...VIDEO, range }, AUDIO);
  const ranges = (...lines: string[]) => lines.map((line) => /VIDEO-RANGE=(\w+)/u.exec(line)?.[1]);
  expect(ranges(...variants(of('SDR'), of('SDR')))).toEqual([undefined, undefined]);
  expect(ranges(...variants(of('SDR'), of('PQ'), of('HLG')))).toEqual(['SDR', 'PQ', 'HLG']);
});
