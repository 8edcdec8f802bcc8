import { join, resolve, sep } from 'node:path';
import { recordingPathSegments, safeSegment } from './recording-file-name.js';

const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('recordingPathSegments', () => {
  it('makes folders of app and name and adds the time to the last part', () => {
    const segments = recordingPathSegments({ app: 'live', name: 'north/cam 1', startedAt, extension: 'flv' });
    expect(segments).toEqual(['live', 'north', 'cam_1-2026-01-02T03-04-05.678Z']);
  });

  it.each([
    '../../etc/passwd',
    '..',
    '.',
    '...',
    '..\\..\\windows',
    '/absolute',
    'a//b',
    'nul\0byte',
    '~root',
    'C:\\x',
    'con',
    '\u202egnp.exe',
    'x'.repeat(5000),
    '🎥'.repeat(300),
    '%2e%2e%2f',
    'a\nb',
    '-rf',
    '',
  ])('keeps %j inside the directory and short enough for a file system', (name) => {
    const directory = resolve('/recordings');
    const segments = recordingPathSegments({ app: name, name, startedAt, extension: 'flv' });
    const path = resolve(join(directory, ...segments));
    expect(path.startsWith(directory + sep)).toBe(true);
    expect(path.split(sep).length).toBe(directory.split(sep).length + segments.length);
    for (const segment of segments) {
      expect(segment).not.toMatch(/^[.~-]|[/\\\0\n:]/u);
      expect(Buffer.byteLength(segment)).toBeLessThan(160);
    }
  });
});

describe('safeSegment', () => {
  it('leaves letters of every script as they are', () => {
    expect(safeSegment('Kamera-Süd_北京.1')).toBe('Kamera-Süd_北京.1'.normalize('NFC'));
  });

  it.each([
    ['CON', '_CON'],
    ['nul', '_nul'],
    ['aux.flv', '_aux.flv'],
    ['com1', '_com1'],
    ['LPT9.a.b', '_LPT9.a.b'],
    ['com³', '_com³'],
    ['prn. ', '_prn._'],
    ['-rf', '_-rf'],
    ['~root', '_~root'],
    ['~', '_~'],
  ])('puts something in front of %j, which some system or shell does not take for a name', (name, safe) => {
    expect(safeSegment(name)).toBe(safe);
    expect(safeSegment(safe)).toBe(safe);
  });

  it.each(['console', 'com', 'com10', 'nul-1', 'a~', 'a-b', '_CON'])('leaves %j as it is', (name) => {
    expect(safeSegment(name)).toBe(name);
  });

  it('does not cut a character in two', () => {
    expect(safeSegment('é'.repeat(200))).toBe('é'.repeat(60));
  });
});
