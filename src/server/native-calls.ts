import type { LibraryHandle } from 'koffi';

/** Calls of the system that Node has no function for, or a slower one. */
export interface NativeCalls {
  /** Makes a file in memory that has no name (memfd_create(2)). @returns its descriptor, or -1 */
  createMemoryFile(): number;
  /**
   * Sends to a socket what lies in a file from `offset` on (sendfile(2)). The socket refers to the pages of the file, and
   * copies nothing.
   *
   * @returns how many bytes it took; 0 when it is full; -1 when it failed
   */
  sendFile(socket: number, file: number, offset: bigint, length: number): number;
  /**
   * Sends bytes to a socket (send(2)), with the same result.
   *
   * @param isMore whether the kernel may keep them until more is sent, which is to be done at once
   */
  send(socket: number, bytes: Uint8Array, isMore: boolean): number;
  /**
   * Reads what a socket has (recv(2)).
   *
   * @returns how many bytes that were; 0 at its end; -1 when there is nothing, or it failed
   */
  receive(socket: number, target: Uint8Array): number;
}

/** The descriptor is not for programs that this one starts (`MFD_CLOEXEC`). */
const CLOSE_ON_EXEC = 1;
/** Neither waits nor raises a signal (`MSG_DONTWAIT | MSG_NOSIGNAL` of Linux). */
const QUIETLY = 0x40 | 0x4000;
/** More follows (`MSG_MORE`): a head does not go into a packet of its own. */
const MORE = 0x8000;

/** What is loaded. */
let calls: NativeCalls | undefined;

/** The calls, when they have been loaded. */
export function nativeCalls(): NativeCalls | undefined {
  return calls;
}

/**
 * The calls, by the package koffi: an optional peer of this package. Undefined where it is not installed, and on anything
 * but Linux.
 *
 * @throws what koffi throws (rejects) where it does not run
 */
export async function loadNativeCalls(): Promise<NativeCalls | undefined> {
  if (calls !== undefined || process.platform !== 'linux') return calls;
  try {
    const { default: koffi } = await import('koffi');
    // null is what Node itself is linked to, whether that is glibc or musl.
    return (calls = bind(koffi.load(null), () => koffi.errno() === koffi.os.errno['EAGAIN']));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function bind(libc: LibraryHandle, isFull: () => boolean): NativeCalls {
  const memfdCreate: (name: string, flags: number) => number = libc.func(
    'int memfd_create(const char *name, unsigned int flags)',
  );
  const sendfile: (out: number, from: number, offset: BigInt64Array, count: number) => number = libc.func(
    'long sendfile(int out, int from, void *offset, size_t count)',
  );
  const send: (socket: number, bytes: Uint8Array, length: number, flags: number) => number = libc.func(
    'long send(int socket, void *bytes, size_t length, int flags)',
  );
  const recv: (socket: number, target: Uint8Array, length: number, flags: number) => number = libc.func(
    'long recv(int socket, void *target, size_t length, int flags)',
  );
  const at = new BigInt64Array(1);
  const taken = (result: number) => (result >= 0 ? result : isFull() ? 0 : -1);
  return {
    createMemoryFile: () => memfdCreate('nest-rtmp', CLOSE_ON_EXEC),
    sendFile(socket, file, offset, length) {
      at[0] = offset;
      return taken(sendfile(socket, file, at, length));
    },
    send: (socket, bytes, isMore) => taken(send(socket, bytes, bytes.length, isMore ? QUIETLY | MORE : QUIETLY)),
    receive: (socket, target) => recv(socket, target, target.length, QUIETLY),
  };
}
