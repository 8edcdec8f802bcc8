import type { Socket } from 'node:net';
import type { SocketReceiver } from './gathering-reader.js';
import type { RawSocket } from './raw-socket.js';
import type { GatedReader } from './read-gate.js';

/** Says when sockets are read. */
export interface SocketReading {
  /** Reads a socket for its receiver from now on. */
  open(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver): GatedReader;
}

/** Reads as bytes come: for sockets that ask now and then, and are none of those that stream. */
export const IMMEDIATE_READING: SocketReading = {
  open(socket, raw, receiver) {
    const onData = (bytes: Buffer): void => receiver.onBytes(bytes, 0);
    const restore = raw?.intercept(onData);
    let isSuspended = false;
    socket.on('data', onData);
    return {
      pause: () => {
        isSuspended = true;
        if (raw === undefined) socket.pause();
        else raw.suspend();
      },
      resume: () => {
        isSuspended = false;
        if (raw === undefined) socket.resume();
        else raw.attach();
      },
      poll: () => false,
      close: () => {
        restore?.();
        if (isSuspended) raw?.attach();
        socket.pause().off('data', onData);
      },
    };
  },
};
