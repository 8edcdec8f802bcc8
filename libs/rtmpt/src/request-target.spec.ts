import * as fc from 'fast-check';
import { parseRequestTarget } from './request-target.js';

const ID = 'AbC-_0123456789012345678';
const BAD_PATH = { verb: 'malformed', code: 'RTMPT_ERR_PATH' };
const BAD_SEQUENCE = { verb: 'malformed', code: 'RTMPT_ERR_SEQUENCE' };

describe('parseRequestTarget', () => {
  it.each([
    ['/fcs/ident', { verb: 'ident' }],
    ['/fcs/ident2', { verb: 'ident' }],
    ['/open/1', { verb: 'open' }],
    [`/send/${ID}/0`, { verb: 'send', id: ID, sequence: 0 }],
    [`/idle/${ID}/12`, { verb: 'idle', id: ID, sequence: 12 }],
    [`/close/${ID}/999999999999999`, { verb: 'close', id: ID, sequence: 999_999_999_999_999 }],
    [`/close/${ID}`, { verb: 'close', id: ID, sequence: undefined }],
    // RootEncoder put its path behind the slash of the URL.
    ['//open/1', { verb: 'open' }],
    [`//send/${ID}/1`, { verb: 'send', id: ID, sequence: 1 }],
    ['/open/1?x=/2', { verb: 'open' }],
    // RFC 9112 §3.2.2: what a proxy may send.
    ['http://example.com/open/1', { verb: 'open' }],
    ['HTTPS://example.com:443/open/1', { verb: 'open' }],
  ])('%s', (target, parsed) => {
    expect(parseRequestTarget(target)).toEqual(parsed);
  });

  it.each([
    ['/open', BAD_PATH],
    ['/open/', BAD_PATH],
    ['/open/2', BAD_PATH],
    ['/open/1/', BAD_PATH],
    ['/send', BAD_PATH],
    ['/send/', BAD_PATH],
    ['/send//0', BAD_PATH],
    ['/close/', BAD_PATH],
    [`/send/${ID}`, BAD_SEQUENCE],
    [`/idle/${ID}/`, BAD_SEQUENCE],
    [`/send/${ID}/x`, BAD_SEQUENCE],
    [`/send/${ID}/-1`, BAD_SEQUENCE],
    [`/send/${ID}/+1`, BAD_SEQUENCE],
    [`/send/${ID}/1.0`, BAD_SEQUENCE],
    [`/send/${ID}/1e3`, BAD_SEQUENCE],
    [`/send/${ID}/0x1`, BAD_SEQUENCE],
    [`/send/${ID}/1/2`, BAD_SEQUENCE],
    [`/send/${ID}/1%20`, BAD_SEQUENCE],
    [`/send/${ID}/１`, BAD_SEQUENCE],
    [`/send/${ID}/9007199254740993`, BAD_SEQUENCE],
    [`/close/${ID}/x`, BAD_SEQUENCE],
  ])('%s is the tunnel’s, and wrong', (target, parsed) => {
    expect(parseRequestTarget(target)).toEqual(parsed);
  });

  it.each([
    '',
    '/',
    '//',
    '*',
    '/opens/1',
    '/OPEN/1',
    '/live/open/1',
    '/fcs',
    '/fcs/',
    '/fcs/ident3',
    '/sender/x/0',
    'open/1',
    'example.com:443',
    'http://example.com',
    '/crossdomain.xml',
  ])('%p is somebody else’s', (target) => {
    expect(parseRequestTarget(target)).toBeUndefined();
  });

  it('takes any string', () => {
    const part = fc.oneof(fc.constantFrom('/', 'send', 'open', 'fcs', '1', '?', '..', 'http:', '%'), fc.string());
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const parsed = parseRequestTarget(parts.join(''));
        if (parsed !== undefined && 'sequence' in parsed && parsed.sequence !== undefined) {
          expect(Number.isSafeInteger(parsed.sequence)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });
});
