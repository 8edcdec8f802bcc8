import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentStream } from '../load/load-job.js';
import {
  AUDIO,
  fillerAt,
  fillerOf,
  HEAD_LENGTH,
  isSequenceHeader,
  type MediaTag,
  readTag,
  SCRIPT,
  VIDEO,
} from '../load/tagged-media.js';

const HEADER_LENGTH = 9;
const TAG_HEADER_LENGTH = 11;
const PREVIOUS_TAG_SIZE_LENGTH = 4;
/** Files that did not grow for so long are finished, in milliseconds. */
const SETTLED_AFTER = 600;
const PATIENCE = 15_000;

/** Waits until the files of a directory have stopped growing. */
export async function settleRecordings(directory: string): Promise<void> {
  let last = '';
  let unchanged = 0;
  for (let waited = 0; waited < PATIENCE && unchanged < SETTLED_AFTER; waited += 100) {
    await sleep(100);
    const now = filesOf(directory)
      .map((path) => `${path} ${statSync(path, { throwIfNoEntry: false })?.size}`)
      .join('\n');
    unchanged = now === last ? unchanged + 100 : 0;
    last = now;
  }
}

/** Compares every byte of the recordings with what was sent; what is wrong, at most one sentence for each stream. */
export function checkRecordings(directory: string, sent: readonly SentStream[]): string[] {
  const found = new Map<number, RecordedStream>();
  const problems: string[] = [];
  for (const path of filesOf(directory)) {
    const recorded = readRecording(path);
    if (typeof recorded === 'string') problems.push(`${path}: ${recorded}`);
    else found.set(recorded.stream, recorded);
  }
  for (const { stream, video, audio, bytes } of sent) {
    const recorded = found.get(stream);
    if (recorded === undefined) {
      problems.push(`stream ${stream} was not recorded`);
    } else if (recorded.video !== video || recorded.audio !== audio || recorded.bytes !== bytes) {
      problems.push(
        `stream ${stream}: ${recorded.video} of ${video} pictures, ${recorded.audio} of ${audio} sounds recorded`,
      );
    }
  }
  return problems;
}

interface RecordedStream {
  stream: number;
  video: number;
  audio: number;
  bytes: number;
}

/** An FLV file (FLV 10.1 §E): its frames, or what is wrong with it. */
function readRecording(path: string): RecordedStream | string {
  const file = readFileSync(path);
  if (file.toString('latin1', 0, 3) !== 'FLV') return 'no FLV file';
  const recorded: RecordedStream = { stream: -1, video: 0, audio: 0, bytes: 0 };
  const next = new Map<number, number>();
  let at = HEADER_LENGTH + PREVIOUS_TAG_SIZE_LENGTH;
  while (at + TAG_HEADER_LENGTH <= file.length) {
    const typeId = file[at]! & 0x1f;
    const length = file.readUIntBE(at + 1, 3);
    const payload = file.subarray(at + TAG_HEADER_LENGTH, at + TAG_HEADER_LENGTH + length);
    at += TAG_HEADER_LENGTH + length + PREVIOUS_TAG_SIZE_LENGTH;
    if (at > file.length) return 'cut off in a tag';
    if (file.readUInt32BE(at - PREVIOUS_TAG_SIZE_LENGTH) !== TAG_HEADER_LENGTH + length) return 'wrong PreviousTagSize';
    if (typeId === SCRIPT || isSequenceHeader(payload) || isEndOfSequence(typeId, payload)) continue;
    if (typeId !== AUDIO && typeId !== VIDEO) return `a tag of type ${typeId}`;
    const tag: MediaTag = { stream: 0, sequence: 0, sentAt: 0, length: 0 };
    if (!readTag(payload, Math.min(length, HEAD_LENGTH), typeId, tag) || tag.length !== length)
      return 'a foreign frame';
    const expected = next.get(typeId) ?? 0;
    if (tag.sequence !== expected) return `frame ${tag.sequence} where ${expected} belongs`;
    next.set(typeId, expected + 1);
    const filler = fillerAt(typeId);
    if (!payload.subarray(filler).equals(fillerOf(tag.sequence, length - filler))) return 'a wrong byte';
    recorded.stream = tag.stream;
    recorded.bytes += length;
    if (typeId === VIDEO) recorded.video++;
    else recorded.audio++;
  }
  return at === file.length ? recorded : 'bytes behind the last tag';
}

function isEndOfSequence(typeId: number, payload: Buffer): boolean {
  return typeId === VIDEO && payload[1] === 2;
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
