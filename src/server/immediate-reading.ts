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
  open(socket, _raw, receiver) {
    const onData = (bytes: Buffer): void => receiver.onBytes(bytes, 0);
    socket.on('data', onData);
    return {
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      poll: () => false,
      close: () => socket.pause().off('data', onData),
    };
  },
};
