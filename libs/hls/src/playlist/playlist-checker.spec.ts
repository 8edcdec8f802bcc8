import { multivariantProblems, PlaylistChecker } from '#test/playlist-checker';

// The checker of playlists that other tests use: it has to find what is wrong, and nothing where nothing is.

const FIRST = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=12
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
s10.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:2.00000,
s11.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
#EXT-X-PART:DURATION=0.50000,URI="s12.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="s12.1.m4s"
#EXT-X-PART:DURATION=0.50000,URI="s12.2.m4s"
#EXT-X-PART:DURATION=0.30000,URI="s12.3.m4s"
#EXTINF:1.80000,
s12.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:05.800Z
#EXT-X-PART:DURATION=0.50000,URI="s13.0.m4s",INDEPENDENT=YES
#EXTINF:0.50000,
s13.m4s
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s14.0.m4s"
#EXT-X-RENDITION-REPORT:URI="a.m3u8",LAST-MSN=13,LAST-PART=0
`;

/** A moment later: the first segment is gone, and its discontinuity. */
const SECOND = FIRST.replace('SEQUENCE:10', 'SEQUENCE:11')
  .replace('DISCONTINUITY-SEQUENCE:3', 'DISCONTINUITY-SEQUENCE:4')
  .replace('#EXT-X-DISCONTINUITY\n', '')
  .replace('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.00000,\ns10.m4s\n', '')
  .replace(
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s14.0.m4s"',
    `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.300Z
#EXTINF:2.00000,
s14.m4s
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s15.0.m4s"`,
  );

function problemsOf(...playlists: string[]): string[] {
  const checker = new PlaylistChecker();
  for (const playlist of playlists) checker.add(playlist);
  return checker.problems;
}

it('finds nothing in playlists that are right', () => {
  expect(problemsOf(FIRST, FIRST, SECOND)).toEqual([]);
  expect(problemsOf(`${FIRST.replace(/#EXT-X-(?:PRELOAD|SERVER).*\n/gu, '')}#EXT-X-ENDLIST\n`)).toEqual([]);
});

const BROKEN_ALONE: Array<[what: string, from: string | RegExp, to: string, problem: string]> = [
  ['no first line', '#EXTM3U\n', '', 'does not begin with #EXTM3U'],
  ['a tag that is not known', '#EXT-X-MAP', '#EXT-X-MPA', 'has the tag EXT-X-MPA'],
  ['a tag twice', '#EXT-X-VERSION:9', '#EXT-X-VERSION:9\n#EXT-X-VERSION:9', 'EXT-X-VERSION more than once'],
  ['a target duration that is not whole', 'TARGETDURATION:2', 'TARGETDURATION:2.5', 'no whole target duration'],
  ['a segment that is too long', '#EXTINF:2.00000,\ns10', '#EXTINF:2.50000,\ns10', 'segment 10 has 2.5 s'],
  ['too old a version', 'VERSION:9', 'VERSION:5', 'EXT-X-MAP needs 6'],
  ['a URI twice', 's11.m4s', 's10.m4s', 'lists a URI twice'],
  ['a segment without a URI', 's11.m4s\n', '', 'an EXTINF without a URI'],
  ['a clock that jumps', '00:00:02.000Z', '00:00:03.000Z', 'the clock of segment 11 is off by 1 s'],
  ['a short playlist', /#EXT-X-P.*\n#EXTINF:2.00000,\ns1[01].m4s\n/gu, '', 'less than three target durations'],
  ['a part that is too long', '0.50000,URI="s12.1', '0.60000,URI="s12.1', 'part 12.1 has 0.6 s, PART-TARGET'],
  ['a part that is too short', '0.50000,URI="s12.1', '0.40000,URI="s12.1', 'part 12.1 has 0.4 s, less than 85 %'],
  ['parts that are not their segment', 'EXTINF:1.80000', 'EXTINF:1.90000', 'the parts of segment 12 have 1.8'],
  ['a part twice', 's12.1.m4s', 's12.0.m4s', 'lists a part twice'],
  ['parts without a target', /#EXT-X-PART-INF.*\n/u, '', 'parts but no PART-TARGET'],
  ['two hints', /(#EXT-X-PRELOAD.*\n)/u, '$1$1', 'more than one hint'],
  ['a hint at what is there', 's14.0.m4s', 's13.0.m4s', 'hints at a part that is there'],
  ['a hint behind the end', /$/u, '#EXT-X-ENDLIST\n', 'a hint behind its end'],
  ['too little hold back', 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9', 'PART-HOLD-BACK is 0.9'],
  ['no hold back', 'PART-HOLD-BACK=1.5,', '', 'PART-HOLD-BACK is undefined'],
  ['too small a skip boundary', 'SKIP-UNTIL=12', 'SKIP-UNTIL=11', 'CAN-SKIP-UNTIL is too small'],
];

it.each(BROKEN_ALONE)('finds %s', (_what, from, to, problem) => {
  const broken = FIRST.replace(from, to);
  expect(broken).not.toBe(FIRST);
  expect(problemsOf(broken).join('\n')).toContain(problem);
});

const BROKEN_LATER: Array<[what: string, from: string | RegExp, to: string, problem: string]> = [
  ['another target duration', 'TARGETDURATION:2', 'TARGETDURATION:3', 'changes its target duration'],
  ['another part target', 'PART-TARGET=0.5', 'PART-TARGET=0.55', 'changes PART-TARGET'],
  ['a discontinuity that is not counted', 'SEQUENCE:4', 'SEQUENCE:3', 'discontinuity sequence 3, not 4'],
  ['a sequence that goes back', 'MEDIA-SEQUENCE:11', 'MEDIA-SEQUENCE:9', 'goes back in its media sequence'],
  ['a sequence that jumps', 'MEDIA-SEQUENCE:11', 'MEDIA-SEQUENCE:20', 'some were never listed'],
  ['another URI', 's11.m4s', 's11b.m4s', 'uri of segment 11 changes'],
  ['another duration', '#EXTINF:2.00000,\ns11', '#EXTINF:1.99000,\ns11', 'duration of segment 11 changes'],
  ['another part', '"s12.2.m4s"', '"s12.2.m4s",INDEPENDENT=YES', 'part 12.2 changes'],
  ['segments that are gone again', /#EXT-X-P.*\n#EXT-X-PART:.*s13[^]*s14.m4s\n/u, '', 'has lost its newest segments'],
];

it.each(BROKEN_LATER)('finds %s', (_what, from, to, problem) => {
  const broken = SECOND.replace(from, to);
  expect(broken).not.toBe(SECOND);
  expect(problemsOf(FIRST, broken).join('\n')).toContain(problem);
});

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="1",DEFAULT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AVERAGE-BANDWIDTH=900,CODECS="avc1.64001f",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="a"
v.m3u8
`;

it.each([
  ['#EXTM3U\n', '', 'does not begin'],
  ['BANDWIDTH=1000,', '', 'no BANDWIDTH'],
  ['=900', '=1900', 'above BANDWIDTH'],
  ['CODECS="avc1.64001f",', '', 'no CODECS'],
  ['1280x720', '1280', 'RESOLUTION'],
  ['30.000', '30', 'FRAME-RATE'],
  ['AUDIO="a"', 'AUDIO="b"', 'AUDIO names'],
  ['v.m3u8\n', '', 'no URI'],
])('a multivariant playlist with %s replaced by "%s"', (from, to, problem) => {
  expect(multivariantProblems(MULTIVARIANT)).toEqual([]);
  expect(multivariantProblems(MULTIVARIANT.replace(from, to)).join('\n')).toContain(problem);
});
