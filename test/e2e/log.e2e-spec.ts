import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { killPrograms } from '#test/running-program';

// The log goes nowhere. Nobody who publishes is to notice.

jest.setTimeout(60_000);

let directory: string;
let source: string;

beforeAll(async () => {
  source = await clip('H.264 with B-frames and AAC');
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-log-'));
});
afterEach(() => {
  killPrograms();
  rmSync(directory, { recursive: true });
});

it('goes on when whoever read its log has gone', async () => {
  const ingest = await IngestProcess.start({ directory });
  const publisher = new FfmpegPublisher(source, ingest.url('live/before'), { isRealTime: true });
  await ingest.until('it publishes', () => publisher.sent > 0);
  ingest.program.stopReading();
  await publish(source, ingest.url('live/behind'));
  await publisher.succeeded();
  for (const stream of ['live/before', 'live/behind']) {
    expect(await recordingDifference(await ingest.finishedRecording(stream), source)).toBeUndefined();
  }
  expect((await ingest.stop()).code).toBe(0);
});

it('goes on when there is no room for its log', async () => {
  const launcher = ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh'];
  const ingest = await IngestProcess.start({ directory, launcher });
  // It is warned about, on standard error.
  const stranger = connect(ingest.port, '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n');
  await text(stranger);
  await publish(source, ingest.url('live/one'));
  expect(await recordingDifference(await ingest.finishedRecording('live/one'), source)).toBeUndefined();
  expect((await ingest.stop()).code).toBe(0);
});
