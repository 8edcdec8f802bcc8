import { jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { TagType } from '#lib/flv';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { isFrame, pacedClip, PacedPublisher } from '#test/paced-publisher';
import { readTags } from '#test/recording-truth';
import { words } from '#test/words';

// Two hundred publishers at 2 Mb/s for five minutes, the server on one processor. SOAK_SECONDS and SOAK_PUBLISHERS
// change that; SOAK_RECORD=1 records them, which at full length takes 15 GB in the temporary directory.

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 300);
const PUBLISHERS = Number(process.env['SOAK_PUBLISHERS'] ?? 200);
const RECORD = process.env['SOAK_RECORD'] ?? '0';
/** What the last fifth of the time may need more than the second; when a disk falls behind, buffers fill. */
const GROWTH = RECORD === '1' ? 1.6 : 1.1;
const TICK = 20;

jest.setTimeout((SECONDS + 120) * 1000);

let ingest: IngestProcess;

afterAll(() => ingest?.stop());

it(`${PUBLISHERS} publishers lose nothing in ${SECONDS} s, and memory stays as it is`, async () => {
  const source = pacedClip(readTags(await clip('720p at 2 Mb/s', 10)));
  ingest = await IngestProcess.start({
    launcher: words`taskset -c 0`,
    env: { RTMP_RECORD: RECORD },
    timeout: (SECONDS + 110) * 1000,
  });
  const publishers: PacedPublisher[] = [];
  for (let index = 0; index < PUBLISHERS; index++) {
    publishers.push(await PacedPublisher.start(ingest.port, `p${index}`, source, Date.now()));
  }

  const memory: number[] = [];
  const end = Date.now() + SECONDS * 1000;
  for (let now = Date.now(), sampled = 0; now < end; now = Date.now()) {
    for (const publisher of publishers) publisher.send(now);
    if (now - sampled >= 1000) {
      memory.push(ingest.residentSetSize());
      sampled = now;
    }
    await sleep(TICK);
  }
  const used = ingest.processorSeconds();
  for (const { client } of publishers) client.command(1, 'deleteStream', 0, null, 1);

  for (const [index, publisher] of publishers.entries()) {
    const { text } = await ingest.logged('"publish ended"', `"live/p${index}"`);
    expect(JSON.parse(text)).toMatchObject({ bytes: publisher.bytes, reason: 'unpublished' });
  }
  if (RECORD === '1') {
    for (const [index, { frames }] of publishers.entries()) {
      const tags = readTags(await ingest.finishedRecording(`live/p${index}-`));
      const media = tags.filter(({ tagType, payload }) => tagType !== TagType.Script && isFrame(payload));
      expect(media.length).toBe(frames);
    }
  }
  const fifth = Math.floor(memory.length / 5);
  const early = Math.max(...memory.slice(fifth, 2 * fifth));
  const late = Math.max(...memory.slice(-fifth));
  const megabytes = publishers.reduce((total, { bytes }) => total + bytes, 0) / 1e6;
  process.stdout.write(
    `${megabytes.toFixed(0)} MB received, ${used.toFixed(1)} CPU-s (${((used / megabytes) * 1000).toFixed(2)} per GB), ` +
      `memory in MB: ${memory
        .filter((_, index) => index % Math.ceil(memory.length / 20) === 0)
        .map((bytes) => (bytes / 1e6).toFixed(0))
        .join(' ')}\n`,
  );
  expect(late).toBeLessThan(early * GROWTH);
  expect((await ingest.stop()).code).toBe(0);
});
