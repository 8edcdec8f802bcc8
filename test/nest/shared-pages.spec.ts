import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { FlvDemuxer } from '#lib/flv';
import { keyFrame, picture, videoConfig } from '#test/live-media';
import { RawPlayer } from '#test/raw-player';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { HttpApp } from './http-app.js';

// What many players are sent at once lies in memory once, on Linux and with the package koffi: all of it is compared here.

/** Of each way to play. What four have been sent is copied, so the others get it from the file. */
const PLAYERS = 6;
const PICTURES = 200;

/** A player, and the payloads it was sent so far. */
interface Player {
  readonly payloads: readonly Uint8Array[];
  close(): unknown;
}

let test: HttpApp;
let publisher: RawRtmpClient;
let players: Player[];

beforeEach(async () => {
  players = [];
  test = await HttpApp.start();
  publisher = await RawRtmpClient.publishing(test.rtmpPort, 'cam');
});

afterEach(async () => {
  for (const player of players) await player.close();
  await publisher.destroy();
  await test.app.close();
});

async function rtmpPlayer(): Promise<Player> {
  const client = await RawRtmpClient.connected(test.rtmpPort);
  await RawPlayer.on(client, 'cam');
  return {
    get payloads() {
      return client.messages.filter(({ typeId }) => typeId === 9).map(({ payload }) => payload);
    },
    close: () => client.destroy(),
  };
}

/** Takes FLV apart as it comes. */
class FlvPayloads {
  readonly payloads: Uint8Array[] = [];
  readonly #demuxer = new FlvDemuxer();

  push(bytes: Uint8Array): void {
    this.#demuxer.push(bytes);
    for (let unit = this.#demuxer.next(); unit !== undefined; unit = this.#demuxer.next()) {
      if (unit.type !== 'header') this.payloads.push(Buffer.from(unit.payload));
    }
  }
}

async function httpPlayer(): Promise<Player> {
  const flv = new FlvPayloads();
  const url = `http://127.0.0.1:${test.httpPort}/live/cam.flv`;
  const response = await new Promise<IncomingMessage>((resolve) => get(url, { agent: false }, resolve));
  response.on('data', (bytes: Buffer) => flv.push(bytes));
  return { payloads: flv.payloads, close: () => response.destroy() };
}

async function webSocketPlayer(): Promise<Player> {
  const flv = new FlvPayloads();
  const socket = new WebSocket(`ws://127.0.0.1:${test.httpPort}/live/cam.flv`);
  socket.on('message', (bytes: Buffer) => flv.push(bytes));
  await new Promise((resolve) => socket.once('open', resolve));
  return { payloads: flv.payloads, close: () => socket.terminate() };
}

/** Files in memory that this process has open for players. */
function memoryFiles(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // that of the listing
    }
  });
  return targets.filter((target) => target.startsWith('/memfd:nest-rtmp')).length;
}

it('sends every player of RTMP, HTTP-FLV and WebSocket-FLV the same, byte by byte', async () => {
  // Another test that ran in this process may have left one.
  const before = memoryFiles();
  const sent = [videoConfig(1), keyFrame(0, 20_000)].map(({ payload }) => payload);
  for (const payload of sent) publisher.send(9, 1, 0, payload);
  for (let count = 0; count < PLAYERS; count++) {
    players.push(await rtmpPlayer(), await httpPlayer(), await webSocketPlayer());
  }
  const haveAll = () => players.every(({ payloads }) => payloads.length >= sent.length);
  await until('the key frame', haveAll);
  for (let number = 1; number <= PICTURES; number++) {
    const payload = new Uint8Array(randomBytes(30_000 + number));
    payload.set(picture(number).payload);
    publisher.send(9, 1, number * 40, payload);
    sent.push(payload);
    if (number % 10 === 0) await until(`picture ${number}`, haveAll);
  }
  const all = Buffer.concat(sent);
  for (const { payloads } of players) expect(Buffer.concat(payloads).equals(all)).toBe(true);
  expect(memoryFiles() - before).toBe(1);
}, 60_000);
