import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { jest } from '@jest/globals';
import type { AmfValue } from '#lib/amf';
import { clip } from '#test/clips';
import { hex } from '#test/hex';
import { IngestProcess, type LogEntry } from '#test/ingest-process';
import { recordedPart } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { trueMetadata } from '#test/recording-truth';
import { chunks, control, plainHandshake } from '#test/rtmp-wire';

// Peers that send anything but RTMP, or RTMP that means harm, while FFmpeg publishes beside them.

jest.setTimeout(60_000);

const MEGABYTE = 1024 * 1024;
/** Generous: what Node and Nest need, and what the limits allow the attackers of this file. */
const MAX_MEMORY = 400 * MEGABYTE;

/** Around the directory of the recordings: nothing else may appear in it. */
let surroundings: string;
let ingest: IngestProcess;
let source: string;
let publisher: FfmpegPublisher;
let silent: Socket;
const sockets: Socket[] = [];

beforeAll(async () => {
  surroundings = mkdtempSync(join(tmpdir(), 'nest-rtmp-hostile-'));
  const directory = mkdtempSync(join(surroundings, 'recordings-'));
  [ingest, source] = await Promise.all([IngestProcess.start({ directory }), clip('H.264 with B-frames and AAC', 60)]);
  publisher = new FfmpegPublisher(source, ingest.url('live/victim'), { isRealTime: true });
  await ingest.until('FFmpeg publishes', () => publisher.sent > 0);
  silent = open();
  silent.write(plainHandshake().subarray(0, 700));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await ingest?.stop();
  rmSync(surroundings, { recursive: true });
});

function open(): Socket {
  const socket = connectTcp(ingest.port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  return socket;
}

function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** The log line that an attack leads to. */
async function lineAfter(code: string, attack: () => Promise<unknown> | void): Promise<LogEntry> {
  const find = () => ingest.log.filter((entry) => entry.code === code);
  const before = find().length;
  await attack();
  const [entry] = await ingest.until(`a log line with ${code}`, () => find().length > before && find().slice(before));
  expect(entry).toMatchObject({ level: 'warn', session: expect.stringMatching(/\S/u) as string });
  return entry!;
}

function peakMemory(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${ingest.pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Bytes behind a handshake; the server is to close the connection. */
async function afterHandshake(...bytes: Uint8Array[]): Promise<void> {
  const socket = open();
  socket.write(Buffer.concat([plainHandshake(), ...bytes]));
  await closed(socket);
}

describe('what is not RTMP', () => {
  it('an HTTP request', () =>
    lineAfter('RTMP_ERR_VERSION', async () => {
      await expect(fetch(`http://127.0.0.1:${ingest.port}/live`)).rejects.toThrow('fetch failed');
    }));

  it('a TLS handshake', () =>
    lineAfter('RTMP_ERR_VERSION', async () => {
      const socket = connectTls({ port: ingest.port, host: '127.0.0.1' });
      await expect(new Promise((_resolve, reject) => socket.once('error', reject))).rejects.toThrow();
    }));

  it('a handshake that is cut off, by a peer that goes away', () =>
    lineAfter('RTMP_ERR_HANDSHAKE_CUT', async () => {
      const socket = open();
      socket.end(plainHandshake().subarray(0, 1600));
      await closed(socket);
    }));
});

describe('a broken chunk layer', () => {
  it.each([
    ['chunk size 0', 'RTMP_ERR_CHUNK_SIZE', control(1, 0)],
    ['a chunk size with its first bit set', 'RTMP_ERR_CHUNK_SIZE', control(1, 0x80000080)],
    ['a chunk of a stream that has no header', 'RTMP_ERR_CHUNK_NO_HEADER', hex('c5 00')],
    [
      'a header in the middle of a message',
      'RTMP_ERR_CHUNK_INTERLEAVED',
      hex(`${header(5, 200)} ${'00'.repeat(128)} ${header(5, 1)} 00`),
    ],
    [
      'a command before connect',
      'RTMP_ERR_NOT_CONNECTED',
      chunks({ csid: 3, type: 20, payload: hex('02 0007 7075626c697368 00 3ff0000000000000 05') }),
    ],
    ['AMF of no kind', 'RTMP_ERR_COMMAND', chunks({ csid: 3, type: 20, payload: hex('02 0007 636f6e6e656374 ff') })],
  ])('%s', (_name, code, bytes) => lineAfter(code, () => afterHandshake(bytes)));

  it('messages of 16 MB announced on more chunk streams than there may be', () => {
    const headers = Array.from({ length: 300 }, (_, index) => hex(`00 ${byte(index & 0xff)} ${declared(0xffffff)}`));
    const chunk = new Uint8Array(128);
    return lineAfter('RTMP_ERR_TOO_MANY_CHUNK_STREAMS', () =>
      afterHandshake(...headers.slice(0, 256).flatMap((one) => [one, chunk])),
    );
  });

  it('messages of 16 MB that are never finished, from many peers', async () => {
    const before = ingest.residentSetSize();
    const announcements = Array.from({ length: 60 }, (_, index) => hex(`${byte(index + 3)} ${declared(0xffffff)}`));
    const chunk = new Uint8Array(128);
    for (let peer = 0; peer < 50; peer++) {
      open().write(Buffer.concat([plainHandshake(), ...announcements.flatMap((one) => [one, chunk])]));
    }
    // 50 GB were announced. A connection that is made now is answered behind all of them.
    const witness = await RawRtmpClient.connected(ingest.port);
    expect(ingest.residentSetSize() - before).toBeLessThan(100 * MEGABYTE);
    await witness.destroy();
  });

  it('more bytes in messages that are never finished than a peer may send', () => {
    const large = control(1, 1024 * 1024);
    const halves = Array.from({ length: 60 }, (_, index) => [
      hex(`${byte(index + 3)} ${declared(0xffffff)}`),
      new Uint8Array(MEGABYTE),
    ]);
    return lineAfter('RTMP_ERR_TOO_MANY_PENDING_BYTES', () => afterHandshake(large, ...halves.flat()));
  });
});

describe('AMF that is nested 10,000 deep', () => {
  const deep = hex('0a 00000001'.repeat(10_000));
  const commandOf = (name: string) => Buffer.concat([amfString(name), hex('00 3ff0000000000000'), deep]);

  it('in a connect command ends the session', () =>
    lineAfter('RTMP_ERR_COMMAND', () => afterHandshake(chunks({ csid: 3, type: 20, payload: commandOf('connect') }))));

  it('in a later command is dropped, and the session goes on', async () => {
    const client = await RawRtmpClient.connected(ingest.port);
    await lineAfter('RTMP_ERR_COMMAND', () => client.send(20, 0, 0, commandOf('anything')));
    expect(await client.createStream()).toBe(1);
    await client.destroy();
  });

  it('in metadata is not believed, and the media are recorded', async () => {
    const client = await RawRtmpClient.publishing(ingest.port, 'deep');
    client.send(18, 1, 0, Buffer.concat([amfString('@setDataFrame'), amfString('onMetaData'), deep]));
    client.send(18, 1, 0, Buffer.concat([amfString('onMetaData'), deep]));
    client.audio(1, 0, 0x2e, ...Array.from({ length: 400 }, () => 0));
    await ingest.until('a recording', () => ingest.unfinished('live/deep').length > 0);
    await client.destroy();
    expect(readFileSync(await ingest.finishedRecording('live/deep')).length).toBeGreaterThan(400);
  });
});

describe('addresses', () => {
  it.each<[string, Record<string, AmfValue>]>([
    ['no tcUrl', {}],
    ['a tcUrl that is undefined', { tcUrl: undefined }],
    ['a tcUrl that is a number', { tcUrl: 5 }],
    ['a tcUrl that is no URL', { tcUrl: 'rtmp:///::[[[%%%' }],
    ['a tcUrl in quotes', { tcUrl: "'rtmp://127.0.0.1/live'" }],
    ['a tcUrl of 60,000 characters', { tcUrl: `rtmp://127.0.0.1/${'x'.repeat(60_000)}` }],
  ])('with %s: the app tells enough', async (what, properties) => {
    const client = await RawRtmpClient.open(ingest.port);
    expect(await client.call('connect', { app: 'urls', ...properties })).toMatchObject({ name: '_result' });
    expect(await client.publish(what)).toMatchObject({ code: 'NetStream.Publish.Start' });
    await client.destroy();
  });

  it.each([
    ['../', '../../escaped'],
    ['../ in the middle', 'a/../../../escaped'],
    ['a NUL', 'escaped\0.sh'],
    ['a line break', 'one\n{"level":"fatal"}'],
    ['nothing', ''],
    ['60,000 characters', 'x'.repeat(60_000)],
    ['300 letters of three bytes', '漢'.repeat(300)],
    ['backslashes', '..\\..\\escaped'],
    ['a drive of Windows', 'C:\\escaped'],
  ])('with %s in the name are refused', async (_what, name) => {
    const client = await RawRtmpClient.connected(ingest.port);
    await lineAfter('NetStream.Publish.BadName', async () => {
      expect(await client.publish(name)).toMatchObject({ level: 'error', code: 'NetStream.Publish.BadName' });
    });
    await client.destroy();
  });

  it.each([
    ['an encoded path', '..%2f..%2fescaped'],
    ['a name with a meaning', 'CON'],
    ['an option', '-rf'],
    ['commands', '$(touch escaped);`touch escaped`'],
    ['80 letters of three bytes', '漢'.repeat(80)],
  ])('with %s in the name are recorded in the directory', async (_what, name) => {
    const client = await RawRtmpClient.publishing(ingest.port, name, 'odd');
    const before = ingest.recordings('odd').length;
    client.audio(1, 0, 0x2e, 1, 2, 3);
    await ingest.until('a recording', () => ingest.unfinished('odd').length > 0);
    await client.destroy();
    await ingest.finishedRecordings('odd', before + 1);
  });

  it('lead nowhere but into the directory', () => {
    expect(readdirSync(surroundings)).toHaveLength(1);
    expect(readdirSync(ingest.directory).sort()).toEqual(['live', 'odd']);
  });
});

it('random bytes behind a handshake end only their own connections', async () => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = open();
      socket.end(Buffer.concat([plainHandshake(), Uint8Array.from({ length: 4000 }, random)]));
      await closed(socket);
    }),
  );
});

it('a peer that stops in the middle of the handshake is closed after a while', async () => {
  await lineAfter('RTMP_ERR_HANDSHAKE_TIMEOUT', () => closed(silent));
});

it('the publisher beside them has noticed nothing, and memory is bounded', async () => {
  expect(publisher.hasEnded).toBe(false);
  const { sent } = publisher;
  await publisher.end('SIGKILL');
  const recording = await ingest.finishedRecording('live/victim');
  expect(await recordedPart(recording, source)).toBeGreaterThan(sent - 200);
  await trueMetadata(recording);
  expect(peakMemory()).toBeLessThan(MAX_MEMORY);
  expect(ingest.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

/** The rest of a type 0 header: time 0, a length, audio, message stream 1. */
function declared(length: number): string {
  return `000000 ${length.toString(16).padStart(6, '0')} 08 01000000`;
}

function header(chunkStreamId: number, length: number): string {
  return `${byte(chunkStreamId)} ${declared(length)}`;
}

function amfString(text: string): Uint8Array {
  return Buffer.concat([hex('02 00'), Uint8Array.of(text.length), Buffer.from(text)]);
}
