import { jest } from '@jest/globals';
import { IngestLogger } from './ingest-logger.js';

describe('IngestLogger', () => {
  let out: string[];
  let err: string[];
  beforeEach(() => {
    out = [];
    err = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => (out.push(String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => (err.push(String(text)), true));
  });
  afterEach(() => jest.restoreAllMocks());

  it('writes one JSON object a line', () => {
    new IngestLogger({ format: 'json', level: 'log' }).warn('refused', { session: 'a-1', code: 'X' }, 'RTMP');
    expect(JSON.parse(err.join(''))).toMatchObject({
      level: 'warn',
      context: 'RTMP',
      message: 'refused',
      session: 'a-1',
      code: 'X',
    });
  });

  it('writes details behind the message, and quotes what a peer could forge', () => {
    const logger = new IngestLogger({ format: 'text', level: 'log' });
    logger.log('publish started', { session: 'a-1', stream: 'live/x\n2026 fake line' }, 'RTMP');
    expect(out.join('')).toMatch(/publish started session=a-1 stream="live\/x\\n2026 fake line"\n$/u);
  });

  it.each(['text', 'json'] as const)('writes nothing that a terminal would obey, as %s', (format) => {
    const client = 'a\u009b31m\u001b[2J\u007f\u202egnp.exe\u2028';
    new IngestLogger({ format, level: 'log' }).log('publish started', { client }, 'RTMP');
    expect(out.join('')).toContain(String.raw`"a\u009b31m\u001b[2J\u007f\u202egnp.exe\u2028"`);
  });

  it('leaves modules and routes that Nest names at its start to level debug', () => {
    const mapped = ['Mapped {/metrics, GET} route', 'RouterExplorer'] as const;
    new IngestLogger({ format: 'text', level: 'log' }).log(...mapped);
    expect(out).toEqual([]);
    new IngestLogger({ format: 'text', level: 'debug' }).log(...mapped);
    expect(out.join('')).toMatch(/DEBUG Mapped \{\/metrics, GET\} route\n$/u);
  });

  it('leaves errors that Nest throws at start as well to whoever starts it', () => {
    const logger = new IngestLogger({ format: 'text', level: 'log' });
    logger.error(new Error('wrong'), 'ExceptionHandler');
    logger.error('Error: listen EADDRINUSE', 'NestApplication');
    expect(err).toEqual([]);
    logger.error(new Error('wrong'), 'ExceptionsHandler');
    expect(err.join('')).toContain('wrong');
  });

  it('leaves out what is below the level', () => {
    const logger = new IngestLogger({ format: 'text', level: 'warn' });
    logger.log('no');
    logger.debug('no');
    logger.error('yes');
    expect(out).toEqual([]);
    expect(err).toHaveLength(1);
  });
});
