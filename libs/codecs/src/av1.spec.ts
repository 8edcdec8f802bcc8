import { hex } from '#test/hex';
import { parseAv1Config } from './av1-config.js';
import { findAv1SequenceHeader, parseAv1SequenceHeader } from './av1-sequence-header.js';

// Records written by FFmpeg, libaom and SVT-AV1; the values are those ffprobe prints for the same files.
const RECORDS = [
  ['Main', '81000c000a0b000000043cfeccdaf90040', 'av01.0.00M.08', 320, 180, 1, 8],
  ['Main with 10 bits', '81004c000a0b000000043d06d4daf94040', 'av01.0.00M.10', 322, 182, 1, 10],
  ['High, 4:4:4', '812000000a0a200000043cfeccdaf902', 'av01.1.00M.08', 320, 180, 3, 8],
  ['Professional, 4:2:2 with 12 bits', '814068000a0b400000043d06d4daf96220', 'av01.2.00M.12', 322, 182, 2, 12],
  ['monochrome', '81001c000a0a000000043d06d4daf92a', 'av01.0.00M.08', 322, 182, 0, 8],
  ['SVT-AV1', '81000c000a0b000000043d06d402f80040', 'av01.0.00M.08', 322, 182, 1, 8],
  ['a capture of FFmpeg 8.1', '81000c000a0b000000043cfecc02f80040', 'av01.0.00M.08', 320, 180, 1, 8],
] as const;

describe('parseAv1Config', () => {
  it.each(RECORDS)('%s', (_name, record, codec, width, height, chromaFormat, bitDepth) => {
    expect(parseAv1Config(hex(record))).toMatchObject({
      codec,
      bitDepth,
      chromaFormat,
      picture: { width, height, chromaFormat, bitDepth, frameRate: undefined },
    });
  });

  it('reads the frame rate where timing information has one', () => {
    expect(parseAv1Config(hex('81000c000a14040000000400000067400000bc3d06d4daf90040')).picture).toMatchObject({
      width: 322,
      height: 182,
      frameRate: 25,
    });
  });

  it('reads the transfer function', () => {
    const picture = (record: string) => parseAv1Config(hex(record)).picture!;
    // libaom, with -color_trc smpte2084; the other says nothing of colours.
    expect(picture('81004c000a0e000000043cfeccdaf95091009040').transferCharacteristics).toBe(16);
    expect(picture('81000c000a0b000000043cfeccdaf90040').transferCharacteristics).toBeUndefined();
  });

  it('does without OBUs', () => {
    expect(parseAv1Config(hex('81 00 0c 00'))).toMatchObject({ codec: 'av01.0.00M.08', picture: undefined });
  });

  it('names level and tier', () => {
    expect(parseAv1Config(hex('81 0d cc 00')).codec).toBe('av01.0.13H.10');
  });

  it('skips a temporal delimiter and OBUs with an extension', () => {
    const obu = '0a0b000000043cfeccdaf90040';
    expect(parseAv1Config(hex(`81000c00 1200 2e 00 01 ff ${obu}`)).picture).toMatchObject({ width: 320 });
  });

  it.each([
    ['3 bytes', '81000c', 'CODEC_ERR_TRUNCATED'],
    ['no marker', '01000c00', 'CODEC_ERR_VERSION'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAv1Config(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('OBUs', () => {
  it.each([
    ['longer than what is there', '0aff01 00', 'CODEC_ERR_TRUNCATED'],
    ['with a size cut off', '0aff', 'CODEC_ERR_TRUNCATED'],
    ['with a size of nine bytes', '0a808080808080808000', 'CODEC_ERR_VALUE'],
  ])('rejects one %s', (_name, bytes, code) => {
    expect(() => findAv1SequenceHeader(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });

  it('rejects a sequence header cut off', () => {
    expect(() => parseAv1SequenceHeader(hex('000000'))).toThrow(
      expect.objectContaining({ code: 'CODEC_ERR_TRUNCATED' }),
    );
  });
});
