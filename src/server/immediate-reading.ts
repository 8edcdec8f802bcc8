import type { Socket } from 'node:net';
import type { SocketReceiver } from './gathering-reader.js';
import type { RawSocket } from './raw-socket.js';
import type { GatedReader } from './read-gate.js';
import { SocketIntake } from './socket-intake.js';

/** Says when sockets are read. */
export interface SocketReading {
  /** Reads a socket for its receiver from now on. */
  open(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver): GatedReader;
}

/** Reads as bytes come: for sockets that ask now and then, and are none of those that stream. */
export const IMMEDIATE_READING: SocketReading = {
  open(socket, raw, receiver) {
    const intake = new SocketIntake(socket, raw, (bytes) => receiver.onBytes(bytes, 0));
    return {
      pause: () => intake.pause(),
      resume: () => intake.resume(),
      poll: () => false,
      close: () => intake.release(),
    };
  },
};
