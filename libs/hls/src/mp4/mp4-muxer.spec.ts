import { encodeAmf0 } from '#lib/amf';
import { classifyMedia } from '#lib/flv';
import { hex } from '#test/hex';
import { Mp4Muxer } from './mp4-muxer.js';

// What a file begins with, when encoders are not in the usual order.

const AVC_HEADER = hex(
  '1700000000 0164000affe100186764000aacb4313f36022000000300200000030281e244d401000468ef3cb0fdf8f800',
);
const AAC_HEADER = hex('af00 1210');
const KEY = hex('1701000000 0000000465000001');
const AAC = hex('af01 21000005');
const MP3 = hex('2e fffb9064');
const SPEEX = hex('b2 0102');
const EMPTY = hex('af01');

type Message = readonly [type: number, time: number, payload: Uint8Array];

interface Written {
  readonly codecs: string[];
  readonly problem: string | undefined;
  readonly isChanged: boolean;
}

function write(messages: readonly Message[], published = { video: false, audio: false }): Written {
  const codecs: string[] = [];
  const receiver = {
    onTracks: (formats: ReadonlyArray<{ codec: string }>) => codecs.push(...formats.map(({ codec }) => codec)),
    onFragment: () => {},
  };
  const muxer = new Mp4Muxer(receiver, published);
  for (const [tagType, timestamp, payload] of messages) {
    muxer.push({ tagType, timestamp, flags: classifyMedia(tagType, payload), payload });
  }
  return { codecs, problem: muxer.problem, isChanged: muxer.isChanged };
}

/** Key frames and frames of sound, 200 ms apart. */
function media(sound: Uint8Array, from: number, until: number): Message[] {
  const messages: Message[] = [];
  for (let time = from; time <= until; time += 200) messages.push([9, time, KEY], [8, time + 20, sound]);
  return messages;
}

const metadata = (properties: Record<string, number>): Message => [18, 0, encodeAmf0('onMetaData', properties)];
const VIDEO: Message = [9, 0, AVC_HEADER];

it.each<[string, Message[], { video: boolean; audio: boolean } | undefined, string[]]>([
  ['metadata speaks of neither, and MP3 has no header', [metadata({ width: 320 }), VIDEO, ...media(MP3, 0, 2000)], undefined, ['avc', 'mp3']], // prettier-ignore
  ['metadata keeps silent about sound that was in the file before', [metadata({ videocodecid: 7 }), VIDEO, ...media(MP3, 0, 2000)], { video: true, audio: true }, ['avc', 'mp3']], // prettier-ignore
  ['sound comes before its header', [VIDEO, ...media(AAC, 0, 400), [8, 420, AAC_HEADER], ...media(AAC, 600, 2000)], undefined, ['avc', 'aac']], // prettier-ignore
  ['pictures come before their header', [[8, 0, AAC_HEADER], ...media(AAC, 0, 400), [9, 420, AVC_HEADER], ...media(AAC, 600, 2000)], undefined, ['avc', 'aac']], // prettier-ignore
  ['empty frames come before the header', [VIDEO, [8, 0, EMPTY], [8, 0, AAC_HEADER], ...media(AAC, 0, 2000)], undefined, ['avc', 'aac']], // prettier-ignore
  ['metadata speaks of video, and nothing else comes', [metadata({ videocodecid: 7 }), VIDEO, [9, 0, KEY]], undefined, ['avc']], // prettier-ignore
])('begins with all tracks when %s', (_name, messages, published, codecs) => {
  expect(write(messages, published)).toEqual({ codecs, problem: undefined, isChanged: false });
});

it('does not begin before a track that has a header, when it is a moment late', () => {
  const second = hex('95 00 4f707573 01 4f707573486561640102380180bb0000000000');
  const messages: Message[] = [VIDEO, [8, 0, AAC_HEADER], [8, 0, AAC], [8, 0, second], [9, 20, KEY]];
  const frame: Message = [8, 40, hex('95 01 4f707573 01 fc')];
  expect(write([...messages, frame])).toEqual({ codecs: ['avc', 'aac', 'opus'], problem: undefined, isChanged: false });
});

it.each<[string, Message[], string]>([
  ['Speex', [VIDEO, [9, 0, KEY], [8, 0, SPEEX]], 'audio in speex'],
  ['AAC without a header', [VIDEO, ...media(AAC, 0, 1200)], 'audio in aac whose configuration is missing or cannot be used'], // prettier-ignore
  ['pictures without a header', [[8, 0, AAC_HEADER], ...media(AAC, 0, 1200)], 'video in h264 whose configuration is missing or cannot be used'], // prettier-ignore
  ['nothing else', media(AAC, 0, 1200), 'video in h264 whose configuration is missing or cannot be used'],
])('holds no %s, and says so', (_name, messages, problem) => {
  expect(write(messages)).toEqual({ codecs: [], problem, isChanged: false });
});
