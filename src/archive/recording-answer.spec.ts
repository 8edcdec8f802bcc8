import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { RecordingReader } from '../storage/recording-library.js';
import { answerWithRecording } from './recording-answer.js';

/** A client that takes nothing. */
class StalledResponse extends Writable {
  timeout = Infinity;
  onTimeout: (() => void) | undefined;

  override _write(): void {}

  setHeader(): void {}

  writeHead(): this {
    return this;
  }

  setTimeout(timeout: number, onTimeout: () => void): void {
    Object.assign(this, { timeout, onTimeout });
  }
}

it('closes the file when its client takes nothing for five minutes', async () => {
  const response = new StalledResponse();
  let isClosed = false;
  const recording = { id: 'live/a.flv', bytes: 10_000_000, modifiedAt: 1, isComplete: true };
  const reader = {
    recording,
    read: (_at: number, length: number) => Promise.resolve(new Uint8Array(length)),
    close: () => Promise.resolve((isClosed = true)),
  };
  const answered = answerWithRecording(
    { method: 'GET', headers: {}, url: '/' } as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    reader as unknown as RecordingReader,
  );
  await new Promise(setImmediate);
  expect([isClosed, response.timeout]).toEqual([false, 300_000]);
  response.onTimeout!();
  await answered;
  expect(isClosed).toBe(true);
});
