import { readFileSync } from 'node:fs';
import { encodeAmf0 } from '#lib/amf';
import { LiveStream } from '#lib/live';
import { isHeader, tagsOf } from '#test/flv-tags';
import { hex } from '#test/hex';
import { HlsPackager } from './hls-packager.js';
import type { PackagerOptions } from './packager-options.js';

// What the multivariant playlist says of a stream that is live. The clip has ten pictures of 96x54 and sound, in a second.

const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const SECOND = 1000;
/** Sequence header of x264 in Main, 1920x1080. */
const FULL_HD = hex('1700000000 014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea001000468de0fc8');

const HEADERS = TAGS.filter(isHeader);
const MEDIA = TAGS.filter((tag) => !isHeader(tag));

class Publisher {
  readonly packager: HlsPackager;
  readonly stream = new LiveStream({ id: '1', app: 'live', name: 'one', path: 'live/one', startedAt: 0 });
  #seconds = 0;

  constructor(options: Partial<PackagerOptions>) {
    this.packager = new HlsPackager({ segmentDuration: SECOND, window: 3 * SECOND, ...options });
    this.stream.addSink({
      onMessage: (message) => this.packager.push(message, message.timestamp),
      onEnd: () => this.packager.end(),
    });
  }

  /** What stands in front of the media. @param rates kilobits a second that onMetaData says */
  begin(rates?: { readonly videodatarate?: number; readonly audiodatarate?: number }): this {
    if (rates !== undefined)
      this.stream.push(18, 0, encodeAmf0('onMetaData', { videocodecid: 7, audiocodecid: 10, ...rates }));
    for (const { tagType, timestamp, payload } of HEADERS) {
      if (tagType !== 18 || rates === undefined) this.stream.push(tagType, timestamp, payload);
    }
    return this;
  }

  publish(seconds: number): this {
    for (let i = 0; i < seconds; i++, this.#seconds++) {
      for (const { tagType, timestamp, payload } of MEDIA) {
        this.stream.push(tagType, this.#seconds * SECOND + timestamp, payload);
      }
    }
    return this;
  }

  /** An attribute of the variant. */
  told(attribute: string): string | undefined {
    this.packager.prepare();
    return new RegExp(`[:,]${attribute}=("[^"]*"|[^,\\n]*)`, 'u').exec(this.packager.multivariant(''))?.[1];
  }
}

describe.each(['fmp4', 'ts'] as const)('a stream whose pictures change, in %s', (container) => {
  it('has the codecs of all segments that are listed, and their largest picture', () => {
    const publisher = new Publisher({ container }).begin().publish(2);
    const told = () => [publisher.told('CODECS'), publisher.told('RESOLUTION')];
    const small = ['"avc1.64000a,mp4a.40.2"', '96x54'];
    expect(told()).toEqual(small);
    publisher.stream.push(9, 2 * SECOND, FULL_HD);
    publisher.publish(2);
    const [codecs, resolution] = told();
    expect(codecs!.replaceAll('"', '').split(',').sort()).toEqual(['avc1.4d4028', 'avc1.64000a', 'mp4a.40.2']);
    expect(resolution).toBe('1920x1080');
    for (const { tagType, payload } of HEADERS) publisher.stream.push(tagType, 4 * SECOND, payload);
    publisher.publish(1);
    expect(told()[1]).toBe('1920x1080');
    publisher.publish(6);
    expect(told()).toEqual(small);
  });
});

it('has the bit rate that the encoder announced until enough was measured', () => {
  const publisher = new Publisher({}).begin({ videodatarate: 2000, audiodatarate: 100 }).publish(2);
  expect([publisher.told('BANDWIDTH'), publisher.told('AVERAGE-BANDWIDTH')]).toEqual(['2520000', '2100000']);
  publisher.publish(4);
  expect(Number(publisher.told('BANDWIDTH'))).toBeLessThan(1_000_000);
});

it('has the bit rate that was measured when the stream has ended', () => {
  const publisher = new Publisher({}).begin({ videodatarate: 2000 }).publish(1);
  publisher.stream.end();
  const bandwidth = Number(publisher.told('BANDWIDTH'));
  expect(bandwidth).toBeGreaterThan(1000);
  expect(bandwidth).toBeLessThan(1_000_000);
});
