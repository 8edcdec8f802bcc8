import { gunzipSync } from 'node:zlib';
import { PackedPlaylists } from './packed-playlists.js';

/** A playlist of so many bytes. */
const playlist = (length: number, seed = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index % 7 === 0 ? 10 : 65 + ((index * (seed + 3)) % 23))));

it('are packed once for all who ask, as long as they are the same', () => {
  const packed = new PackedPlaylists();
  const first = packed.textOf('one', playlist(5000)).gzip!();
  expect(gunzipSync(first).equals(playlist(5000))).toBe(true);
  const second = packed.textOf('one', playlist(5000));
  expect([second.plain, second.gzip!(), second.gzip!()]).toEqual([playlist(5000), first, first]);
  expect(second.gzip!()).toBe(first);
  const other = packed.textOf('one', playlist(5000, 1)).gzip!();
  expect(gunzipSync(other).equals(playlist(5000, 1))).toBe(true);
  expect(packed.textOf('one', playlist(5000, 1)).gzip!()).toBe(other);
  expect(packed.textOf('two', playlist(5000, 1)).gzip!()).not.toBe(other);
});

it('are not kept for those who do not accept gzip, nor when they are short', () => {
  const packed = new PackedPlaylists();
  expect(packed.textOf('one', playlist(5000)).plain.length).toBe(5000);
  expect(packed.textOf('two', playlist(1000)).gzip).toBeUndefined();
  expect(packed.bytes).toBe(0);
});

it('are bounded over all: those that were not asked for longest are packed again', () => {
  const packed = new PackedPlaylists(20_000);
  const ask = (name: string) => packed.textOf(name, playlist(5000)).gzip!();
  const one = ask('one');
  const two = ask('two');
  const three = ask('three');
  expect(ask('one')).toBe(one);
  ask('four');
  expect([packed.bytes > 15_000, packed.bytes <= 20_000]).toEqual([true, true]);
  expect(ask('one')).toBe(one);
  expect(ask('three')).toBe(three);
  expect(ask('two')).not.toBe(two);
});

it('are not kept when one alone is too long, and take no room then', () => {
  const packed = new PackedPlaylists(5000);
  const first = packed.textOf('one', playlist(6000)).gzip!();
  expect(packed.textOf('one', playlist(6000)).gzip!()).not.toBe(first);
  expect(packed.bytes).toBe(0);
  packed.textOf('one', playlist(3000)).gzip!();
  packed.textOf('one', playlist(6000)).gzip!();
  expect(packed.bytes).toBe(0);
});

it('stay within their bounds whatever is asked for', () => {
  const packed = new PackedPlaylists(50_000);
  for (let i = 0; i < 500; i++) {
    packed.textOf(`${i % 37}?ticket=${'x'.repeat(i)}`, playlist(1024 + ((i * 977) % 9000), i % 5)).gzip!();
    expect(packed.bytes).toBeLessThanOrEqual(50_000);
  }
  expect(packed.bytes).toBeGreaterThan(10_000);
});
