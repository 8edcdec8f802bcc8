import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PlayedFlv, type PlayedFlvOptions, type PublishFlvOptions, publishFlv, RtmpClient } from '#src';
import type { RtmpClientOptions, RtmpClientPlayback } from '#src';

/** Publishes an FLV file to its end with the client. */
export async function publishFile(
  file: string,
  url: string,
  options: RtmpClientOptions = {},
  flv: PublishFlvOptions = {},
): Promise<void> {
  const client = await RtmpClient.connect(url, options);
  const publication = await client.publish();
  await publishFlv(publication, createReadStream(file), flv);
  await publication.end();
  await client.close();
}

/** Writes what is played to a file, with true duration and index. */
export async function playToFile(
  playback: RtmpClientPlayback,
  file: string,
  options: PlayedFlvOptions = {},
): Promise<PlayedFlv> {
  const flv = new PlayedFlv(playback, options);
  const target = await open(file, 'w');
  for await (const bytes of flv) await target.write(bytes);
  for (const { position, bytes } of flv.summary?.patches ?? []) await target.write(bytes, 0, bytes.length, position);
  await target.close();
  return flv;
}
