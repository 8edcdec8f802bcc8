import { NetStreams } from './net-streams.js';

describe('NetStreams', () => {
  it('gives the lowest free message stream ID, never 0', () => {
    const streams = new NetStreams(4);
    expect([streams.create(), streams.create(), streams.create()]).toEqual([1, 2, 3]);
    streams.delete(2);
    expect(streams.create()).toBe(2);
    expect(streams.create()).toBe(4);
  });

  it('gives none at the limit, and one again when one is deleted', () => {
    const streams = new NetStreams(2);
    streams.create();
    streams.create();
    expect(streams.create()).toBeUndefined();
    expect(streams.adopt(7)).toBe(false);
    streams.delete(1);
    expect(streams.create()).toBe(1);
  });

  it('adopts message stream IDs that were not created, except that of the NetConnection', () => {
    const streams = new NetStreams(3);
    expect(streams.adopt(1)).toBe(true);
    expect(streams.adopt(1)).toBe(true);
    expect(streams.adopt(0xffffffff)).toBe(true);
    expect(streams.adopt(0)).toBe(false);
    expect(streams.get(0xffffffff)).toBe('idle');
    expect(streams.create()).toBe(2);
    expect(streams.get(0)).toBeUndefined();
  });

  it('does not lose what an adopted stream is doing', () => {
    const streams = new NetStreams(3);
    streams.create();
    streams.set(1, 'publishing');
    expect(streams.adopt(1)).toBe(true);
    expect(streams.get(1)).toBe('publishing');
  });

  it('knows whether any is active', () => {
    const streams = new NetStreams(3);
    expect(streams.isAnyActive).toBe(false);
    streams.create();
    streams.create();
    expect(streams.isAnyActive).toBe(false);
    streams.set(2, 'playing');
    expect(streams.isAnyActive).toBe(true);
    streams.set(2, 'idle');
    streams.set(1, 'publishing');
    expect(streams.isAnyActive).toBe(true);
    streams.delete(1);
    expect(streams.isAnyActive).toBe(false);
  });

  it('knows the only one', () => {
    const streams = new NetStreams(3);
    expect(streams.only).toBeUndefined();
    streams.adopt(7);
    expect(streams.only).toBe(7);
    streams.create();
    expect(streams.only).toBeUndefined();
    streams.delete(7);
    expect(streams.only).toBe(1);
  });

  it('takes the deletion of streams that are not there', () => {
    const streams = new NetStreams(1);
    streams.delete(9);
    expect(streams.create()).toBe(1);
  });
});
