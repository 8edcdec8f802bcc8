import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { IngestProcess } from '#test/ingest-process';
import { dtsOf, firstDifference, listMedia, withoutTimes } from '#test/packets';
import { trueMetadata } from '#test/recording-truth';
import { runProgram, RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// OBS Studio, with a screen of its own, streams to us and records the same encoders into a file.

jest.setTimeout(90_000);

/** What OBS shows: no two pictures of it are the same, nor what is to be heard of it. */
const FILM = 'film.mkv';

/** About three seconds. */
const MIN_BYTES = 250_000;

let ingest: IngestProcess;
let home: string;
let screen: RunningProgram;
let obs: RunningProgram;

beforeAll(async () => {
  ingest = await IngestProcess.start();
  home = mkdtempSync(join(tmpdir(), 'nest-rtmp-obs-'));
  configure(home, ingest.url('live'));
  await runProgram(
    'ffmpeg',
    words`-v error -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i anoisesrc=sample_rate=48000:amplitude=0.1
      -t 30 -c:v libx264 -preset ultrafast -c:a pcm_s16le ${join(home, FILM)}`,
  );
  screen = new RunningProgram('Xvfb', words`-displayfd 1 -screen 0 1280x800x24 -nolisten tcp`, { timeout: 90_000 });
  const display = await until('Xvfb has a screen', () => /^\d+$/mu.exec(screen.stdout)?.[0], {
    instead: () => screen.describe('said:'),
  });
  obs = new RunningProgram(
    'obs',
    words`--startstreaming --startrecording --multi --minimize-to-tray --disable-updater`,
    {
      timeout: 80_000,
      env: {
        // No desktop bus: OBS does without, and a bus of its own would outlive it.
        DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        HOME: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_RUNTIME_DIR: home,
        DISPLAY: `:${display}`,
        LIBGL_ALWAYS_SOFTWARE: '1',
        QT_QPA_PLATFORM: 'xcb',
      },
    },
  );
});
afterAll(async () => {
  await obs?.end('SIGKILL');
  await screen?.end('SIGTERM');
  await ingest?.stop();
  rmSync(home, { recursive: true, force: true });
});

function configure(home: string, server: string): void {
  const files: Record<string, string> = {
    'global.ini': `[General]
FirstRun=true
LastVersion=486539266
EnableAutoUpdates=false
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
[BasicWindow]
WarnBeforeStartingStream=false
`,
    'basic/profiles/Test/basic.ini': `[General]
Name=Test
[Video]
BaseCX=640
BaseCY=360
OutputCX=640
OutputCY=360
FPSType=0
FPSCommon=30
[Output]
Mode=Simple
[SimpleOutput]
VBitrate=600
ABitrate=96
StreamEncoder=x264
UseAdvanced=true
Preset=ultrafast
FilePath=${home}
RecFormat=flv
RecQuality=Stream
[Audio]
SampleRate=48000
ChannelSetup=Stereo
`,
    'basic/profiles/Test/service.json': JSON.stringify({
      type: 'rtmp_custom',
      settings: { server, key: 'obs', use_auth: false, bwtest: false },
    }),
    'basic/scenes/Test.json': JSON.stringify({
      name: 'Test',
      current_scene: 'Scene',
      current_program_scene: 'Scene',
      scene_order: [{ name: 'Scene' }],
      sources: [
        {
          id: 'ffmpeg_source',
          versioned_id: 'ffmpeg_source',
          name: 'Film',
          mixers: 255,
          settings: { local_file: join(home, FILM), is_local_file: true, looping: true, hw_decode: false },
        },
        {
          id: 'scene',
          versioned_id: 'scene',
          name: 'Scene',
          settings: { items: [{ name: 'Film', id: 1, visible: true }] },
        },
      ],
      transitions: [],
      groups: [],
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, '.config/obs-studio', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** A packet without what depends on the clock, and how its writer rounds. */
function payloadOf(packet: string): string {
  return withoutTimes(packet).replace(/\|duration=\d+/u, '');
}

/**
 * Where two listings of a track begin to be the same, by a packet that is in each of them once: the second packet of
 * the one that begins later, since OBS puts the SEI of x264 before the first picture of each output.
 */
function commonBeginning(one: readonly string[], other: readonly string[]): [number, number] {
  const once = (packets: readonly string[], packet: string) => packets.indexOf(packet) === packets.lastIndexOf(packet);
  const inOne = one.findIndex((packet) => other.includes(packet) && once(one, packet) && once(other, packet));
  if (inOne === -1) throw new Error(`They have no packet in common: ${one[1]} and ${other[1]}`);
  const later = inOne - other.indexOf(one[inOne]!);
  return [Math.max(later, 0) + 1, Math.max(-later, 0) + 1];
}

it('what OBS sends until it is killed is recorded', async () => {
  const said = { timeout: 60_000, instead: () => obs.describe('said:') };
  const part = await ingest.until('a recording', () => ingest.unfinished('live/obs')[0], said);
  await ingest.until('a few seconds of it', () => statSync(part).size > MIN_BYTES, said);
  // On a busy machine one of them begins seconds after the other.
  const own = await ingest.until(
    'as much in its own file',
    () => readdirSync(home).find((name) => name.endsWith('.flv') && statSync(join(home, name)).size > MIN_BYTES),
    said,
  );
  await obs.end('SIGKILL');

  const recording = await ingest.finishedRecording('live/obs');
  const [actual, expected] = await Promise.all([listMedia(recording), listMedia(join(home, own))]);
  expect(actual.streams).toEqual(expected.streams);
  expect(await trueMetadata(recording)).toMatchObject({ width: 640, height: 360, audiosamplerate: 48_000 });

  // Streaming and recording begin and end at different moments, either of them first; in between they are the same.
  for (const track of ['codec_type=video', 'codec_type=audio']) {
    const sent = actual.packets.filter((packet) => packet.includes(track));
    const written = expected.packets.filter((packet) => packet.includes(track));
    const [sentFrom, writtenFrom] = commonBeginning(sent.map(payloadOf), written.map(payloadOf));
    const length = Math.min(sent.length - sentFrom, written.length - writtenFrom);
    expect(length).toBeGreaterThan(60);
    sent.splice(0, sentFrom);
    written.splice(0, writtenFrom);
    expect(
      firstDifference(sent.slice(0, length).map(payloadOf), written.slice(0, length).map(payloadOf)),
    ).toBeUndefined();
    // OBS sets each track of each output to zero by itself; from there on only the rounding is different.
    const apart = sent.slice(0, length).map((packet, index) => dtsOf(packet) - dtsOf(written[index]!));
    expect(Math.max(...apart) - Math.min(...apart)).toBeLessThanOrEqual(2);
  }
});
