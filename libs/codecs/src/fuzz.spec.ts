import * as fc from 'fast-check';
import { hex } from '#test/hex';
import * as codecs from './index.js';

const RUNS = { seed: 20260101, numRuns: 20_000 };

/** Beginnings that lead deep into a parser, for the rest to be random. */
const PARSERS: Array<[string, (bytes: Uint8Array) => unknown, string[]]> = [
  ['parseAacConfig', codecs.parseAacConfig, ['', '1180', '139056e5', 'eb8a']],
  ['parseAc3Header', codecs.parseAc3Header, ['', '0b77', '0b7701ff3f87']],
  ['parseAv1Config', codecs.parseAv1Config, ['', '81000c00', '81000c000a0b000000', '81000c000a14040000']],
  ['parseAvcConfig', codecs.parseAvcConfig, ['', '0164001fffe1001d67640028', '0164001fff', '0000000167640028ac']],
  ['parseFlacConfig', codecs.parseFlacConfig, ['', '664c6143', '664c614380000022']],
  ['parseHevcConfig', codecs.parseHevcConfig, ['', '0101600000009000000000003cf000fcfdf8f800000f01a10001002b4201']],
  ['parseHevcSps', codecs.parseHevcSps, ['4201', '42010101600000030090000003000003003c']],
  ['parseMp3Header', codecs.parseMp3Header, ['', 'fffb']],
  ['parseOpusConfig', codecs.parseOpusConfig, ['', '4f70757348656164', '4f70757348656164010638010000000000000001']],
  ['parseVpConfig', codecs.parseVpConfig, ['', '01000000']],
  ['splitAnnexB', codecs.splitAnnexB, ['', '000001']],
  ['splitLengthPrefixed', (bytes) => codecs.splitLengthPrefixed(bytes, 4), ['', '00000001']],
];

describe.each(PARSERS)('%s', (_name, parse, beginnings) => {
  it('throws nothing but CodecError', () => {
    const bytes = fc.tuple(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 64 }));
    fc.assert(
      fc.property(bytes, ([beginning, rest]) => {
        try {
          parse(Uint8Array.of(...hex(beginning), ...rest));
        } catch (error) {
          if (!(error instanceof codecs.CodecError)) throw error;
        }
      }),
      RUNS,
    );
  });
});
