/*
 * Publishes files with FFmpeg 8 and compares what the server recorded, and what it plays, packet for packet.
 * FFmpeg 8 comes from the npm package node-av, which is large and GPL: it is installed somewhere else, see
 * docs/interop.md.
 *
 *   node ffmpeg8.mjs <folder of node-av> <rtmp://host:port/app> <folder of recordings> <file>…
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

const [folder, server, recordings, ...files] = process.argv.slice(2);
if (files.length === 0) {
  console.error('node ffmpeg8.mjs <folder of node-av> <rtmp://host:port/app> <folder of recordings> <file>…');
  process.exit(2);
}
const require = createRequire(join(resolve(folder), 'package.json'));
const { AV_LOG_ERROR, avGetCodecName, FFmpegError, FormatContext, Log, Packet } = await import(
  pathToFileURL(require.resolve('node-av')).href
);
Log.setLevel(AV_LOG_ERROR);

/** Codecs FFmpeg is told to announce, as `-rtmp_enhanced_codecs` does; every second publish announces none. */
const ENHANCED = 'rtmp_enhanced_codecs=hvc1,av01,vp09,Opus,fLaC,ac-3';
/** AV_NOPTS_VALUE. */
const NO_TIME = -(2n ** 63n);
const ok = (result, what) => FFmpegError.throwIfError(result, what);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Streams and packets of a file or an address: times in milliseconds, hashes of what is coded. */
async function read(input) {
  const context = new FormatContext();
  ok(await context.openInput(input, null, null), `open ${input}`);
  ok(await context.findStreamInfo(null), 'streams');
  const describe = ({ codecpar }) =>
    [
      avGetCodecName(codecpar.codecId),
      codecpar.codecType === 0 ? `${codecpar.width}x${codecpar.height}` : codecpar.sampleRate,
      codecpar.extradata === null ? '-' : sha256(codecpar.extradata).slice(0, 16),
    ].join(' ');
  const packets = context.streams.map(() => []);
  const packet = new Packet();
  packet.alloc();
  while ((await context.readFrame(packet)) >= 0) {
    const { num, den } = context.streams[packet.streamIndex].timeBase;
    const ms = (time) => (time === NO_TIME ? undefined : Math.round((Number(time) * num * 1000) / den));
    packets[packet.streamIndex].push({
      dts: ms(packet.dts),
      pts: ms(packet.pts),
      key: packet.isKeyframe,
      hash: sha256(packet.data),
    });
    packet.unref();
  }
  const tracks = context.streams.map((stream, index) => ({ what: describe(stream), packets: packets[index] }));
  await context.closeInput();
  return tracks;
}

/** Remuxes a file to RTMP in real time; the tee muxer hands the protocol's options on. */
async function publish(file, url, options) {
  const input = new FormatContext();
  ok(await input.openInput(file, null, null), `open ${file}`);
  ok(await input.findStreamInfo(null), 'streams');
  const output = new FormatContext();
  ok(output.allocOutputContext2(null, 'tee', `[f=flv:onfail=abort${options}]${url}`), 'output');
  for (const stream of input.streams) {
    const copy = output.newStream(null);
    ok(stream.codecpar.copy(copy.codecpar), 'parameters');
    copy.codecpar.codecTag = 0;
    copy.timeBase = stream.timeBase;
  }
  ok(await output.writeHeader(null), 'header');
  const packet = new Packet();
  packet.alloc();
  const start = performance.now();
  while ((await input.readFrame(packet)) >= 0) {
    const from = input.streams[packet.streamIndex].timeBase;
    const wait = (Number(packet.pts) * from.num * 1000) / from.den - (performance.now() - start);
    if (wait > 5) await delay(wait);
    packet.rescaleTs(from, output.streams[packet.streamIndex].timeBase);
    ok(await output.interleavedWriteFrame(packet), 'write');
    packet.unref();
  }
  ok(await output.writeTrailer(), 'trailer');
  await output.closeOutput();
  await input.closeInput();
}

/** Where the tracks of a copy differ from the original's; `isWhole` when it must begin where that begins. */
function difference(copy, original, isWhole) {
  // FLV has a place for the first video and audio track; readers number tracks in the order of their first packets.
  const key = ({ what, packets }) => `${what.split(' ').slice(0, 2).join(' ')} ${packets.at(-1)?.hash}`;
  const sorted = (tracks) => [...tracks].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  if (copy.length !== original.length) return `${copy.length} tracks instead of ${original.length}`;
  const wanted = sorted(original);
  for (const [index, track] of sorted(copy).entries()) {
    const { what, packets } = wanted[index];
    // Matroska keeps no configuration of VP9; FFmpeg makes one.
    const isSame = what.endsWith(' -') ? track.what.startsWith(what.slice(0, -1)) : track.what === what;
    if (!isSame) return `${track.what} instead of ${what}`;
    const hashes = packets.map(({ hash }) => hash);
    const from = isWhole ? 0 : hashes.indexOf(track.packets[0]?.hash);
    const rest = packets.slice(from);
    if (from < 0 || rest.length !== track.packets.length) {
      return `${what}: ${track.packets.length} packets instead of ${rest.length}`;
    }
    const shift = track.packets[0].pts - rest[0].pts;
    for (const [at, packet] of track.packets.entries()) {
      const expected = rest[at];
      if (packet.hash !== expected.hash) return `${what}: packet ${at} is another one`;
      if (packet.key !== expected.key) return `${what}: packet ${at} is ${packet.key ? 'a' : 'no'} key frame`;
      // Matroska keeps no decoding times.
      const times = expected.dts === undefined ? ['pts'] : ['pts', 'dts'];
      const late = Math.max(...times.map((time) => Math.abs(packet[time] - shift - expected[time])));
      // Times of some encoders are not whole milliseconds, which FLV's are.
      if (late > 1) return `${what}: packet ${at} is off by ${late} ms`;
    }
  }
  return undefined;
}

const summary = (tracks) => tracks.map(({ what, packets }) => `${what} (${packets.length})`).join(', ');
const finished = (name) =>
  readdirSync(recordings, { recursive: true }).filter((path) => path.endsWith('.flv') && path.includes(name));

let failures = 0;
function report(what, tracks, problem) {
  if (problem !== undefined) failures++;
  console.log(`${problem === undefined ? 'same' : 'DIFFERENT'}  ${what}: ${problem ?? summary(tracks)}`);
}

for (const [index, file] of files.entries()) {
  const original = await read(file);
  const name = `${basename(file).replaceAll(/[^\w-]/gu, '_')}-${process.pid}`;
  const url = `${server}/${name}`;
  const publishing = publish(file, url, index % 2 === 0 ? `:${ENHANCED}` : '');
  await delay(500);
  const [played] = await Promise.all([read(url), publishing]);
  report(`${basename(file)} live`, played, difference(played, original, false));
  for (let tries = 0; finished(name).length === 0 && tries < 50; tries++) await delay(100);
  const [recording] = finished(name);
  if (recording === undefined) {
    report(`${basename(file)} recorded`, [], 'there is no recording');
    continue;
  }
  const recorded = await read(join(recordings, recording));
  report(`${basename(file)} recorded`, recorded, difference(recorded, original, true));
}
process.exit(failures === 0 ? 0 : 1);
