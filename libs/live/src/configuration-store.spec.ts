import { classifyMedia } from '#lib/flv';
import { audioConfig, type LiveMessage, videoConfig } from '#test/live-media';
import { hex, toHex } from '#test/hex';
import { ConfigurationStore } from './configuration-store.js';

function put(store: ConfigurationStore, { typeId, payload }: LiveMessage) {
  return store.put({ tagType: typeId, timestamp: 0, payload, flags: classifyMedia(typeId, payload) });
}

const video = (payload: string): LiveMessage => ({ typeId: 9, payload: hex(payload) });
const audioMessage = (payload: string): LiveMessage => ({ typeId: 8, payload: hex(payload) });
const hexOf = (store: ConfigurationStore) => store.values().map(({ payload }) => toHex(payload));

it('keeps the newest of each kind, and counts those that say something new', () => {
  const store = new ConfigurationStore();
  expect(put(store, videoConfig(1))).toBe('first');
  expect(put(store, audioConfig(1))).toBe('first');
  expect(store.version).toBe(2);
  expect(put(store, videoConfig(1))).toBe('none');
  expect(put(store, audioConfig(1))).toBe('none');
  expect(store.version).toBe(2);
  expect(put(store, videoConfig(2))).toBe('changed');
  expect(store.version).toBe(3);
  expect(hexOf(store)).toEqual([toHex(videoConfig(2).payload), toHex(audioConfig(1).payload)]);
});

it('keeps copies', () => {
  const store = new ConfigurationStore();
  const message = videoConfig(3);
  put(store, message);
  message.payload.fill(0);
  expect(hexOf(store)).toEqual([toHex(videoConfig(3).payload)]);
});

it('tells tracks, media and kinds apart; what takes the place of another codec is of the same track', () => {
  const store = new ConfigurationStore();
  const colours = video('d4 68766331 020009636f6c6f72496e666f 03000009');
  const layout = audioMessage('94 4f707573 01 02 00000003');
  const all = [
    colours,
    layout,
    video('90 68766331 01'), // track 0
    video('96 00 68766331 01 01'), // track 1
    audioMessage('90 4f707573 01'),
    audioMessage('95 00 4f707573 01 01'),
  ];
  expect(all.map((message) => put(store, message))).toEqual(Array(6).fill('first'));
  // Sequence headers come before what only describes.
  const expected = [...all.slice(2), colours, layout].map(({ payload }) => toHex(payload));
  expect(hexOf(store)).toEqual(expected);
  expect(put(store, videoConfig(1))).toBe('changed');
  expect(hexOf(store)[0]).toBe(toHex(videoConfig(1).payload));
  expect(store.values()).toHaveLength(6);
});

it('keeps 64 at most', () => {
  const store = new ConfigurationStore();
  for (let track = 0; track < 100; track++) {
    const change = put(store, video(`96 00 61766331 ${track.toString(16).padStart(2, '0')} 01`));
    expect(change).toBe(track < 64 ? 'first' : 'none');
  }
  expect(store.values()).toHaveLength(64);
  expect(put(store, video('96 00 61766331 05 02'))).toBe('changed');
});

it('keeps none of more than 64 KiB, nor the one that it makes wrong', () => {
  const store = new ConfigurationStore();
  const large = (length: number): LiveMessage => ({ typeId: 9, payload: new Uint8Array(length).fill(1) });
  const config = (length: number): LiveMessage => {
    const message = large(length);
    message.payload.set([0x17, 0, 0, 0, 0]);
    return message;
  };
  expect(put(store, config(65_536))).toBe('first');
  expect(store.values()).toHaveLength(1);
  expect(put(store, config(65_537))).toBe('changed');
  expect(store.values()).toEqual([]);
  expect(put(store, config(65_537))).toBe('first');
  expect(store.values()).toEqual([]);
});
