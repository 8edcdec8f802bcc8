import { classifyMedia } from '#lib/flv';
import { audioKey, TrackReader } from './track-reader.js';

/** An identification header with a mapping table of its own (RFC 7845 §5.1.1): stereo. */
const OPUS_HEAD = Buffer.from('4f707573486561640102380180bb000000000101010001', 'hex');

/** The sequence header of one audio track of many (Enhanced RTMP v2): Multitrack, OneTrack, SequenceStart. */
function header(trackId: number, record: Uint8Array) {
  const payload = Buffer.concat([Buffer.from('95004f707573', 'hex'), Uint8Array.of(trackId), record]);
  return { tagType: 8, timestamp: 0, flags: classifyMedia(8, payload), payload };
}

function readAll(messages: ReadonlyArray<ReturnType<typeof header>>): number[] {
  const found: number[] = [];
  const reader = new TrackReader({ onFormat: (key) => found.push(key), onSample: () => {} });
  for (const message of messages) reader.read(message);
  expect([...reader.formats.keys()]).toEqual(found);
  return found;
}

it('finds no more than 64 tracks of a stream', () => {
  const found = readAll(Array.from({ length: 256 }, (_one, trackId) => header(trackId, OPUS_HEAD)));
  expect(found).toEqual(Array.from({ length: 64 }, (_one, trackId) => audioKey(trackId)));
});

it('leaves out a track whose sequence header is longer than 64 KiB', () => {
  const padded = (length: number) => Buffer.concat([OPUS_HEAD, new Uint8Array(length - OPUS_HEAD.length)]);
  expect(readAll([header(0, padded(64 * 1024)), header(1, padded(64 * 1024 + 1))])).toEqual([audioKey(0)]);
});

it('leaves out what is in another codec than the format of its track, until a new one comes', () => {
  const found: string[] = [];
  const reader = new TrackReader({
    onFormat: (key, { codec }) => found.push(`${key} is ${codec}`),
    onSample: (key) => found.push(`${key} sample`),
    onUnknown: (key, codec) => found.push(`${key} in ${codec}`),
  });
  const read = (tagType: number, bytes: string) => {
    const payload = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
    reader.read({ tagType, timestamp: 0, flags: classifyMedia(tagType, payload), payload });
  };
  read(8, 'af00 1210');
  read(8, 'af01 2110');
  read(8, 'b2 0102'); // Speex
  read(8, 'af01 2110');
  read(8, '94 4f707573'); // Opus, without a header
  read(8, '91 4f707573 fc');
  read(8, `90 4f707573 ${OPUS_HEAD.toString('hex')}`);
  read(8, '91 4f707573 fc');
  read(8, 'af00 1210'); // AAC again, with the header it had
  read(8, 'af01 2110');
  expect(found).toEqual([
    '256 is aac',
    '256 sample',
    '256 in speex',
    '256 sample',
    '256 in opus',
    '256 is opus',
    '256 sample',
    '256 is aac',
    '256 sample',
  ]);
});

it.each([
  ['start codes in place of the lengths that the header promises', '00000001 0910 00000001 6588843a', '00000002 0910 00000004 6588843a'], // prettier-ignore
  ['lengths', '00000002 0910 00000004 6588843a', '00000002 0910 00000004 6588843a'],
])('gives pictures lengths when they come with %s', (_name, sent, given) => {
  const bodies: string[] = [];
  const reader = new TrackReader({
    onFormat: () => {},
    onSample: (_key, _time, _offset, _isKey, body) => bodies.push(Buffer.from(body).toString('hex')),
  });
  const header = '1700000000 0164000affe100186764000aacb4313f36022000000300200000030281e244d401000468ef3cb0fdf8f800';
  for (const bytes of [header, `1701000000${sent}`]) {
    const payload = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
    reader.read({ tagType: 9, timestamp: 0, flags: classifyMedia(9, payload), payload });
  }
  expect(bodies).toEqual([given.replaceAll(' ', '')]);
});
