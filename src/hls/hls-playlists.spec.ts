import { gunzipSync } from 'node:zlib';
import type { Rendition } from '#lib/hls';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HlsPlaylists } from './hls-playlists.js';

const SEGMENTS = Array.from({ length: 20 }, (_, number) => ({
  number,
  init: { id: 0 },
  programDateTime: number * 2000,
  duration: 2,
  isComplete: true,
  parts: [],
}));

/** Playlists of a rendition that counts how often it is rendered. */
function playlists(segments: readonly unknown[] = SEGMENTS) {
  const counted = { renders: 0 };
  const window = {
    segments,
    mediaSequence: 0,
    discontinuitySequence: 0,
    nextNumber: segments.length,
    isEnded: false,
  };
  const rendition = {
    name: 'main',
    window,
    extension: 'm4s',
    targetDuration: 2,
    partTarget: 0.5,
    isIndependent: true,
    canSkip: true,
    others: [],
    get isEvent() {
      counted.renders++;
      return false;
    },
  } as unknown as Rendition;
  const broadcast = { version: 1 };
  return { all: new HlsPlaylists(broadcast as HlsBroadcast), rendition, broadcast, counted };
}

it('are rendered and packed once for all who ask for the same, until they change', () => {
  const { all, rendition, broadcast, counted } = playlists();
  const first = all.text(rendition, false, '');
  expect(all.text(rendition, false, '')).toBe(first);
  expect(first.gzip!()).toBe(first.gzip!());
  expect(gunzipSync(first.gzip!()).equals(first.plain)).toBe(true);
  expect(counted.renders).toBe(1);
  const delta = all.text(rendition, true, '');
  expect([delta.plain.length < first.plain.length, counted.renders]).toEqual([true, 2]);
  broadcast.version++;
  expect(all.text(rendition, false, '')).not.toBe(first);
  expect(counted.renders).toBe(3);
});

it('are rendered once for all queries, and packed for the first few only', () => {
  const { all, rendition, counted } = playlists();
  const packed: number[] = [];
  for (let viewer = 0; viewer < 100; viewer++) {
    const { plain, gzip } = all.text(rendition, false, `?ticket=${viewer}`);
    expect(Buffer.from(plain).toString()).toContain(`main_19.m4s?ticket=${viewer}\n`);
    if (gzip !== undefined) packed.push(viewer);
  }
  expect(packed).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(counted.renders).toBe(1);
});

it('are not packed when they are short', () => {
  const { all, rendition } = playlists(SEGMENTS.slice(0, 2));
  const { plain, gzip } = all.text(rendition, false, '');
  expect([plain.length < 1024, gzip]).toEqual([true, undefined]);
});
