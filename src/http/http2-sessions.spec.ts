import { EventEmitter } from 'node:events';
import { Http2Sessions } from './http2-sessions.js';

/** A session, and the socket below it. */
class Fake extends EventEmitter {
  isDestroyed = false;
  readonly socket = { bytesRead: 0, bytesWritten: 0, isDestroyed: false, destroy: () => this.#closeSocket() };

  destroy(): void {
    this.isDestroyed = true;
  }

  #closeSocket(): never {
    this.socket.isDestroyed = true;
    return undefined as never;
  }
}

describe('Http2Sessions', () => {
  it('ends those on which nothing has moved for the time', () => {
    const sessions = new Http2Sessions(1000);
    const [stuck, reading, writing, closed] = [new Fake(), new Fake(), new Fake(), new Fake()];
    for (const fake of [stuck, reading, writing, closed]) sessions.add(fake as never, fake.socket, 0);
    closed.emit('close');
    reading.socket.bytesRead += 9;
    writing.socket.bytesWritten += 9;
    sessions.sweep(900);
    sessions.sweep(1000);
    expect([stuck, reading, writing, closed].map(({ isDestroyed }) => isDestroyed)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(stuck.socket.isDestroyed).toBe(true);
    expect(sessions.size).toBe(2);
    sessions.sweep(1900);
    expect(sessions.size).toBe(0);
  });
});
