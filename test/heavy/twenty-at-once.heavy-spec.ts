import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { firstDifference, listMedia } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';

// A minute of 1080p, twenty times at once, each as fast as FFmpeg can send it. Needs 1.3 GB in the temporary directory.

jest.setTimeout(600_000);

const PUBLISHERS = 20;

it(`${PUBLISHERS} recordings of a minute of 1080p are all identical to what was sent, packet for packet`, async () => {
  const source = await clip('1080p at 8 Mb/s', 60);
  const expected = await listMedia(source);
  const ingest = await IngestProcess.start({ timeout: 590_000 });
  try {
    const names = Array.from({ length: PUBLISHERS }, (_, index) => `live/p${index}-`);
    const publishers = names.map((name) => new FfmpegPublisher(source, ingest.url(name), { timeout: 300_000 }));
    for (const publisher of publishers) await publisher.succeeded();
    for (const name of names) {
      const recording = await ingest.finishedRecording(name);
      const actual = await listMedia(recording);
      expect(actual.streams).toEqual(expected.streams);
      expect(firstDifference(actual.packets, expected.packets)).toBeUndefined();
      expect(await trueMetadata(recording)).toMatchObject({ width: 1920, height: 1080 });
    }
    expect(ingest.log.filter(({ level }) => level !== 'log')).toEqual([]);
  } finally {
    await ingest.stop();
  }
});
