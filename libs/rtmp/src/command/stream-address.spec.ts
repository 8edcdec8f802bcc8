import * as fc from 'fast-check';
import {
  MAX_STREAM_PATH_BYTES,
  parseAppName,
  parseStreamAddress,
  parseStreamQuery,
  type StreamAddressInput,
} from './stream-address.js';

/** The address as one line, so that a table of them can be read. */
function address(input: StreamAddressInput): string {
  const parsed = parseStreamAddress(input);
  if ('problem' in parsed) return parsed.problem;
  expect(parsed.path).toBe(`${parsed.app}/${parsed.name}`);
  const query = Object.entries(parsed.query).map(([key, value]) => `${key}=${value}`);
  return `${parsed.app} ${parsed.name}${query.length > 0 ? ` ? ${query.join(' & ')}` : ''}`;
}

const NO_NAME = 'The stream has no name: publish to rtmp://host/app/name.';
const NOT_ALLOWED = 'The stream path contains characters that are not allowed.';
const BAD_PART = "The stream path contains an empty part, '.' or '..'.";

describe('parseStreamAddress()', () => {
  // [who or what, app, tcUrl, name, address]
  it.each([
    ['rtmp://h/live/cam, everybody', 'live', 'rtmp://h/live', 'cam', 'live cam'],
    ['rtmp://h/live/a/b/c, FFmpeg', 'live/a', 'rtmp://h/live/a', 'b/c', 'live a/b/c'],
    ['rtmp://h/live/a/b/c, librtmp and GStreamer', 'live/a/b', 'rtmp://h/live/a/b', 'c', 'live a/b/c'],
    ['rtmp://h/live/a/b/c, OBS with the rest as its stream key', 'live', 'rtmp://h/live', 'a/b/c', 'live a/b/c'],
    ['rtmp://h/live, FFmpeg', 'live', 'rtmp://h/live', '', NO_NAME],
    ['rtmp://h/, FFmpeg', '', 'rtmp://h/', '', NO_NAME],
    ['rtmp://h:1935/live/cam, with a port', 'live', 'rtmp://h:1935/live', 'cam', 'live cam'],
    ['rtmp://h/live/x.mp4, FFmpeg', 'live', 'rtmp://h/live', 'mp4:x.mp4', 'live x.mp4'],
    ['rtmp://h/live/s.flv, FFmpeg', 'live', 'rtmp://h/live', 's', 'live s'],
    ['rtmp://h/live/s.flv, others', 'live', 'rtmp://h/live', 'flv:s', 'live s'],
    ['rtmp://h/live/s.mp3', 'live', 'rtmp://h/live', 'mp3:s', 'live s'],
    ['one prefix only', 'live', '', 'mp4:flv:s', 'live flv:s'],
    ['a colon of the name’s own', 'live', '', 'room:1', 'live room:1'],
    ['slashes around app and name', '/live/', 'rtmp://h/live/', '/cam//', 'live cam'],
    ['rtmp://h/live/_definst_/cam, FFmpeg', 'live/_definst_', 'rtmp://h/live/_definst_', 'cam', 'live cam'],
    ['the same with a slash behind it', 'live/_definst_/', '', 'cam', 'live cam'],
    ['rtmp://h/live/_definst_/a/b, FFmpeg', 'live/_definst_', '', 'a/b', 'live a/b'],
    ['rtmp://h/live/_definst_/a/b, librtmp', 'live/_definst_/a', '', 'b', 'live a/b'],
    ['rtmp://h/live/_definst_/mp4:a/x.mp4', 'live/_definst_', '', 'mp4:a/x.mp4', 'live a/x.mp4'],
    ['_definst_ in the name', 'live', '', '_definst_/cam', 'live cam'],
    ['_definst_ and nothing behind it', 'live/_definst_', '', '', NO_NAME],
    ['_definst_ as the app', '_definst_', '', 'cam', '_definst_ cam'],
    ['a name that only begins so', 'live', '', '_definst_x', 'live _definst_x'],
    ['a name of more than ASCII', 'live', '', 'Straße/カメラ/📷', 'live Straße/カメラ/📷'],
    ['percent signs, left as they are', 'live', '', 'a%2fb%20c', 'live a%2fb%20c'],
    ['spaces', 'live', '', 'my camera', 'live my camera'],
  ])('%s', (_who, app, tcUrl, name, wanted) => {
    expect(address({ app, tcUrl, name })).toBe(wanted);
  });

  it.each([
    ['in the name (OBS, FFmpeg)', 'live', 'rtmp://h/live', 'cam?key=1&user=bob', 'live cam ? key=1 & user=bob'],
    ['in the app and tcUrl (librtmp, Q11)', 'live?key=1', 'rtmp://h/live?key=1', 'cam', 'live cam ? key=1'],
    ['in tcUrl alone', 'live', 'rtmp://h/live?key=1', 'cam', 'live cam ? key=1'],
    [
      'the name’s wins over the app’s over tcUrl’s',
      'live?a=2&b=2',
      'rtmp://h/live?a=1&b=1&c=1',
      'cam?a=3',
      'live cam ? a=3 & b=2 & c=1',
    ],
    ['the later of two wins', 'live', '', 'cam?a=1&a=2', 'live cam ? a=2'],
    [
      'a second question mark (OBS multitrack)',
      'live',
      '',
      'cam?a=1?clientConfigId=2',
      'live cam ? a=1 & clientConfigId=2',
    ],
    ['a question mark and nothing behind it', 'live?', 'rtmp://h/live?', 'cam?', 'live cam'],
    ['a key without a value', 'live', '', 'cam?record', 'live cam ? record='],
    ['percent signs and plus', 'live', '', 'cam?a=x%20y+z%2B&b=%zz', 'live cam ? a=x y+z+ & b=%zz'],
    ['Base64', 'live?a=+/=', 'rtmp://h/live?c=+/==', 'cam?b=ab+/cd==', 'live cam ? c=+/== & a=+/= & b=ab+/cd=='],
    ['slashes in the query', 'live?u=/a/', '', 'cam?v=/b/../c', 'live cam ? u=/a/ & v=/b/../c'],
    [
      'Adobe’s authentication',
      'live?authmod=adobe&user=u',
      'rtmp://h/live?authmod=adobe&user=u',
      'cam',
      'live cam ? authmod=adobe & user=u',
    ],
    ['in a name that is all query', 'live', '', '?key=1', NO_NAME],
  ])('query %s', (_where, app, tcUrl, name, wanted) => {
    expect(address({ app, tcUrl, name })).toBe(wanted);
  });

  it.each([
    ['Q20 tcUrl in single quotes (Neko)', 'live', "'rtmp://h/live?key=1'", 'cam', 'live cam ? key=1'],
    ['Q20 the stream name inside tcUrl', 'live', 'rtmp://h/live/cam', '', 'live cam'],
    ['Q20 the stream name inside tcUrl, with a query', 'live', 'rtmp://h:1935/live/cam?key=1', '', 'live cam ? key=1'],
    ['Q20 no app, which tcUrl has', '', 'rtmps://h/live', 'cam', 'live cam'],
    ['Q20 no app and no name, which tcUrl has', '', 'rtmp://h/live/cam', '', 'live cam'],
    ['Q20 an app that tcUrl contradicts, and no name', 'live', 'rtmp://h/other/cam', '', NO_NAME],
    ['Q20 an app that tcUrl only begins with, and no name', 'live', 'rtmp://h/live2/cam', '', NO_NAME],
    ['Q20 tcUrl is not looked at beside app and name', 'live', 'rtmp://h/other/thing', 'cam', 'live cam'],
    ['Q20 no app, and a tcUrl that is none', '', 'live', 'cam', NO_NAME],
    ['Q20 no app, and no host in tcUrl', '', 'rtmp:///live', 'cam', 'live cam'],
    ['Q20 a broken tcUrl', 'live', ':::/%%%[', 'cam', 'live cam'],
    ['Q20 a quote alone', 'live', "'", 'cam', 'live cam'],
  ])('%s', (_what, app, tcUrl, name, wanted) => {
    expect(address({ app, tcUrl, name })).toBe(wanted);
  });

  it('Q20 a missing tcUrl', () => {
    expect(address({ app: 'live', name: 'cam' })).toBe('live cam');
    expect(address({ app: '', name: 'cam' })).toBe(NO_NAME);
  });

  it.each([
    ['nothing at all', '', '', NO_NAME],
    ['slashes alone', '///', '//', NO_NAME],
    ['an app alone', 'live', '', NO_NAME],
    ['a name that climbs', 'live', '../../etc/passwd', BAD_PART],
    ['a name that climbs in the middle', 'live', 'a/../../b', BAD_PART],
    ['an app that climbs', '..', 'cam', BAD_PART],
    ['an app that climbs at its end', 'live/..', 'cam', BAD_PART],
    ['a prefix before a name that climbs', 'live', 'mp4:../x', BAD_PART],
    ['a prefix before slashes', 'live', 'mp4:/x', BAD_PART],
    ['_definst_ before a name that climbs', 'live/_definst_', '..', BAD_PART],
    ['the current folder', 'live', '.', BAD_PART],
    ['the current folder at the end', 'live', 'a/.', BAD_PART],
    ['an empty part', 'live', 'a//b', BAD_PART],
    ['a backslash', 'live', '..\\..\\x', NOT_ALLOWED],
    ['NUL', 'live', 'cam\0.png', NOT_ALLOWED],
    ['a line feed', 'live', 'cam\nx', NOT_ALLOWED],
    ['a carriage return in the app', 'li\rve', 'cam', NOT_ALLOWED],
    ['delete', 'live', 'cam\x7f', NOT_ALLOWED],
    ['a C1 control character', 'live', 'cam\x9b', NOT_ALLOWED],
    ['what invalid UTF-8 was decoded to', 'live', 'cam\ufffd', NOT_ALLOWED],
  ])('refuses %s', (_what, app, name, problem) => {
    expect(address({ app, name })).toBe(problem);
  });

  it('allows dots that do not stand alone', () => {
    expect(address({ app: 'live', name: '...' })).toBe('live ...');
    expect(address({ app: 'live', name: '.hidden/a..b' })).toBe('live .hidden/a..b');
  });

  it('counts the length of the path in bytes, without query and prefix', () => {
    const longest = 'a'.repeat(MAX_STREAM_PATH_BYTES - 'live/'.length);
    expect(address({ app: 'live', name: longest })).toBe(`live ${longest}`);
    expect(address({ app: 'live', name: `mp4:${longest}?key=${'x'.repeat(1000)}` })).toContain(
      `live ${longest} ? key=x`,
    );
    expect(address({ app: 'live', name: `${longest}a` })).toBe(
      'The stream path has 257 bytes, at most 256 are allowed.',
    );
    expect(address({ app: 'live', name: 'é'.repeat(126) })).toBe(
      'The stream path has 257 bytes, at most 256 are allowed.',
    );
  });

  it('gives a query without a prototype, and takes the names of one as any other', () => {
    const parsed = parseStreamAddress({ app: 'live', name: 'cam?__proto__=1&constructor=2&toString=3' });
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(Object.getPrototypeOf(parsed.query)).toBeNull();
    expect(Object.keys(parsed.query)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it('takes 64 query parameters of each part and no more', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `k${i}=1`).join('&');
    const parsed = parseStreamAddress({ app: `live?${many}`, name: `cam?last=1&${many}` });
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(Object.keys(parsed.query)).toHaveLength(65);
    expect(parsed.query.last).toBe('1');
  });

  it('never throws, and never lets a dangerous path through', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            'live',
            '/',
            '..',
            '.',
            '?',
            '&',
            '=',
            '\\',
            '\0',
            '%2e',
            'mp4:',
            '_definst_',
            "'",
            'rtmp://h',
          ),
          {
            maxLength: 10,
          },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, text, text, (app, tcUrl, name) => {
        const parsed = parseStreamAddress({ app, tcUrl, name });
        if ('problem' in parsed) {
          expect(parsed.problem).toMatch(/^The stream .*\.$/u);
          return;
        }
        expect(parsed.path).toBe(`${parsed.app}/${parsed.name}`);
        expect(Buffer.byteLength(parsed.path)).toBeLessThanOrEqual(MAX_STREAM_PATH_BYTES);
        expect(parsed.path.split('/').every((part) => !['', '.', '..'].includes(part))).toBe(true);
        expect(parsed.path).not.toMatch(/[\\?\p{Cc}]/u);
        // A path is an address of itself: nothing is cut off it twice, a prefix aside.
        if (/^(flv|mp4|mp3):/u.test(parsed.name) || parsed.name.startsWith('_definst_')) return;
        expect(parseStreamAddress({ app: parsed.app, name: parsed.name })).toMatchObject({ path: parsed.path });
      }),
      { seed: 1935, numRuns: 20_000 },
    );
  });
});

describe('parseStreamQuery()', () => {
  it('reads what stands behind the question mark of an address as that of an address is read', () => {
    expect({ ...parseStreamQuery('a=1&a=2+3%2B4%20&b=x==&c') }).toEqual({ a: '2+3+4 ', b: 'x==', c: '' });
    expect({ ...parseStreamQuery('') }).toEqual({});
  });

  it('has no prototype, and at most 64 parameters', () => {
    expect(Object.getPrototypeOf(parseStreamQuery('__proto__=1'))).toBeNull();
    const many = Array.from({ length: 1000 }, (_, i) => `k${i}=1`).join('&');
    expect(Object.keys(parseStreamQuery(many))).toHaveLength(64);
  });
});

describe('parseAppName()', () => {
  it.each([
    ['live', 'live'],
    ['/live/', 'live'],
    ['live?key=1', 'live'],
    ['live/_definst_', 'live'],
    ['live/a/b', 'live'],
    ['', ''],
    ['?key=/a', ''],
  ])('%p is %p, which is the app of the addresses', (app, wanted) => {
    expect(parseAppName(app)).toBe(wanted);
    if (wanted !== '') expect(parseStreamAddress({ app, name: 'x' })).toMatchObject({ app: wanted });
  });
});
