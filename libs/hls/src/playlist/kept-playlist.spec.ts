import { multivariantProblems, PlaylistChecker } from '#test/playlist-checker';
import {
  addressUris,
  finishMultivariant,
  finishPlaylist,
  keptMultivariant,
  keptPlaylistEntry,
  keptPlaylistHead,
  keptStream,
  keptTotals,
  playlistsOf,
} from './kept-playlist.js';
import type { HlsInit, HlsSegment } from './segment.js';

const MAIN = { name: 'main', extension: 'm4s' };
const INIT: HlsInit = { id: 0, formats: [] };

function segment(number: number, more: Partial<HlsSegment> = {}): HlsSegment {
  return {
    number,
    init: INIT,
    formats: INIT.formats,
    isDiscontinuity: false,
    isIndependent: true,
    programDateTime: Date.UTC(2026, 0, 1) + number * 2000,
    parts: [],
    duration: 2,
    byteLength: 100,
    isComplete: true,
    isGap: false,
    isFolded: false,
    ...more,
  };
}

function grown(segments: readonly HlsSegment[]): string {
  const entries = segments.map((one, index) => keptPlaylistEntry(MAIN, one, segments[index - 1]));
  return keptPlaylistHead('m4s', 10, segments[0]?.number ?? 0) + entries.join('');
}

function problems(text: string): string[] {
  const checker = new PlaylistChecker();
  checker.add(text);
  return checker.problems;
}

it('grows as a playlist of type EVENT that is right after every segment, and becomes one of type VOD', () => {
  const segments = [segment(0), segment(1), segment(2, { duration: 2.6 })];
  const checker = new PlaylistChecker();
  for (let count = 1; count <= 3; count++) checker.add(grown(segments.slice(0, count)));
  expect(checker.problems).toEqual([]);
  const { text, duration, bytes } = finishPlaylist(grown(segments))!;
  expect(problems(text)).toEqual([]);
  expect([duration.toFixed(1), bytes]).toEqual(['6.6', 300]);
  expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="main_init_0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
main_0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:2.00000,
main_1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
#EXTINF:2.60000,
main_2.m4s
#EXT-X-ENDLIST
`);
});

it('says where there is a discontinuity, another init segment, a gap, and a segment without a key frame', () => {
  const other: HlsInit = { id: 3, formats: [] };
  const text = grown([
    segment(7, { isDiscontinuity: true }),
    segment(8, { isDiscontinuity: true }),
    segment(9, { init: other, isIndependent: false }),
    segment(10, { init: other, isGap: true, byteLength: 0 }),
  ]);
  const finished = finishPlaylist(text)!.text;
  expect(problems(finished)).toEqual([]);
  const tags = finished
    .split('\n')
    .filter((line) => !/^#EXT(?:INF|-X-PROGRAM|-X-VERSION|-X-TARGET)/u.test(line))
    .join(' ');
  // Nothing is in front of the first.
  expect(tags).toBe(
    '#EXTM3U #EXT-X-MEDIA-SEQUENCE:7 #EXT-X-PLAYLIST-TYPE:VOD #EXT-X-MAP:URI="main_init_0.mp4" main_7.m4s ' +
      '#EXT-X-DISCONTINUITY #EXT-X-MAP:URI="main_init_0.mp4" main_8.m4s #EXT-X-MAP:URI="main_init_3.mp4" main_9.m4s ' +
      '#EXT-X-GAP main_10.m4s #EXT-X-ENDLIST ',
  );
});

it('is finished up to its last whole segment, wherever it was cut off', () => {
  const whole = grown([segment(0), segment(1), segment(2)]);
  const firstEnd = whole.indexOf('main_0.m4s\n') + 'main_0.m4s\n'.length;
  for (let length = 0; length <= whole.length; length++) {
    const finished = finishPlaylist(whole.slice(0, length));
    if (length < firstEnd) {
      expect(finished).toBeUndefined();
      continue;
    }
    expect(problems(finished!.text)).toEqual([]);
    const listed = finished!.text.match(/^main_\d\.m4s$/gmu)!;
    expect(listed).toEqual(whole.slice(0, length).match(/^main_\d\.m4s(?=\n)/gmu));
    expect([finished!.duration, finished!.bytes]).toEqual([listed.length * 2, listed.length * 100]);
  }
});

it('is the same when it is finished twice', () => {
  const { text, duration } = finishPlaylist(grown([segment(0), segment(1)]))!;
  expect(finishPlaylist(text)).toEqual({ text, duration, bytes: 0 });
});

it('is nothing when there are only gaps in it', () => {
  expect(finishPlaylist(grown([segment(0, { isGap: true, byteLength: 0 })]))).toBeUndefined();
  expect(finishPlaylist('')).toBeUndefined();
});

const MULTIVARIANT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio 1",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio0.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="a,b",RESOLUTION=2x2,AUDIO="audio"
video0.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="a,b",RESOLUTION=2x2,AUDIO="audio"
video1.m3u8
`;

describe('the multivariant playlist', () => {
  it.each(['cam 1', 'a/b', '"x"\n#EXT-X-ENDLIST', 'ä&name=x', ''])('says which stream it was of: %j', (name) => {
    const text = keptMultivariant(MULTIVARIANT, { app: 'live', name });
    expect(multivariantProblems(text)).toEqual([]);
    expect(text.split('\n')).toHaveLength(MULTIVARIANT.split('\n').length + 1);
    expect(keptStream(text)).toEqual({ app: 'live', name });
    expect(keptTotals(text)).toBeUndefined();
    expect(playlistsOf(text)).toEqual(['audio0.m3u8', 'video0.m3u8', 'video1.m3u8']);
  });

  it('says what there is of it in all when it is finished, and only then that it is', () => {
    const all = new Set(playlistsOf(MULTIVARIANT));
    const text = finishMultivariant(MULTIVARIANT, all, { duration: 12.3456, bytes: 789 });
    expect(keptTotals(text)).toEqual({ duration: 12.346, bytes: 789 });
    expect(keptTotals(MULTIVARIANT)).toBeUndefined();
    expect(keptTotals('')).toBeUndefined();
    expect(finishMultivariant(text, all, { duration: 12.3456, bytes: 789 })).toBe(text);
  });

  it('leaves out playlists that there are not', () => {
    const kept = (...names: string[]) => finishMultivariant(MULTIVARIANT, new Set(names), { duration: 1, bytes: 1 });
    expect(playlistsOf(kept('video1.m3u8', 'audio0.m3u8'))).toEqual(['audio0.m3u8', 'video1.m3u8']);
    const withoutAudio = kept('video0.m3u8');
    expect(playlistsOf(withoutAudio)).toEqual(['video0.m3u8']);
    expect(multivariantProblems(withoutAudio)).toEqual([]);
    expect(withoutAudio).not.toContain('AUDIO');
  });
});

it('gives every URI its base and query, and changes nothing else', () => {
  const { text } = finishPlaylist(grown([segment(0)]))!;
  const addressed = addressUris(text, '', '?key=a');
  expect(addressed.split('\n').filter((line) => line.includes('?key=a'))).toEqual([
    '#EXT-X-MAP:URI="main_init_0.mp4?key=a"',
    'main_0.m4s?key=a',
  ]);
  expect(addressed.replaceAll('?key=a', '')).toBe(text);
  expect(playlistsOf(addressUris(MULTIVARIANT, 'id/token/', '?a'))).toEqual([
    'id/token/audio0.m3u8?a',
    'id/token/video0.m3u8?a',
    'id/token/video1.m3u8?a',
  ]);
});
