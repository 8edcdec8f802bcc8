import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './running-program.js';
import { words } from './words.js';

const SECONDS = 4;
const PICTURE = words`-f lavfi -i testsrc2=size=320x240:rate=25`;
const HD = words`-f lavfi -i testsrc2=size=1280x720:rate=25`;
const FULL_HD = words`-f lavfi -i testsrc2=size=1920x1080:rate=30`;
const H264 = words`-c:v libx264 -preset veryfast -g 25 -bf 2 -pix_fmt yuv420p`;
/** So many Mb/s, padded where the picture does not need it. */
const padded = (rate: string) => words`-c:v libx264 -preset ultrafast -bf 2 -g 60 -pix_fmt yuv420p
  -b:v ${rate} -minrate ${rate} -maxrate ${rate} -bufsize ${rate} -x264-params nal-hrd=cbr:threads=1`;
const AAC = words`-c:a aac -b:a 96k`;
const tone = (sampleRate: number) => words`-f lavfi -i sine=frequency=440:sample_rate=${sampleRate.toString()}`;

/** Arguments that make each clip: inputs and encoders. */
const RECIPES = {
  'H.264 with B-frames and AAC': words`${PICTURE} ${tone(44_100)} ${H264} ${AAC}`,
  'H.264 and 5 s of AAC': words`${PICTURE} -f lavfi -i sine=frequency=440:duration=5 ${H264} ${AAC}`,
  'H.264 alone': words`${PICTURE} ${H264}`,
  'AAC alone': words`${tone(48_000)} ${AAC}`,
  'H.264 and MP3': words`${PICTURE} ${tone(44_100)} ${H264} -c:a libmp3lame`,
  'MP3 alone': words`${tone(44_100)} -c:a libmp3lame`,
  'Sorenson Spark and ADPCM': words`${PICTURE} ${tone(22_050)} -c:v flv1 -b:v 500k -c:a adpcm_swf`,
  'Screen Video': words`${PICTURE} -c:v flashsv`,
  'Screen Video 2': words`${PICTURE} -c:v flashsv2`,
  Nellymoser: words`${tone(22_050)} -c:a nellymoser`,
  PCM: words`${tone(44_100)} -c:a pcm_s16le`,
  'G.711 A-law': words`${tone(8000)} -c:a pcm_alaw`,
  'G.711 mu-law': words`${tone(8000)} -c:a pcm_mulaw`,
  Speex: words`${tone(16_000)} -c:a libspeex`,
  '720p at 2 Mb/s': words`${HD} ${tone(48_000)} ${padded('1900k')} ${AAC}`,
  '1080p at 8 Mb/s': words`${FULL_HD} ${tone(48_000)} ${padded('8M')} ${AAC}`,
};

/** A clip the tests publish. */
export type Clip = keyof typeof RECIPES;

/** All clips but the large ones. */
export const SMALL_CLIPS = (Object.keys(RECIPES) as Clip[]).filter((name) => !name.endsWith('Mb/s'));

const FOLDER = join(tmpdir(), `nest-rtmp-clips-${userInfo().username}`);
const made = new Map<string, Promise<string>>();

/**
 * An FLV file of a few seconds, made by FFmpeg. It is made once and kept for
 * later runs; several test processes may ask for it at a time.
 */
export function clip(name: Clip, seconds = SECONDS): Promise<string> {
  const args = words`${RECIPES[name]} -t ${seconds.toString()} -f flv`;
  const key = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 16);
  const path = join(FOLDER, `${key}.flv`);
  let clip = made.get(key);
  if (clip === undefined) made.set(key, (clip = make(path, args)));
  return clip;
}

async function make(path: string, args: readonly string[]): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await runProgram('ffmpeg', words`-v error -y ${args} ${unfinished}`, { timeout: 180_000 });
  try {
    linkSync(unfinished, path);
  } catch (error) {
    // Another test process was faster; its file is the one that everybody compares with.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(unfinished);
  return path;
}
