import { connect, type Socket } from 'node:net';
import { until } from '#test/until';
import { HttpApp } from './http-app.js';

let test: HttpApp;
let sockets: Socket[];

beforeEach(() => {
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await test.app.close();
});

/** Sends bytes as they are, and gathers what comes back. */
function send(...lines: string[]): () => string {
  const socket = connect(test.httpPort, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  socket.on('error', () => {});
  socket.write(lines.join('\r\n'), 'latin1');
  return () => text;
}

const H2C = [
  'Connection: keep-alive, Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
];
const WEB_SOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

describe('upgrades that nobody takes', () => {
  it.each([
    ['HTTP/2 for a path of others', ['GET /nothing HTTP/1.1', 'Host: a', ...H2C]],
    ['HTTP/2 for a player', ['HEAD /live/nobody.flv HTTP/1.1', 'Host: a', ...H2C]],
    ['a WebSocket for a path of others', ['GET /nothing HTTP/1.1', 'Host: a', ...WEB_SOCKET]],
    ['something unheard of', ['GET /nothing HTTP/1.1', 'Host: a', 'Connection: upgrade', 'Upgrade: x']],
  ])('are ignored: %s', async (_what, lines) => {
    test = await HttpApp.start();
    const answer = send(...lines, '', '');
    await until('the answer', () => answer().includes('\r\n\r\n'));
    expect(answer()).toMatch(/^HTTP\/1\.1 404 /u);
  });

  it('leave the rest of the connection as it is', async () => {
    test = await HttpApp.start();
    const answer = send(
      'GET /one HTTP/1.1',
      'Host: a',
      ...H2C,
      '',
      'GET /two HTTP/1.1',
      'Host: a',
      'Connection: close',
      '',
      '',
    );
    await until('both answers', () => answer().includes('/two'));
    expect(answer()).toContain('/one');
  });

  it('belong to others when there are others', async () => {
    test = await HttpApp.start();
    let upgrades = 0;
    test.app.getHttpServer().on('upgrade', (_request: unknown, socket: Socket) => {
      upgrades++;
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    const answer = send('GET /nothing HTTP/1.1', 'Host: a', ...WEB_SOCKET, '', '');
    await until('the answer', () => answer() !== '');
    expect(answer()).toMatch(/^HTTP\/1\.1 101 /u);
    expect(upgrades).toBe(1);
  });
});
