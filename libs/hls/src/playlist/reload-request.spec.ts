import type { MediaPlaylistSource } from './media-playlist.js';
import { decideReload, parseReloadRequest } from './reload-request.js';
import { SegmentWindow } from './segment-window.js';

const START = { init: undefined, formats: [], isDiscontinuity: false, isIndependent: true, programDateTime: 0 };
const PART = { duration: 0.5, bytes: new Uint8Array(1), isIndependent: true };

/** Segments 0 to 2 of four parts, and two parts of segment 3. */
function playlist(partTarget: number | undefined = 0.5): MediaPlaylistSource & { readonly window: SegmentWindow } {
  const window = new SegmentWindow({ duration: () => 100, maxBytes: 1000 });
  for (let number = 0; number < 4; number++) {
    window.begin(START);
    for (let part = 0; part < (number === 3 ? 2 : 4); part++) window.add(PART);
    if (number < 3) window.complete();
  }
  const common = { name: 'main', extension: 'm4s', targetDuration: 2, isEvent: false, isIndependent: true } as const;
  return { ...common, window, partTarget, canSkip: false, others: [] };
}

// Bis §6.2.5.2.
it.each([
  ['', 'answer'],
  ['_HLS_msn=0', 'answer'],
  ['_HLS_msn=2', 'answer'],
  ['_HLS_msn=3', 'wait'],
  ['_HLS_msn=4', 'wait'],
  ['_HLS_msn=5', 'bad request'],
  ['_HLS_msn=3&_HLS_part=1', 'answer'],
  ['_HLS_msn=3&_HLS_part=2', 'wait'],
  ['_HLS_msn=3&_HLS_part=7', 'wait'],
  ['_HLS_msn=3&_HLS_part=8', 'bad request'],
  ['_HLS_msn=4&_HLS_part=0', 'wait'],
  ['_HLS_msn=6&_HLS_part=0', 'bad request'],
  // Behind the last part of a segment that is complete is the first of the next.
  ['_HLS_msn=2&_HLS_part=9', 'answer'],
  ['_HLS_skip=YES', 'answer'],
])('%s: %s', (query, decision) => {
  expect(decideReload(parseReloadRequest(new URLSearchParams(query))!, playlist())).toBe(decision);
});

it('looks for whole segments where there are no parts', () => {
  const plain = { ...playlist(), partTarget: undefined };
  const decide = (query: string) => decideReload(parseReloadRequest(new URLSearchParams(query))!, plain);
  expect(decide('_HLS_msn=2&_HLS_part=1')).toBe('answer');
  expect(decide('_HLS_msn=3&_HLS_part=0')).toBe('wait');
});

it('answers everything once the playlist has ended', () => {
  const source = playlist();
  source.window.end();
  expect(decideReload({ number: 99, part: 7, isDelta: false }, source)).toBe('answer');
});

it.each(['_HLS_part=1', '_HLS_msn=x', '_HLS_msn=-1', '_HLS_msn=1&_HLS_part=', '_HLS_msn=1&_HLS_part=1.5'])(
  '%s makes no sense',
  (query) => {
    expect(parseReloadRequest(new URLSearchParams(query))).toBeUndefined();
  },
);

it('leaves out directives it does not know', () => {
  const request = parseReloadRequest(new URLSearchParams('_HLS_new=1&ticket=2&_HLS_skip=v2'));
  expect(request).toEqual({ number: undefined, part: undefined, isDelta: true });
});
