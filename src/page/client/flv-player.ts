import { bufferedAhead, type LivePlayer, type PlayerRequest, playUrl } from './live-player.js';
import { loadMpegts } from './vendor.js';

/** Plays FLV over HTTP or WebSocket. It is as far behind as its buffer is long: the server sends what it has at once. */
export async function playFlv(request: PlayerRequest): Promise<LivePlayer> {
  const { kind, path, query, hasAudio, hasVideo, video, onEnd } = request;
  const mpegts = await loadMpegts();
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
  const end = (problem?: string) => {
    if (!isStopped) onEnd(problem);
  };
  player.on(mpegts.Events.ERROR, (type: string, detail: string) => end(describe(type, detail)));
  player.on(mpegts.Events.LOADING_COMPLETE, () => end());
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

function describe(type: string, detail: string): string {
  if (detail === 'HttpStatusCodeInvalid') return 'The server refused to play it.';
  if (type === 'NetworkError') return 'The connection was lost.';
  return `This browser cannot play it: ${detail}.`;
}
