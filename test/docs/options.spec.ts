import { FLUSH_PROFILES, type LatencyProfile } from '#lib/live';
import { DEFAULT_RTMP_ARCHIVE_OPTIONS, DEFAULT_RTMP_HLS_OPTIONS, DEFAULT_RTMP_OPTIONS } from '#src';
import { settingsSchema } from '../../apps/ingest/src/config/settings.js';
import { READ_PROFILES } from '../../src/server/read-profile.js';
import { Page, plain, tableRows } from './markdown.js';

type Setting = string | number | boolean | undefined;

describe("the server's settings", () => {
  const rows = tableRows(new Page('README.md').section('Settings of the server'));
  const { shape } = settingsSchema;

  it('are all in README.md, in their order', () => {
    expect(rows.map(([name = '']) => plain(name))).toEqual([...Object.keys(shape), 'RTMP_CONFIG']);
  });

  it('have the defaults that README.md says', () => {
    const defaults = settingsSchema.parse({}) as Record<string, Setting>;
    const inReadme = rows.slice(0, -1).map(([name = '', preset = '']) => [plain(name), plain(preset)]);
    expect(inReadme).toEqual(Object.keys(shape).map((name) => [name, settingText(defaults[name])]));
  });
});

describe('the options of the module', () => {
  const rows = tableRows(new Page('docs/configuration.md').section('All options'));

  it('are all in docs/configuration.md, in their order, with their defaults', () => {
    const { listeners: _listeners, ...values } = DEFAULT_RTMP_OPTIONS;
    const inDocs = rows.map(([path = '', preset = '']) => [plain(path), plain(preset)]);
    expect(inDocs).toEqual(leaves(values, ''));
  });

  it('of README.md are some of them, with the same defaults', () => {
    const inDocs = rows.map(([path, preset]) => `${path} ${preset}`);
    const few = tableRows(new Page('README.md').section('Options of the module'));
    expect(few.length).toBeGreaterThan(3);
    expect(few.map(([path, preset]) => `${path} ${preset}`).filter((row) => !inDocs.includes(row))).toEqual([]);
  });
});

it('the options of RtmpHlsModule are all in docs/hls.md, in their order, with their defaults', () => {
  const inDocs = tableRows(new Page('docs/hls.md').section('Options'));
  expect(inDocs.map(([path = '', preset = '']) => [plain(path), plain(preset)])).toEqual(
    leaves(DEFAULT_RTMP_HLS_OPTIONS, ''),
  );
});

it('the options of RtmpArchiveModule are all in docs/archive.md, in their order, with their defaults', () => {
  const inDocs = tableRows(new Page('docs/archive.md').section('Recordings and thumbnails over HTTP'));
  const options = inDocs.map(([path = '', preset = '']) => [plain(path), plain(preset)]);
  expect(options.slice(-Object.keys(DEFAULT_RTMP_ARCHIVE_OPTIONS).length)).toEqual(
    leaves(DEFAULT_RTMP_ARCHIVE_OPTIONS, ''),
  );
});

it('the latency profiles are what docs/performance.md says', () => {
  const rows = tableRows(new Page('docs/performance.md').section('Latency profiles'));
  expect(rows.map(([name = '']) => plain(name))).toEqual(Object.keys(READ_PROFILES));
  for (const [name = '', reading, writing] of rows) {
    const { readAtOnce, tick } = READ_PROFILES[plain(name) as LatencyProfile];
    const { flushAtOnce, interval } = FLUSH_PROFILES[plain(name) as LatencyProfile];
    expect(reading).toBe(`${readAtOnce}, then ${tick} ms`);
    const always =
      flushAtOnce === 0 ? `always every ${interval} ms` : `${flushAtOnce} of a stream, then ${interval} ms`;
    expect(writing?.startsWith(always)).toBe(true);
  }
});

function leaves(values: object, path: string): Array<[string, string]> {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]): Array<[string, string]> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value, `${path}${name}.`)
      : [[`${path}${name}`, optionText(value)]],
  );
}

/** As a person writes it into a table: 4096 bytes as 4 KiB, other numbers with commas. */
function optionText(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value !== 'number' || value === Infinity) return String(value);
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`;
  if (value >= 2 ** 16 && value % 2 ** 10 === 0) return `${value / 2 ** 10} KiB`;
  return value.toLocaleString('en-US');
}

/** As it is written into the environment. */
function settingText(value: Setting): string {
  return typeof value === 'boolean' ? String(Number(value)) : String(value ?? '');
}
