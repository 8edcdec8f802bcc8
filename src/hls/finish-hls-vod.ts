import { finishMultivariant, finishPlaylist, type KeptTotals, keptTotals, playlistsOf } from '#lib/hls';
import type { HlsStorage, HlsStoredBroadcast } from './hls-storage.js';

/** Name of the multivariant playlist of a broadcast in a storage. */
export const VOD_INDEX = 'index.m3u8';

/**
 * Makes a recorded broadcast one that is whole: its media playlists end, then its multivariant playlist says so. Done once
 * more, after a crash, it comes to the same.
 *
 * @param multivariant as the broadcast left it
 * @param textOf a media playlist as the broadcast left it; undefined when there is none
 * @returns undefined when there is nothing to be played
 */
export async function finishHlsVod(
  storage: HlsStorage,
  broadcast: HlsStoredBroadcast,
  multivariant: string,
  textOf: (file: string) => Promise<string | undefined>,
): Promise<KeptTotals | undefined> {
  const known = keptTotals(multivariant);
  if (known !== undefined) {
    await storage.complete?.(broadcast);
    return known;
  }
  const write = (file: string, text: string): Promise<void> =>
    storage.write({ ...broadcast, file }, [Buffer.from(text)]);
  const playlists = new Set<string>();
  let [duration, bytes] = [0, 0];
  for (const file of playlistsOf(multivariant)) {
    const finished = finishPlaylist((await textOf(file)) ?? '');
    if (finished === undefined) continue;
    await write(file, finished.text);
    playlists.add(file);
    duration = Math.max(duration, finished.duration);
    bytes += finished.bytes;
  }
  if (playlists.size === 0) {
    await storage.discard?.(broadcast);
    return undefined;
  }
  await write(VOD_INDEX, finishMultivariant(multivariant, playlists, { duration, bytes }));
  await storage.complete?.(broadcast);
  return { duration, bytes };
}

/** The text of a file; undefined when it cannot be read. */
export async function readHlsText(
  storage: HlsStorage,
  broadcast: HlsStoredBroadcast,
  file: string,
): Promise<string | undefined> {
  try {
    return Buffer.from(await storage.read({ ...broadcast, file })).toString();
  } catch {
    return undefined;
  }
}
