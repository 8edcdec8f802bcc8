import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { hlsProblems } from './hls-problems.js';
import { hookProblems } from './hook-problems.js';
import { keyProblems } from './key-list.js';
import { listenerProblems } from './listeners.js';
import { relayProblems } from './relays.js';
import { parseSettingsFile } from './settings-file.js';
import { type Settings, settingsSchema } from './settings.js';
import { shownValue } from './shown-value.js';

/** File of settings read from the working directory when RTMP_CONFIG names no other. */
const DEFAULT_SETTINGS_FILE = 'ingest.env';

/** Some settings are wrong; the message names each with its value and what to write. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** Settings, and what to warn about. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly warnings: readonly string[];
}

/**
 * Reads settings from a file of NAME=VALUE lines (RTMP_CONFIG, or ingest.env
 * when it is there) and from the environment, which wins.
 *
 * @throws {SettingsError} naming every wrong value and its fix
 */
export function loadSettings(environment: NodeJS.ProcessEnv = process.env): LoadedSettings {
  // An empty variable counts as none.
  const fromFile = readSettingsFile(environment['RTMP_CONFIG'] || undefined);
  const given = { ...pickKnown(fromFile), ...pickKnown(environment) };
  const result = settingsSchema.safeParse(given);
  if (!result.success) throw new SettingsError(problemsOf(result.error.issues, given));
  const found = [keyProblems, listenerProblems, relayProblems, hlsProblems, hookProblems].map((find) =>
    find(result.data),
  );
  const problems = found.flat();
  if (problems.length > 0) throw new SettingsError(problems);
  return { settings: result.data, warnings: unknownSettings({ ...fromFile, ...environment }) };
}

function readSettingsFile(given: string | undefined): NodeJS.Dict<string> {
  const path = given ?? DEFAULT_SETTINGS_FILE;
  const { values, problems } = parseSettingsFile(textOf(path, given));
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `${path}: ${problem}`));
  return values;
}

function textOf(path: string, given: string | undefined): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (given === undefined && code === 'ENOENT') return '';
    const what = given === undefined ? path : `RTMP_CONFIG is ${JSON.stringify(path)}, which`;
    throw new SettingsError([`${what} cannot be read (${code ?? message}); write a file of lines NAME=VALUE`]);
  }
}

/** An empty variable counts as none, as it does in shells and compose files. */
function pickKnown(values: NodeJS.Dict<string>): Record<string, string> {
  const known: Record<string, string> = {};
  for (const name of Object.keys(settingsSchema.shape)) {
    const value = values[name];
    if (value !== undefined && value !== '') known[name] = value;
  }
  return known;
}

function problemsOf(issues: readonly { path: PropertyKey[] }[], given: Record<string, string>): string[] {
  const names = new Set(issues.map(({ path }) => String(path[0])));
  return [...names].map((name) => {
    const fix = describe(settingsSchema.shape[name as keyof typeof settingsSchema.shape]);
    return `${name} is ${shownValue(name, given[name])}; write ${fix}`;
  });
}

/** What to write for a setting; a default or "optional" around it hides its own description. */
function describe(schema: z.ZodType): string {
  if (schema.description !== undefined) return schema.description;
  return 'innerType' in schema.def ? describe(schema.def.innerType as z.ZodType) : 'something else';
}

/** A misspelt setting would otherwise do nothing and say nothing. */
function unknownSettings(values: NodeJS.Dict<string>): string[] {
  const known = [...Object.keys(settingsSchema.shape), 'RTMP_CONFIG'];
  return Object.keys(values)
    .filter((name) => /^(?:(?:RTMPS?|RECORDINGS?|HLS)_|HTTPS?_(?!PROXY$))/u.test(name) && !known.includes(name))
    .map((name) => `${name} is not a setting; there are ${known.join(', ')}`);
}
