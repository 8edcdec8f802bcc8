import { hex } from '#test/hex';
import { parseAacConfig } from './aac-config.js';

describe('parseAacConfig', () => {
  it.each([
    // The first seven as FFmpeg and OBS send them; the values are those ffprobe prints.
    ['LC 44100 mono, FFmpeg', '12 08 56 E5 00', 'mp4a.40.2', 44100, 1, false],
    ['LC 48000 stereo, OBS', '11 90 56 E5 00', 'mp4a.40.2', 48000, 2, false],
    ['LC 48000 mono', '11 88 56 E5 00', 'mp4a.40.2', 48000, 1, false],
    ['LC 48000 5.1', '11 b0 56 E5 00', 'mp4a.40.2', 48000, 6, false],
    ['LC 96000 7.1', '10 38 56 E5 00', 'mp4a.40.2', 96000, 8, false],
    ['LC 8000 mono', '15 88 56 E5 00', 'mp4a.40.2', 8000, 1, false],
    ['octagonal', '118004c848002008c8200d4c61766335392e33372e31303056e500', 'mp4a.40.2', 48000, 8, false],
    ['the least there can be', '12 10', 'mp4a.40.2', 44100, 2, undefined],
    ['garbage behind it', `12 10 ${'00'.repeat(200)}`, 'mp4a.40.2', 44100, 2, undefined],
    ['HE-AAC announced up front', '2B 92 08 00', 'mp4a.40.5', 44100, 2, true],
    ['HE-AAC v2 announced up front', 'EB 8A 08 00', 'mp4a.40.29', 44100, 2, true],
    ['HE-AAC in the backward compatible way', '13 90 56 E5 A0', 'mp4a.40.5', 44100, 2, true],
    ['HE-AAC v2 in the backward compatible way', '13 88 56 E5 A5 48 80', 'mp4a.40.29', 44100, 2, true],
    ['a frequency of its own', '17 80 30 D4 10', 'mp4a.40.2', 25000, 2, undefined],
    ['xHE-AAC', 'F9 46 40', 'mp4a.40.42', 48000, 2, undefined],
  ])('%s', (_name, record, codec, sampleRate, channels, sbr) => {
    expect(parseAacConfig(hex(record))).toMatchObject({ codec, sampleRate, channels, sbr });
  });

  it('tells the core coder from what comes out', () => {
    expect(parseAacConfig(hex('13 88 56 E5 A5 48 80'))).toEqual({
      codec: 'mp4a.40.29',
      objectType: 2,
      coreSampleRate: 22050,
      sampleRate: 44100,
      channels: 2,
      channelConfiguration: 1,
      frameLength: 1024,
      sbr: true,
      ps: true,
    });
  });

  it('reads the short frame', () => {
    expect(parseAacConfig(hex('12 14')).frameLength).toBe(960);
  });

  it('does not know the channels of a program config element that is cut off', () => {
    expect(parseAacConfig(hex('12 00'))).toMatchObject({ channels: 0, channelConfiguration: 0 });
  });

  it.each([
    ['1 byte', '12', 'CODEC_ERR_TRUNCATED'],
    ['frequency index 13', '16 90', 'CODEC_ERR_VALUE'],
    ['0 Hz', '17 80 00 00 10', 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAacConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});
