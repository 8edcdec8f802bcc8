import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '#test/until';
import { type ReadingHandle, ReadInterception } from './read-interception.js';

/** A socket that was accepted, and the one at its other end. */
interface Pair {
  readonly client: Socket;
  readonly socket: Socket;
}

function handleOf(socket: Socket): Partial<ReadingHandle> {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return (socket as unknown as { _handle: Partial<ReadingHandle> })._handle;
}

describe('ReadInterception', () => {
  let server: Server;
  const clients: Socket[] = [];

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function pair(): Promise<Pair> {
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
    clients.push(client);
    const socket = await accepted;
    socket.on('error', () => {});
    return { client, socket };
  }

  /** What comes by the stream, in the chunks it gave. */
  function streamOf(socket: Socket): Buffer[] {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  }

  const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();

  it('gives reads to whoever takes them, in turn, and to the stream when nobody does', async () => {
    const { client, socket } = await pair();
    const stream = streamOf(socket);
    const interception = ReadInterception.of(socket, handleOf(socket))!;
    const takers = { first: '', second: '' };
    const restoreFirst = interception.take((bytes) => (takers.first += bytes.toString()));
    client.write('one');
    await until('the first', () => takers.first === 'one');
    restoreFirst();
    client.write('two');
    await until('the stream', () => textOf(stream) === 'two');
    // The same for all who ask, so that each read is seen once.
    expect(ReadInterception.of(socket, handleOf(socket))).toBe(interception);
    const restoreSecond = interception.take((bytes) => (takers.second += bytes.toString()));
    restoreFirst();
    client.write('three');
    await until('the second', () => takers.second === 'three');
    restoreSecond();
    client.write('four');
    await until('the stream again', () => textOf(stream) === 'twofour');
    expect(takers).toEqual({ first: 'one', second: 'three' });
  });

  it('what the stream got is its own, whatever is read later', async () => {
    const [one, other] = [await pair(), await pair()];
    const stream = streamOf(one.socket);
    ReadInterception.of(one.socket, handleOf(one.socket));
    let taken = '';
    streamOf(other.socket);
    ReadInterception.of(other.socket, handleOf(other.socket))!.take((bytes) => (taken += bytes.toString()));
    one.client.write('aaaaaaaa');
    await until('the stream', () => textOf(stream) === 'aaaaaaaa');
    other.client.write('bbbbbbbbbbbb');
    await until('the taker', () => taken === 'bbbbbbbbbbbb');
    expect(textOf(stream)).toBe('aaaaaaaa');
  });

  it('what came before stays before', async () => {
    const { client, socket } = await pair();
    client.write('held');
    await until('the stream holds it', () => {
      socket.read(0);
      return socket.readableLength > 0;
    });
    const all: string[] = [];
    const restore = ReadInterception.of(socket, handleOf(socket))!.take((bytes) => all.push(bytes.toString()));
    client.write('late');
    await until('the stream holds both', () => socket.readableLength === 8);
    socket.on('data', (chunk: Buffer) => all.push(chunk.toString()));
    await until('all of it', () => all.join('') === 'heldlate');
    client.write('taken');
    await until('the rest', () => all.join('') === 'heldlatetaken');
    restore();
  });

  it('ends and errors come from the stream', async () => {
    const [ending, resetting] = [await pair(), await pair()];
    let taken = '';
    for (const { socket } of [ending, resetting]) {
      streamOf(socket);
      ReadInterception.of(socket, handleOf(socket))!.take((bytes) => (taken += bytes.toString()));
    }
    const ended = new Promise((resolve) => ending.socket.once('end', resolve));
    ending.client.end('last');
    await ended;
    const failed = new Promise<Error>((resolve) => resetting.socket.once('error', resolve));
    resetting.client.write('x');
    await until('its bytes', () => taken === 'lastx');
    resetting.client.resetAndDestroy();
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each(['onread', 'useUserBuffer', 'bytesRead'])('leaves a handle without %s alone', async (name) => {
    const { socket } = await pair();
    const { onread } = handleOf(socket);
    const handle = { onread, useUserBuffer: () => {}, bytesRead: 0, [name]: undefined };
    expect(ReadInterception.of(socket, handle as Partial<ReadingHandle>)).toBeUndefined();
    expect(handle.onread).toBe(name === 'onread' ? undefined : onread);
  });
});
