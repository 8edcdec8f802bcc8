import { encodeAmf0 } from '#lib/amf';
import { TagType, type FlvTag } from '#lib/flv';
import { audio, audioConfig, keyFrame, type LiveMessage, picture, text, token, videoConfig } from '#test/live-media';
import { type CutOptions, cutTags } from './cut-tags.js';

const METADATA: LiveMessage = { typeId: TagType.Script, payload: encodeAmf0('onMetaData', { number: 1 }) };
const END: LiveMessage = { typeId: TagType.Video, payload: Uint8Array.of(0x17, 2, 0, 0, 0) };

/** A tag at a time of the file. */
function at(timestamp: number, { typeId: tagType, payload }: LiveMessage): FlvTag {
  return { type: 'tag', tagType, timestamp, streamId: 0, payload, position: 0, previousTagSize: undefined };
}

/** Headers at 0, then two seconds that begin at 1000: pictures every 40 ms would be long, so every 500. */
const FILE = [
  at(0, METADATA),
  at(0, text(1)),
  at(0, videoConfig(1)),
  at(0, audioConfig(1)),
  at(1000, keyFrame(1)),
  at(1000, audio(1)),
  at(1500, picture(2)),
  at(1500, audio(2)),
  at(1990, audio(3)),
  at(2000, keyFrame(3)),
  at(2500, picture(4)),
  at(2500, audio(4)),
  at(2500, END),
];

async function cut(options: CutOptions, file: readonly FlvTag[] = FILE): Promise<string> {
  const found: string[] = [];
  const open = async function* (): AsyncGenerator<FlvTag> {
    yield* file;
  };
  for await (const { tagType, timestamp, payload } of cutTags(open, options)) {
    found.push(`${payload === END.payload ? 'E' : token(tagType, payload)}@${timestamp}`);
  }
  return found.join(' ');
}

it('the whole is passed on as it is', async () => {
  expect(await cut({})).toBe(
    'M1@0 T1@0 V1@0 C1@0 K1@1000 A1@1000 P2@1500 A2@1500 A3@1990 K3@2000 P4@2500 A4@2500 E@2500',
  );
});

it('a start is the next key frame, headers in front of it; time begins at 0', async () => {
  expect(await cut({ start: 1200 })).toBe('M1@0 V1@0 C1@0 K3@0 P4@500 A4@500 E@500');
  expect(await cut({ start: 2000 })).toBe('M1@0 V1@0 C1@0 K3@0 P4@500 A4@500 E@500');
  expect(await cut({ start: 2001 })).toBe('');
});

it('a start takes the newest configuration', async () => {
  const file = [...FILE.slice(0, 7), at(1600, videoConfig(2)), ...FILE.slice(7)];
  expect(await cut({ start: 1700 }, file)).toMatch(/^M1@0 V2@0 C1@0 K3@0 /u);
});

it('audio alone begins anywhere', async () => {
  const file = [at(0, audioConfig(1)), at(0, audio(1)), at(20, audio(2)), at(40, audio(3))];
  expect(await cut({ start: 15 }, file)).toBe('C1@0 A2@0 A3@20');
});

it('a duration ends it', async () => {
  expect(await cut({ duration: 900 })).toBe('M1@0 T1@0 V1@0 C1@0 K1@1000 A1@1000 P2@1500 A2@1500');
  expect(await cut({ start: 1500, duration: 500 })).toBe('M1@0 V1@0 C1@0 K3@0');
});

it('rounds follow one another by the length of the longest track, headers at their beginning', async () => {
  // Audio lasts until 2500 + 510.
  expect(await cut({ times: 2 })).toBe(
    'M1@0 T1@0 V1@0 C1@0 K1@1000 A1@1000 P2@1500 A2@1500 A3@1990 K3@2000 P4@2500 A4@2500 ' +
      'M1@3010 T1@3010 V1@3010 C1@3010 K1@3010 A1@3010 P2@3510 A2@3510 A3@4000 K3@4010 P4@4510 A4@4510 E@4510',
  );
  expect(await cut({ start: 1500, times: 2 })).toMatch(/P4@500 A4@500 M1@1000 V1@1000 C1@1000 K3@1000 /u);
});

it('a duration counts all rounds', async () => {
  expect(await cut({ start: 1500, times: Infinity, duration: 2300 })).toMatch(/K3@2000$/u);
});

it('a file without media has no rounds', async () => {
  expect(await cut({ times: Infinity }, FILE.slice(0, 4))).toBe('');
});
