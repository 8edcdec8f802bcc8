import { setTimeout as sleep } from 'node:timers/promises';
import type { RtmpMediaMessage } from '../../media/rtmp-media-message.js';
import { SilenceWatch } from './silence-watch.js';

const TIMEOUT = 100;

const message = (kind: 'video' | 'data') => ({ kind }) as RtmpMediaMessage;

/** A stream that sends a message each time it is waited for so long, and ends when it is told to. */
function watched(...script: Array<readonly [wait: number, kind: 'video' | 'data']>) {
  const ended = new AbortController();
  async function* messages(): AsyncGenerator<RtmpMediaMessage, void> {
    for (const [wait, kind] of script) {
      await sleep(wait, undefined, { signal: ended.signal }).catch(() => {});
      if (ended.signal.aborted) return;
      yield message(kind);
    }
  }
  return new SilenceWatch({ name: 'it', messages: messages(), end: () => ended.abort() }, TIMEOUT);
}

/** Reads all of it, with a pause behind every message. */
async function read(watch: SilenceWatch, pause = 0): Promise<number> {
  let count = 0;
  for await (const _ of watch.messages()) {
    count++;
    if (pause > 0) await sleep(pause);
  }
  return count;
}

it('goes on as long as something comes', async () => {
  const watch = watched(...Array.from({ length: 8 }, () => [TIMEOUT / 2, 'video'] as const));
  expect(await read(watch)).toBe(8);
  expect(watch.failure).toBeUndefined();
});

it('goes on when its reader pauses for longer than the server may', async () => {
  const watch = watched([0, 'data'], [0, 'video'], [0, 'video'], [0, 'data'], [0, 'video']);
  expect(await read(watch, TIMEOUT * 1.5)).toBe(5);
  expect(watch.failure).toBeUndefined();
});

it('ends what falls silent, also when its reader has paused before', async () => {
  const watch = watched([0, 'video'], [60_000, 'video']);
  expect(await read(watch, TIMEOUT * 1.5)).toBe(1);
  expect(watch.failure).toMatchObject({ code: 'CLI_ERR_SILENT', message: 'nothing more came: it: for 0:00.1' });
});

it('takes metadata for no sign of a publisher', async () => {
  const watch = watched(...Array.from({ length: 100 }, () => [TIMEOUT / 4, 'data'] as const));
  expect(await read(watch)).toBeLessThan(100);
  expect(watch.failure).toMatchObject({ code: 'CLI_ERR_NO_MEDIA' });
});

it('waits for ever when it is told to', async () => {
  const watch = new SilenceWatch({ name: 'it', messages: (async function* () {})(), end: () => {} }, Infinity);
  expect(await read(watch)).toBe(0);
  expect(watch.failure).toBeUndefined();
});
