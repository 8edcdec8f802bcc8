import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { dtsOf, firstDifference, listMedia, shifted, withoutTimes } from '#test/packets';
import { publish } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';

// nginx-rtmp takes a stream from FFmpeg and pushes it on to us.

jest.setTimeout(60_000);

let ingest: IngestProcess;
let nginx: NginxRtmp;

beforeAll(async () => {
  ingest = await IngestProcess.start();
  const target = `rtmp://127.0.0.1:${ingest.port}`;
  nginx = await NginxRtmp.start(
    `application source { live on; meta copy; push ${target}/live; push_reconnect 1s; }
    application named { live on; meta on; push ${target}/live/renamed; push_reconnect 1s; }`,
  );
});
afterAll(async () => {
  await nginx?.stop();
  await ingest?.stop();
});

/**
 * What a recording must have that begins with a packet: nginx connects when the stream has begun, and pictures before
 * the next key frame could not be decoded.
 */
function withLateStart(packets: readonly string[], first: string): string[] {
  const tail = packets.slice(packets.findIndex((packet) => withoutTimes(packet) === withoutTimes(first)));
  const isVideo = (packet: string) => packet.includes('codec_type=video');
  const keyFrame = tail.findIndex((packet) => isVideo(packet) && packet.includes('flags=K'));
  const recorded = tail.filter((packet, index) => index >= keyFrame || !isVideo(packet));
  return shifted(recorded, dtsOf(first) - dtsOf(tail[0]!));
}

it.each([
  ['source/pushed', 'live/pushed'],
  ['named/whatever', 'live/renamed'],
])('what comes by way of nginx (%s) is recorded to the end (%s)', async (name, stream) => {
  const source = await clip('H.264 with B-frames and AAC');
  await publish(source, nginx.url(name), { isRealTime: true });
  const recording = await ingest.finishedRecording(stream);
  const [actual, expected] = await Promise.all([listMedia(recording), listMedia(source)]);
  expect(actual.streams).toEqual(expected.streams);
  expect(firstDifference(actual.packets, withLateStart(expected.packets, actual.packets[0]!))).toBeUndefined();
  expect(actual.packets.length).toBeGreaterThan(expected.packets.length / 2);
  await trueMetadata(recording);
});
