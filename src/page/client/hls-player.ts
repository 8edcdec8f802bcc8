import type Hls from 'hls.js';
import { bufferedAhead, type LivePlayer, type PlayerRequest, playUrl } from './live-player.js';
import { loadHls } from './vendor.js';

/** A player that stalls so soon had begun with what there was of a stream, in milliseconds. */
const BEGINNING = 5000;
/** How long after such a stall, and after any other, it is forgotten, in milliseconds. */
const FORGOTTEN_AFTER = { beginning: 2000, later: 60_000 };

/** Parts that are there when playing begins: the next one comes a part later, and what is ahead must last until then. */
const PARTS_AT_FIRST = 2;
/** How long a first picture stands still for them at most, in milliseconds. */
const LONGEST_WAIT = 2000;

/** Gets ready to play HLS, with parts or without. @throws {MissingLibrary} */
export async function hlsPlayer(): Promise<(request: PlayerRequest) => LivePlayer> {
  const Hls = await loadHls();
  return (request) => playHls(Hls, request);
}

function playHls(Player: typeof Hls, request: PlayerRequest): LivePlayer {
  const { kind, path, query, video, serverNow, onEnd } = request;
  const url = playUrl(kind, path, query);
  if (!Player.isSupported()) return playNatively(video, url, onEnd);
  const lowLatencyMode = kind === 'll-hls';
  const hls = new Player({
    lowLatencyMode,
    // Fragments of MP4 need hardly any work, and a worker from a blob: URL is not allowed to run here.
    enableWorker: false,
    backBufferLength: 30,
    ...(lowLatencyMode && { maxLiveSyncPlaybackRate: 1.1 }),
  });
  hls.on(Player.Events.ERROR, (_event, { fatal, type, details, response }) => {
    if (!fatal) return;
    if (type !== Player.ErrorTypes.NETWORK_ERROR) onEnd({ problem: `hls.js stopped (${details}).`, isMedia: true });
    else if (response?.code) onEnd({ problem: `The server refused to play it (${response.code}).` });
    else onEnd({ problem: 'The connection was lost.' });
  });
  const controller = new AbortController();
  if (lowLatencyMode) {
    forgetStalls(hls, Player, controller.signal);
    playWhenEnough(hls, Player, video, controller.signal);
  } else hls.once(Player.Events.MANIFEST_PARSED, () => void video.play().catch(() => {}));
  // The publisher said goodbye: what it sent has been shown to its end.
  video.addEventListener('ended', () => onEnd({}), { signal: controller.signal });
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    latency() {
      const { playingDate } = hls;
      if (playingDate !== null) return Math.max(0, (serverNow() - playingDate.getTime()) / 1000);
      return hls.latency > 0 ? hls.latency : bufferedAhead(video);
    },
    stop() {
      controller.abort();
      hls.destroy();
    },
  };
}

/**
 * Shows the first picture as soon as it is there, and plays on when there is enough not to stall: the first viewer of a
 * stream that is packaged on demand gets what there is of its newest group of pictures, which may be less than a part.
 */
function playWhenEnough(hls: Hls, { Events }: typeof Hls, video: HTMLVideoElement, signal: AbortSignal): void {
  let timer: number | undefined;
  const look = (): void => {
    timer ??= setTimeout(play, LONGEST_WAIT);
    const part = hls.latestLevelDetails?.partTarget ?? 0;
    if ((bufferedAhead(video) ?? 0) >= PARTS_AT_FIRST * part) play();
  };
  const play = (): void => {
    clearTimeout(timer);
    hls.off(Events.FRAG_BUFFERED, look);
    void video.play().catch(() => {});
  };
  hls.on(Events.FRAG_BUFFERED, look);
  signal.addEventListener('abort', () => clearTimeout(timer));
}

/** hls.js stays a second further behind after each stall, for ever: here until it has gone well for a while. */
function forgetStalls(hls: Hls, { Events, ErrorDetails }: typeof Hls, signal: AbortSignal): void {
  const begun = performance.now();
  let timer: number | undefined;
  hls.on(Events.ERROR, (_event, { details }) => {
    if (details !== ErrorDetails.BUFFER_STALLED_ERROR) return;
    clearTimeout(timer);
    const isBeginning = performance.now() - begun < BEGINNING;
    timer = setTimeout(
      () => {
        const holdBack = hls.latestLevelDetails?.partHoldBack;
        if (holdBack) hls.targetLatency = holdBack;
      },
      isBeginning ? FORGOTTEN_AFTER.beginning : FORGOTTEN_AFTER.later,
    );
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
}

/** Safari on iPhones has no Media Source Extensions, and HLS of its own. */
function playNatively(video: HTMLVideoElement, url: string, onEnd: PlayerRequest['onEnd']): LivePlayer {
  const controller = new AbortController();
  const { signal } = controller;
  video.addEventListener('error', () => onEnd({ problem: 'The player of this browser stopped.' }), { signal });
  video.src = url;
  void video.play().catch(() => {});
  return {
    latency: () => bufferedAhead(video),
    stop() {
      controller.abort();
      video.removeAttribute('src');
      video.load();
    },
  };
}
