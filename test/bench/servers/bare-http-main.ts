import { createServer, type ServerResponse } from 'node:http';

/*
 * A server of node:http and nothing else that answers what clients of Low-Latency HLS ask for: what Node itself costs.
 * Its playlists are of the usual length, its parts of the length that is asked for, and they mean nothing.
 */

const [port = 0, partMilliseconds = 0, partLength = 0, partsPerSegment = 0] = process.argv.slice(2).map(Number);

/** What stands before the newest parts in a playlist: six segments. */
const SEGMENTS = `#EXTM3U\n${'#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.00000,\nmain_0.m4s\n'.repeat(6)}`;
const LISTED_PARTS = 12;
const part = Buffer.alloc(partLength, 'x');
/** Parts there are. */
let count = 1;
let playlist = render();
let waiting: Array<{ readonly number: number; readonly answer: () => void }> = [];

function nameOf(index: number): string {
  return `main_${Math.floor(index / partsPerSegment)}.${index % partsPerSegment}.m4s`;
}

function render(): Buffer {
  const lines = [];
  for (let index = Math.max(0, count - LISTED_PARTS); index < count; index++) {
    lines.push(`#EXT-X-PART:DURATION=0.50000,URI="${nameOf(index)}"`);
  }
  lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${nameOf(count)}"`, '');
  return Buffer.from(SEGMENTS + lines.join('\n'));
}

function addPart(): void {
  count++;
  playlist = render();
  const waiters = waiting;
  waiting = [];
  for (const { number, answer } of waiters) hold(number, answer);
}

function hold(number: number, answer: () => void): void {
  if (number < count) answer();
  else waiting.push({ number, answer });
}

function send(response: ServerResponse, type: string, body: Buffer): void {
  response.writeHead(200, ['Content-Type', type, 'Cache-Control', 'no-store', 'Content-Length', String(body.length)]);
  response.end(body);
}

const server = createServer((request, response) => {
  const url = request.url!;
  const sendPlaylist = (body: Buffer): void => send(response, 'application/vnd.apple.mpegurl', body);
  const asked = /_HLS_msn=(\d+)&_HLS_part=(\d+)|_(\d+)\.(\d+)\.m4s$/u.exec(url);
  if (asked !== null) {
    const [, segment, index, ofPart, indexOfPart] = asked.map(Number);
    const isPart = url.endsWith('.m4s');
    const number = isPart ? ofPart! * partsPerSegment + indexOfPart! : segment! * partsPerSegment + index!;
    hold(number, () => (isPart ? send(response, 'video/mp4', part) : sendPlaylist(playlist)));
  } else if (url.endsWith('/main.m3u8')) sendPlaylist(playlist);
  else sendPlaylist(Buffer.from('#EXTM3U\nfiles/main.m3u8\n'));
});
server.listen({ host: '127.0.0.1', port, backlog: 2048 }, () => setInterval(addPart, partMilliseconds));
