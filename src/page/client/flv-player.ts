import type Mpegts from 'mpegts.js';
import { bufferedAhead, type LivePlayer, type PlayerEnd, type PlayerRequest, playUrl } from './live-player.js';
import { loadMpegts } from './vendor.js';

/** Gets ready to play FLV over HTTP or WebSocket. @throws {MissingLibrary} */
export async function flvPlayer(): Promise<(request: PlayerRequest) => LivePlayer> {
  const mpegts = await loadMpegts();
  return (request) => playFlv(mpegts, request);
}

/** It is as far behind as its buffer is long: the server sends what it has at once. */
function playFlv(mpegts: typeof Mpegts.default, request: PlayerRequest): LivePlayer {
  const { kind, path, query, hasAudio, hasVideo, video, onEnd } = request;
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url: playUrl(kind, path, query), hasAudio, hasVideo },
    {
      enableStashBuffer: false,
      lazyLoad: false,
      autoCleanupSourceBuffer: true,
      // What the server sends first is a group of pictures that has passed: jump to its end, then keep close to it.
      liveBufferLatencyChasing: true,
      liveBufferLatencyMaxLatency: 1.2,
      liveBufferLatencyMinRemain: 0.25,
      liveSync: true,
      liveSyncMaxLatency: 0.7,
      liveSyncTargetLatency: 0.35,
      liveSyncPlaybackRate: 1.1,
    },
  );
  let isStopped = false;
  // Later: mpegts.js calls us in the midst of its work, and goes on with what would be destroyed by then.
  const end = (why: PlayerEnd) =>
    queueMicrotask(() => {
      if (!isStopped) onEnd(why);
    });
  player.on(mpegts.Events.ERROR, (type: string, detail: string, info: ErrorInfo) => end(describe(type, detail, info)));
  player.on(mpegts.Events.LOADING_COMPLETE, () => end({}));
  player.attachMediaElement(video);
  player.load();
  void Promise.resolve(player.play()).catch(() => {}); // it was stopped, or the browser wants a click first
  return {
    latency: () => bufferedAhead(video),
    stop() {
      isStopped = true;
      player.destroy();
    },
  };
}

/** What mpegts.js says of an error of the network: a status of HTTP, or -1 when there was no answer. */
interface ErrorInfo {
  readonly code?: number;
  readonly msg?: string;
}

function describe(type: string, detail: string, { code, msg }: ErrorInfo): PlayerEnd {
  if (detail === 'HttpStatusCodeInvalid') return { problem: `The server refused to play it (${code}).` };
  if (type !== 'NetworkError') return { problem: `mpegts.js stopped (${detail}).`, isMedia: true };
  // What reads the bytes of FLV may throw as well, which is an exception of the network to mpegts.js.
  const isOfBytes = detail === 'Exception' && code !== -1;
  return { problem: isOfBytes ? `mpegts.js stopped (${msg}).` : 'The connection was lost.' };
}
