import type { Settings } from './settings.js';

/** A key of the settings. */
export interface KeyEntry {
  /** The one name it is good for; any when undefined. */
  readonly name?: string;
  readonly key: string;
}

/**
 * What 17 bytes or more are in Base64 that ends in one `=`. A shorter text with
 * one `=` at its end is a name whose key was left out, as by `cam=$UNSET`.
 */
const LEAST_PADDED_KEY = 24;

/** The keys of a list, as they are written: KEY or NAME=KEY, separated by commas. */
export function keyEntries(list: string | undefined): KeyEntry[] {
  return (list ?? '').split(',').filter(Boolean).map(parseKey);
}

/** Which keys cannot be given, or would be given by mistake; each with its fix and without the key. */
export function keyProblems(settings: Settings): string[] {
  return (['RTMP_PUBLISH_KEYS', 'RTMP_PLAY_KEYS'] as const).flatMap((setting) =>
    (settings[setting]?.split(',') ?? []).flatMap((text, index) => {
      const problem = entryProblem(text);
      return problem === undefined ? [] : [`${setting} is of no use: its key ${index + 1} ${problem}`];
    }),
  );
}

function parseKey(text: string): KeyEntry {
  // Base64 ends in = signs, which belong to the key.
  const at = text.replace(/=+$/u, '').indexOf('=');
  return at < 0 ? { key: text } : { name: text.slice(0, at), key: text.slice(at + 1) };
}

function entryProblem(text: string): string | undefined {
  if (text === '') return 'is empty; leave out the comma before or behind it';
  if (/[\s\p{Cc}]/u.test(text)) return 'has a blank in it; write KEY or NAME=KEY without';
  const { name, key } = parseKey(text);
  if (name === '') return 'has nothing before the first "="; write KEY, or NAME=KEY';
  if (name !== undefined && !isStreamName(name)) {
    return 'has a name that no stream can have; write NAME or FOLDER/NAME before "="';
  }
  if (/^=+$/u.test(key)) return 'is nothing but "="; write KEY, or NAME=KEY';
  if (/[?&#]/u.test(key)) return 'has "?", "&" or "#" in it, where a URL ends a parameter; write another key';
  const isPadded = name === undefined && /[^=]=$/u.test(key);
  if (isPadded && (key.length < LEAST_PADDED_KEY || key.length % 4 !== 0)) {
    return 'has nothing behind "="; write NAME=KEY, or KEY without "=" at its end';
  }
  return undefined;
}

/** A name that the address of a stream can have, whichever way an encoder cut it. */
function isStreamName(name: string): boolean {
  const areParts = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return areParts && !/[?\\\ufffd]|^(?:flv|mp4|mp3):|^_definst_(?:\/|$)/u.test(name);
}
