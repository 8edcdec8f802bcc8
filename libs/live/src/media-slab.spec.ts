import { PREVIOUS_TAG_SIZE_LENGTH, TAG_HEADER_LENGTH } from '#lib/flv';
import { audio, keyFrame } from '#test/live-media';
import { LiveStream } from './live-stream.js';
import type { MediaMessage } from './media-message.js';
import { MediaSlab, SlabWriter } from './media-slab.js';

const GAP = TAG_HEADER_LENGTH + PREVIOUS_TAG_SIZE_LENGTH;
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

describe('SlabWriter', () => {
  it('puts payloads one behind the other, with room for the rest of a tag around each', () => {
    const writer = new SlabWriter();
    const slab = writer.put(bytes(10, 1));
    expect(writer.at).toBe(TAG_HEADER_LENGTH);
    expect(writer.put(bytes(20, 2))).toBe(slab);
    expect(writer.at).toBe(TAG_HEADER_LENGTH + 10 + GAP);
    expect(writer.put(bytes(0, 3))).toBe(slab);
    expect(writer.at).toBe(TAG_HEADER_LENGTH + 10 + GAP + 20 + GAP);
    expect(slab.bytes.subarray(TAG_HEADER_LENGTH, TAG_HEADER_LENGTH + 10)).toEqual(bytes(10, 1));
    expect(slab.bytes.subarray(TAG_HEADER_LENGTH + 10 + GAP, TAG_HEADER_LENGTH + 30 + GAP)).toEqual(bytes(20, 2));
  });

  it('begins another slab when one is full, and one of its own for a payload that fits into none', () => {
    const writer = new SlabWriter();
    const slabs = [200_000, 100_000, 1_000_000, 1].map((length) => {
      const slab = writer.put(bytes(length, 1));
      slab.hold();
      return slab;
    });
    expect(new Set(slabs).size).toBe(4);
    expect(slabs[2]!.bytes).toHaveLength(1_000_000 + GAP);
  });
});

describe('MediaSlab', () => {
  it('is used again when nobody holds it, and not before', () => {
    const writer = new SlabWriter();
    const slab = writer.put(bytes(10, 1));
    slab.hold();
    writer.release();
    const others = [MediaSlab.take(10), MediaSlab.take(10)];
    expect(others).not.toContain(slab);
    slab.release();
    expect(MediaSlab.take(10)).toBe(slab);
  });

  it('lets one write around its messages until it is used again', () => {
    const slab = MediaSlab.take(10);
    const [first, second] = [{}, {}];
    expect([slab.claim(first), slab.claim(second), slab.claim(first)]).toEqual([true, false, true]);
    slab.release();
    const again = MediaSlab.take(10);
    expect([again === slab, again.claim(second)]).toEqual([true, true]);
  });

  it('what a sink is given stays whole while it is handed out, even when a sink before it ends the stream', () => {
    const stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
    let seen: Uint8Array | undefined;
    stream.addSink({ onMessage: () => stream.end(), onEnd: () => {} });
    stream.addSink({
      onMessage({ payload, slab }: MediaMessage) {
        const other = MediaSlab.take(10);
        expect(other).not.toBe(slab);
        other.bytes.fill(0xee);
        seen = payload.slice();
      },
      onEnd: () => {},
    });
    const { typeId, payload } = keyFrame(1, 100);
    stream.push(typeId, 0, payload.slice());
    expect(seen).toEqual(payload);
  });

  it('holds what belongs to a group; what comes before is not kept', () => {
    const stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
    const kept: boolean[] = [];
    stream.addSink({ onMessage: ({ slab }) => void kept.push(slab !== undefined), onEnd: () => {} });
    for (const { typeId, payload } of [audio(0), keyFrame(1), audio(2)]) stream.push(typeId, 0, payload);
    expect(kept).toEqual([false, true, true]);
  });
});
