import { hex, toHex } from '#test/hex';
import { parseAc3Header } from './ac3-header.js';
import { parseFlacConfig } from './flac-config.js';
import { parseMp3Header } from './mp3-header.js';
import { opusPacketSamples, parseOpusConfig } from './opus-config.js';

// Written by FFmpeg's encoders; the values are those ffprobe prints for the same files.

describe('parseOpusConfig', () => {
  it.each([
    ['mono', '4f70757348656164 01 01 3801 80bb0000 0000 00', 1],
    ['stereo', '4f70757348656164 01 02 3801 80bb0000 0000 00', 2],
  ])('%s', (_name, record, channels) => {
    expect(parseOpusConfig(hex(record))).toEqual({
      codec: 'Opus',
      channels,
      preSkip: 312,
      inputSampleRate: 48000,
      outputGain: 0,
      mappingFamily: 0,
    });
  });

  it('5.1, with a channel mapping', () => {
    const config = parseOpusConfig(hex('4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305'));
    expect(config).toMatchObject({ channels: 6, mappingFamily: 1, mapping: { streams: 4, coupled: 2 } });
    expect(toHex(config.mapping!.channels)).toBe('000401020305');
  });

  it('reads a negative gain', () => {
    expect(parseOpusConfig(hex('4f70757348656164 01 02 3801 80bb0000 00ff 00')).outputGain).toBe(-256);
  });

  it.each([
    ['18 bytes', '4f70757348656164 01 02 3801 80bb0000 0000', 'CODEC_ERR_TRUNCATED'],
    ['OpusTags', '4f70757354616773 01 02 3801 80bb0000 0000 00', 'CODEC_ERR_FORMAT'],
    ['version 16', '4f70757348656164 10 02 3801 80bb0000 0000 00', 'CODEC_ERR_VERSION'],
    ['no channels', '4f70757348656164 01 00 3801 80bb0000 0000 00', 'CODEC_ERR_VALUE'],
    ['a mapping cut off', '4f70757348656164 01 06 3801 80bb0000 0000 01 0402', 'CODEC_ERR_TRUNCATED'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseOpusConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseFlacConfig', () => {
  const STEREO = '1200120000046d0005080ac442f0000033ae36567c6137e8d578c431ed191fd85ff5';
  const SURROUND = '200020000004b00008a817700b70000070805ed184c835458f440be780b4e93dc968';

  it.each([
    ['as FFmpeg 8 sends it, 34 bytes', STEREO],
    ['with the header of the block, 38 bytes', `80000022${STEREO}`],
    ['as Enhanced RTMP says, 42 bytes', `664c614380000022${STEREO}`],
    ['with another block behind it', `664c614300000022${STEREO}84000000`],
  ])('%s', (_name, record) => {
    const config = parseFlacConfig(hex(record));
    expect(config).toMatchObject({ sampleRate: 44100, channels: 2, bitsPerSample: 16, totalSamples: 13230 });
    expect(toHex(config.streamInfo)).toBe(STEREO);
  });

  it('96 kHz, 24 bits, 5.1', () => {
    expect(parseFlacConfig(hex(SURROUND))).toMatchObject({ sampleRate: 96000, channels: 6, bitsPerSample: 24 });
  });

  it.each([
    ['33 bytes', STEREO.slice(2), 'CODEC_ERR_TRUNCATED'],
    ['nothing behind fLaC', '664c6143', 'CODEC_ERR_TRUNCATED'],
    ['another block first', `664c614304000022${STEREO}`, 'CODEC_ERR_FORMAT'],
    ['0 Hz', '00'.repeat(34), 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseFlacConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseAc3Header', () => {
  it.each([
    ['AC-3 stereo', '0b77fe95144043e106f46370c0c0c218', 'ac-3', 48000, 2, 192000, 768],
    ['AC-3 5.1 at 44.1 kHz', '0b770dce5e40ebf8403eff9dffc2107f', 'ac-3', 44100, 6, 448000, 1950],
    ['AC-3 5.1 at 44.1 kHz, a longer frame', '0b771e1c5f40ebf8403eff9dffc2107f', 'ac-3', 44100, 6, 448000, 1952],
    ['AC-3 mono at 32 kHz', '0b77952f8c402f842bf1cefab0fdf3f7', 'ac-3', 32000, 1, 96000, 576],
    ['AC-3 of a capture', '0b77480d0c402f842bc1c77aaf5e1be7', 'ac-3', 48000, 1, 96000, 384],
    ['E-AC-3 5.1', '0b7701ff3f87c0002080200002004000', 'ec-3', 48000, 6, 256000, 1024],
    ['E-AC-3 stereo at 44.1 kHz', '0b7700cf7487c00020fc210831201106', 'ec-3', 44100, 2, 95550, 416],
  ])('%s', (_name, frame, codec, sampleRate, channels, bitRate, frameLength) => {
    expect(parseAc3Header(hex(frame))).toMatchObject({
      codec,
      sampleRate,
      channels,
      bitRate,
      frameLength,
      samplesPerFrame: 1536,
    });
  });

  it.each([
    ['6 bytes', '0b77fe951440', 'CODEC_ERR_TRUNCATED'],
    ['another sync word', '770bfe95144043e1', 'CODEC_ERR_FORMAT'],
    ['bsid 17', '0b77fe95148843e1', 'CODEC_ERR_VERSION'],
    ['a reserved sample rate', '0b77fe95d44043e1', 'CODEC_ERR_VALUE'],
    ['a reserved frame size', '0b77fe95264043e1', 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAc3Header(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseMp3Header', () => {
  it.each([
    ['MPEG-1 48 kHz joint stereo', 'fffb9464', 48000, 2, 128000, 1152],
    ['MPEG-2 22.05 kHz mono', 'fff380c4', 22050, 1, 64000, 576],
    ['MPEG-2.5 8 kHz mono', 'ffe328c4', 8000, 1, 16000, 576],
  ])('%s', (_name, frame, sampleRate, channels, bitRate, samplesPerFrame) => {
    expect(parseMp3Header(hex(frame))).toMatchObject({ sampleRate, channels, bitRate, samplesPerFrame });
  });

  it.each([
    ['3 bytes', 'fffb94', 'CODEC_ERR_TRUNCATED'],
    ['no sync word', 'ff1b9464', 'CODEC_ERR_FORMAT'],
    ['layer II', 'fffd9464', 'CODEC_ERR_FORMAT'],
    ['a reserved version', 'ffeb9464', 'CODEC_ERR_VALUE'],
    ['a reserved bit rate', 'fffbf464', 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseMp3Header(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('the length of Opus packets', () => {
  // RFC 6716 §3.1, table 2, and §3.2: code 0 one frame, 1 and 2 two, 3 as many as the second byte says.
  it.each([
    ['SILK, 10 ms', [0x00], 480],
    ['SILK, 60 ms, twice', [0x19], 5760],
    ['hybrid, 20 ms', [0x68], 960],
    ['CELT, 2.5 ms', [0x80], 120],
    ['CELT, 20 ms, stereo', [0xfc], 960],
    ['CELT, 20 ms, three of them', [0xff, 0x03], 2880],
    ['more than 120 ms', [0x1b, 0x03], 0],
    ['nothing', [], 0],
  ])('%s', (_what, bytes, samples) => {
    expect(opusPacketSamples(Uint8Array.from(bytes))).toBe(samples);
  });
});
