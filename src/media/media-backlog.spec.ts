import { MediaFlags } from '#lib/flv';
import { MediaBacklog } from './media-backlog.js';
import type { RtmpMediaMessage } from './rtmp-media-message.js';

function message(kind: 'video' | 'audio' | 'data', timestamp: number, flags = 0, bytes = 10): RtmpMediaMessage {
  return { kind, timestamp, flags, payload: new Uint8Array(bytes) } as RtmpMediaMessage;
}

const key = (timestamp: number, bytes?: number) => message('video', timestamp, MediaFlags.KeyFrame, bytes);
const picture = (timestamp: number, bytes?: number) => message('video', timestamp, 0, bytes);
const audio = (timestamp: number) => message('audio', timestamp);
const header = (timestamp: number) => message('video', timestamp, MediaFlags.SequenceHeader);

function times(backlog: MediaBacklog): { times: number[]; dropped: number } | undefined {
  const batch = backlog.take();
  return batch && { times: batch.messages.map(({ timestamp }) => timestamp), dropped: batch.dropped };
}

describe('MediaBacklog', () => {
  it('hands out what came since', () => {
    const backlog = new MediaBacklog({ maxBytes: 1000, maxMessages: 10 });
    expect(backlog.take()).toBeUndefined();
    for (const item of [key(0), audio(1), picture(2)]) backlog.push(item);
    expect(backlog).toMatchObject({ length: 3, bytes: 30, dropped: 0 });
    expect(times(backlog)).toEqual({ times: [0, 1, 2], dropped: 0 });
    expect(backlog).toMatchObject({ length: 0, bytes: 0 });
    expect(backlog.take()).toBeUndefined();
  });

  it('gives up the oldest up to the last key frame, and keeps the configuration', () => {
    const backlog = new MediaBacklog({ maxBytes: 1000, maxMessages: 6 });
    const items = [header(0), key(1), picture(2), message('data', 3), key(4), audio(5), picture(6)];
    for (const item of items) backlog.push(item);
    expect(backlog.dropped).toBe(2);
    expect(times(backlog)).toEqual({ times: [0, 3, 4, 5, 6], dropped: 2 });
    backlog.push(picture(7));
    expect(times(backlog)).toEqual({ times: [7], dropped: 0 });
  });

  it('without a later key frame in it gives up everything until the next', () => {
    const backlog = new MediaBacklog({ maxBytes: 1000, maxMessages: 4 });
    for (const item of [header(0), key(1), picture(2), picture(3)]) backlog.push(item);
    for (const item of [picture(4), audio(5), message('data', 6), key(7), audio(8)]) backlog.push(item);
    expect(times(backlog)).toEqual({ times: [0, 6, 7, 8], dropped: 5 });
  });

  it('without video gives up the older half', () => {
    const backlog = new MediaBacklog({ maxBytes: 45, maxMessages: 100 });
    for (let i = 0; i < 5; i++) backlog.push(audio(i));
    expect(times(backlog)).toEqual({ times: [2, 3, 4], dropped: 2 });
  });

  it('takes a message larger than its limit when it is alone', () => {
    const backlog = new MediaBacklog({ maxBytes: 100, maxMessages: 10 });
    backlog.push(key(0));
    backlog.push(key(1, 500));
    expect(times(backlog)).toEqual({ times: [1], dropped: 1 });
  });

  it('does not keep a flood of configuration', () => {
    const backlog = new MediaBacklog({ maxBytes: 1000, maxMessages: 10 });
    for (let i = 0; i < 1000; i++) backlog.push(i % 2 === 0 ? header(i) : message('data', i));
    expect(backlog.length).toBeLessThanOrEqual(10);
    expect(backlog.dropped + backlog.length).toBe(1000);
  });

  it('stays in its bounds and counts right, whatever comes', () => {
    let state = 1;
    const random = (below: number): number => (state = (state * 48271) % 0x7fffffff) % below;
    const makers = [key, picture, picture, picture, audio, header, (at: number) => message('data', at)];
    for (let round = 0; round < 200; round++) {
      const backlog = new MediaBacklog({ maxBytes: 50 + random(500), maxMessages: 1 + random(20) });
      let delivered = 0;
      for (let i = 0; i < 200; i++) {
        backlog.push(makers[random(makers.length)]!(i, random(60)));
        expect(backlog.length).toBeLessThanOrEqual(21);
        if (random(10) === 0) delivered += backlog.take()?.messages.length ?? 0;
        if (random(10) === 0 && backlog.shift() !== undefined) delivered++;
      }
      expect(delivered + backlog.length + backlog.dropped).toBe(200);
    }
  });
});
