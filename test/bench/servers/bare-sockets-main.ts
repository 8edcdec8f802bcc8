import { createServer, type Socket } from 'node:net';
import { ServerSession } from '#lib/rtmp';
import { monotonicNow } from '../load/clock.js';
import { MediaPattern } from '../load/media-pattern.js';
import { OutgoingStream } from '../load/outgoing-stream.js';

/*
 * A server that says yes to every player of RTMP and then does nothing but `socket.write()`, of batches that it makes
 * itself: what Node and the kernel cost. It reads no publisher, and keeps nothing for anybody.
 */

const [port = 0, step = 0, videoKbps = 0, fps = 0] = process.argv.slice(2).map(Number);

const CHUNK_SIZE = 65_536;
const FIRST_STREAM_ID = 1;
const players: Socket[] = [];
const pattern = new MediaPattern({ videoKbps, fps });
const stream = new OutgoingStream(0, FIRST_STREAM_ID, CHUNK_SIZE);
const startedAt = monotonicNow();
let batches = 0;

/** All that is due by then, as one piece. */
function batchUntil(time: number): Buffer {
  const pieces: Buffer[] = [];
  while (pattern.due <= time) {
    const message = pattern.next();
    const bytes = Buffer.allocUnsafe(stream.measure(message));
    stream.write(bytes, 0, message, monotonicNow());
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function sendBatches(): void {
  for (;;) {
    const due = batches * step;
    const wait = startedAt + due - monotonicNow();
    if (wait > 0) {
      setTimeout(sendBatches, wait);
      return;
    }
    batches++;
    const batch = batchUntil(due);
    for (const player of players) player.write(batch);
  }
}

function serve(socket: Socket): void {
  const session = new ServerSession({ chunkSize: CHUNK_SIZE }, performance.now());
  const onData = (bytes: Buffer): void => {
    session.receive(bytes, performance.now());
    let plays = false;
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      if (event.type !== 'command') continue;
      session.accept(event.command);
      plays ||= event.command.name === 'play';
    }
    const output = session.takeOutput();
    if (output !== undefined) socket.write(output);
    if (!plays) return;
    socket.off('data', onData).resume();
    players.push(socket);
  };
  socket.on('data', onData).on('error', () => {});
  socket.on('close', () => {
    const index = players.indexOf(socket);
    if (index >= 0) players.splice(index, 1);
  });
}

createServer({ noDelay: true }, serve).listen({ host: '127.0.0.1', port, backlog: 2048 }, sendBatches);
