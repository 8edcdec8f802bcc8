import { setTimeout as delay } from 'node:timers/promises';
import type { RawAnswer, RawHttpClient } from '#test/raw-http-client';
import { until } from '#test/until';
import { filesOf, HlsApp } from './hls-app.js';

// Players that ask for the next playlist as soon as they have the last: on Linux and with the package koffi they are not waited
// for by the event loop, but looked at a moment after their answers. Each of them may do something else instead.

const PLAYERS = 40;
const ROUNDS = 6;

let app: HlsApp;
let media: string;
let players: RawHttpClient[];
/** The request for the playlist that comes next. */
let reload: string;
let part: string;

beforeEach(async () => {
  app = await HlsApp.start({ hls: { sessions: false, partDuration: 1000 } });
  media = await app.enter();
  players = Array.from({ length: PLAYERS }, () => app.client());
  await askAgain(await ask(players[0]!, media));
  // From here on all of them were kept waiting, and are expected to ask again.
  await nextRound();
});
afterEach(() => app.close());

async function ask(client: RawHttpClient, path: string): Promise<RawAnswer> {
  client.ask(path);
  return client.next();
}

/** All ask for what comes after a playlist; resolves when all wait. */
async function askAgain({ body }: RawAnswer): Promise<void> {
  ({ reload, part } = filesOf(media, body));
  for (const player of players) player.ask(reload);
  await app.untilWaiting(players.length);
}

/** Something comes, and all have the same playlist, and ask for the next. */
async function nextRound(): Promise<void> {
  await askAgain(await answered());
}

async function answered(): Promise<RawAnswer> {
  app.source.publish(1);
  const answers = await Promise.all(players.map((player) => player.next()));
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(body.equals(answers[0]!.body)).toBe(true);
  }
  return answers[0]!;
}

const connections = (): Promise<number> =>
  new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));

it('gives all of them all of it, round after round', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    seen.add(reload);
    await nextRound();
  }
  expect(seen.size).toBe(ROUNDS);
});

it('answers who asks for what is there already, and goes on with all of them', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await answered();
    const { segment } = filesOf(media, answer.body);
    for (const player of players.slice(round)) {
      expect((await ask(player, segment)).headers.get('content-type')).toBe('video/mp4');
    }
    await askAgain(answer);
  }
});

it('answers who asks for two things at once, a byte at a time, or for what the HTTP server has', async () => {
  const [two, slow, other] = players as [RawHttpClient, RawHttpClient, RawHttpClient];
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await answered();
    const { segment } = filesOf(media, answer.body);
    two.ask(segment);
    expect((await ask(two, media)).headers.get('content-type')).toBe('video/mp4');
    expect((await two.next()).body.toString()).toMatch(/^#EXTM3U/u);
    for (const byte of `GET ${media} HTTP/1.1\r\nHost: x\r\n\r\n`) {
      slow.say(byte);
      if (byte === '/') await delay(5);
    }
    expect((await slow.next()).status).toBe(200);
    expect((await ask(other, '/nothing')).status).toBe(404);
    await askAgain(answer);
  }
});

it('waits for who takes longer, again and again', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await answered();
    await delay(150);
    await askAgain(answer);
  }
});

it('has two requests of one connection wait', async () => {
  for (const player of players) player.ask(part);
  await app.untilWaiting(2 * PLAYERS);
  const playlist = await answered();
  const parts = await Promise.all(players.map((player) => player.next()));
  for (const { body } of parts) expect(body.equals(parts[0]!.body)).toBe(true);
  await askAgain(playlist);
});

it('sees that players go while they wait, and before they ask again', async () => {
  for (const player of players.splice(0, 10)) player.destroy();
  await app.untilWaiting(PLAYERS - 10);
  const answer = await answered();
  for (const player of players.splice(0, 10)) player.destroy();
  for (const player of players.splice(0, 10)) player.end();
  await askAgain(answer);
  // With that of fetch().
  await until('all others are closed', async () => (await connections()) <= players.length + 1);
  await nextRound();
});

it('closes all of them with the application', async () => {
  await answered();
  await app.app.close();
  expect(players.every(({ isClosed }) => isClosed)).toBe(true);
});
