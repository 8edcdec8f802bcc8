import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { pacedClip, PacedPublisher } from '#test/paced-publisher';
import { publish } from '#test/publishing';
import { readTags } from '#test/recording-truth';
import { postOverHttp1, TunnelSocket } from '#test/rtmpt-client';
import { words } from '#test/words';

// A hundred encoders through tunnels, the server on one processor; and what a tunnel costs beside plain RTMP.

jest.setTimeout(300_000);

const TUNNELS = 100;
const SECONDS = 30;
const TICK = 100;

let ingest: IngestProcess;
let httpPort: number;

beforeEach(async () => {
  ingest = await IngestProcess.start({ launcher: words`taskset -c 0`, env: { RTMP_RECORD: '0' }, timeout: 290_000 });
  httpPort = Number(await ingest.portOf('http'));
});
afterEach(() => ingest?.stop());

it(`${TUNNELS} tunnels at 2 Mb/s lose nothing in ${SECONDS} s`, async () => {
  const source = pacedClip(readTags(await clip('720p at 2 Mb/s', 10)));
  // All at once: the answers to a poll that finds nothing are held.
  const publishers = await Promise.all(
    Array.from({ length: TUNNELS }, async (_, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const tunnel = await TunnelSocket.open(postOverHttp1(httpPort, agent));
      return PacedPublisher.start(tunnel, `p${index}`, source, Date.now());
    }),
  );
  const before = ingest.processorSeconds();
  const start = Date.now();
  for (let now = start; now < start + SECONDS * 1000; now = Date.now()) {
    for (const publisher of publishers) publisher.send(now);
    await sleep(TICK);
  }
  const used = ingest.processorSeconds() - before;
  const seconds = (Date.now() - start) / 1000;
  for (const { client } of publishers) client.command(1, 'deleteStream', 0, null, 1);
  for (const [index, { bytes }] of publishers.entries()) {
    const { text } = await ingest.logged('"publish ended"', `"live/p${index}"`);
    expect(JSON.parse(text)).toMatchObject({ bytes, reason: 'unpublished' });
  }
  process.stdout.write(`${TUNNELS} tunnels: ${((used / seconds) * 100).toFixed(0)} % of one processor\n`);
  expect(ingest.log.filter(({ level }) => level !== 'log')).toEqual([]);
});

it('FFmpeg as fast as it can costs at most three times as much through a tunnel', async () => {
  const source = await clip('1080p at 8 Mb/s');
  const cost = async (url: string) => {
    const before = ingest.processorSeconds();
    await publish(source, url, { inputArgs: words`-stream_loop 150`, timeout: 120_000 });
    await sleep(500);
    return ingest.processorSeconds() - before;
  };
  await cost(ingest.url('live/warm'));
  const plain = await cost(ingest.url('live/plain'));
  const tunnel = await cost(`rtmpt://127.0.0.1:${httpPort}/live/tunnel`);
  process.stdout.write(
    `RTMP ${plain.toFixed(2)} CPU-s, RTMPT ${tunnel.toFixed(2)} (${(tunnel / plain).toFixed(2)}x)\n`,
  );
  expect(tunnel / plain).toBeLessThan(3);
});
