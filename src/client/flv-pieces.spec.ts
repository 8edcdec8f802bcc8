import { readFileSync } from 'node:fs';
import { FlvDemuxer, type FlvTag } from '#lib/flv';
import { until } from '#test/until';
import { PlayedFlv } from './played-flv.js';
import { publishFlv } from './publish-flv.js';
import type { RtmpMediaMessage } from '../media/rtmp-media-message.js';
import type { RtmpClientPublication } from './rtmp-client-publication.js';

// published.flv is one second of H.264 and AAC; published_extended.flv has the same frames 20,000 seconds later.

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url)));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    reused.set(piece);
    yield reused.subarray(0, piece.length);
    reused.fill(0xee);
  }
}

function tagsOf(bytes: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(bytes);
  const tags: FlvTag[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) if (unit.type === 'tag') tags.push(unit);
  return tags;
}

/** A publication that keeps what it is given, and is full after every third message. */
class Kept {
  readonly sent: Array<[number, number, string]> = [];
  waits = 0;
  fail: (error: Error | undefined) => void = () => {};
  readonly closed = new Promise<Error | undefined>((resolve) => (this.fail = resolve));

  send(tagType: number, timestamp: number, payload: Uint8Array): boolean {
    this.sent.push([tagType, timestamp, Buffer.from(payload).toString('base64')]);
    return this.sent.length % 3 !== 0;
  }

  ready(): Promise<void> {
    this.waits++;
    return Promise.resolve();
  }

  get asPublication(): RtmpClientPublication {
    return this as unknown as RtmpClientPublication;
  }
}

/** An FLV file in pieces, which knows whether it has been ended. */
function endedSource(): { readonly bytes: AsyncIterable<Uint8Array>; isEnded: boolean } {
  const source = { bytes: read(), isEnded: false };
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces(fixture('published.flv'), 100);
    } finally {
      source.isEnded = true;
    }
  }
  return source;
}

describe('publishFlv()', () => {
  it.each([
    ['published.flv', 'full', 0],
    ['published.flv', 'realtime', 0],
    // A pause of 20,000 seconds behind the sequence headers is none.
    ['published_extended.flv', 'realtime', 5],
  ] as const)('sends every tag of %s (%s)', async (name, pace, offset) => {
    const kept = new Kept();
    const bytes = fixture(name);
    const seen: number[] = [];
    const progress = await publishFlv(kept.asPublication, pieces(bytes, 100), {
      pace,
      offset,
      onProgress: ({ tags }) => seen.push(tags),
    });
    const tags = tagsOf(bytes);
    expect(kept.sent).toEqual(
      tags.map(({ tagType, timestamp, payload }) => [
        tagType,
        timestamp + offset,
        Buffer.from(payload).toString('base64'),
      ]),
    );
    expect(kept.waits).toBe(Math.floor(tags.length / 3));
    expect(seen).toHaveLength(tags.length);
    expect(progress.tags).toBe(tags.length);
    expect(progress.duration).toBeLessThan(2000);
  });

  it('stops when it is told to, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ tags }: { tags: number }) => tags === 5 && controller.abort(reason);
    const call = publishFlv(new Kept().asPublication, pieces(fixture('published.flv'), 4096), {
      pace: 'full',
      signal: controller.signal,
      onProgress: (progress) => void onProgress(progress),
    });
    await expect(call).rejects.toBe(reason);
  });

  it.each(['is told to', 'the server ends the publish'])('stops when %s, though its source is silent', async (why) => {
    const controller = new AbortController();
    const kept = new Kept();
    const reason = new Error('enough');
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield fixture('published.flv').subarray(0, 4096);
      setImmediate(() => (why === 'is told to' ? controller.abort(reason) : kept.fail(reason)));
      await new Promise(() => {});
    }
    const call = publishFlv(kept.asPublication, silent(), { pace: 'full', signal: controller.signal });
    await expect(call).rejects.toBe(reason);
    expect(kept.sent.length).toBeGreaterThan(1);
  });

  it('stops when the publication is ended elsewhere, though its source is silent', async () => {
    const kept = new Kept();
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield fixture('published.flv').subarray(0, 4096);
      setImmediate(() => kept.fail(undefined));
      await new Promise(() => {});
    }
    const call = publishFlv(kept.asPublication, silent(), { pace: 'full' });
    await expect(call).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
    expect(kept.sent.length).toBeGreaterThan(1);
  });

  it.each(['it was told to stop', 'the publication was over'])('does not begin when %s before', async (why) => {
    const kept = new Kept();
    const reason = new Error('enough');
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    if (why === 'it was told to stop') {
      const call = publishFlv(kept.asPublication, silent, { signal: AbortSignal.abort(reason) });
      await expect(call).rejects.toBe(reason);
    } else {
      kept.fail(reason);
      await expect(publishFlv(kept.asPublication, silent)).rejects.toBe(reason);
    }
    expect(kept.sent).toEqual([]);
  });

  it('ends its source when it was told to stop before', async () => {
    const source = endedSource();
    const reason = new Error('enough');
    const call = publishFlv(new Kept().asPublication, source.bytes, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    await until('the source is ended', () => source.isEnded);
  });

  it('ends its source when the publish fails', async () => {
    const kept = new Kept();
    const reason = new Error('gone');
    const source = endedSource();
    const call = publishFlv(kept.asPublication, source.bytes, { pace: 'full', onProgress: () => kept.fail(reason) });
    await expect(call).rejects.toBe(reason);
    await until('the source is ended', () => source.isEnded);
  });

  it('refuses what is no FLV', async () => {
    const call = publishFlv(new Kept().asPublication, pieces(Buffer.from('<html></html>'), 5));
    await expect(call).rejects.toMatchObject({ code: 'FLV_ERR_SIGNATURE' });
  });
});

describe('PlayedFlv', () => {
  const message = (kind: 'audio' | 'video', timestamp: number, ...bytes: number[]): RtmpMediaMessage => {
    const isSequenceHeader = kind === 'video' && bytes[1] === 0;
    const flags = kind === 'audio' ? 1 | 1024 : isSequenceHeader ? 2 | 16 : 2 | 8 | 1024;
    const all = { kind, timestamp, payload: Uint8Array.from(bytes), flags, trackId: 0, isSequenceHeader };
    return { ...all, isKeyFrame: !isSequenceHeader } as RtmpMediaMessage;
  };
  async function* messages(): AsyncGenerator<RtmpMediaMessage> {
    yield message('video', 0, 0x17, 0, 0, 0, 0);
    yield message('video', 90_000, 0x17, 1, 0, 0, 0);
    yield message('audio', 90_020, 0x2f, 1);
    yield message('video', 95_000, 0x17, 1, 0, 0, 0);
    yield message('video', 99_000, 0x17, 1, 0, 0, 0);
  }
  const read = async (flv: PlayedFlv) => {
    const parts: Uint8Array[] = [];
    for await (const bytes of flv) parts.push(bytes);
    return tagsOf(Buffer.concat(parts)).map(({ tagType, timestamp }) => [tagType, timestamp]);
  };

  it('begins at 0 wherever the stream is, sequence headers included', async () => {
    const flv = new PlayedFlv(messages());
    expect(flv.summary).toBeUndefined();
    expect(await read(flv)).toEqual([
      [18, 0],
      [9, 0],
      [9, 0],
      [8, 20],
      [9, 5000],
      [9, 9000],
    ]);
    expect(flv.summary!.patches.length).toBeGreaterThan(0);
    expect(flv.duration).toBeGreaterThanOrEqual(9000);
  });

  it('ends after a while, and is nothing when nothing is played', async () => {
    expect((await read(new PlayedFlv(messages(), { duration: 6000 }))).at(-1)).toEqual([9, 5000]);
    const nothing = new PlayedFlv((async function* () {})());
    expect(await read(nothing)).toEqual([]);
    expect(nothing.summary).toBeUndefined();
  });
});
