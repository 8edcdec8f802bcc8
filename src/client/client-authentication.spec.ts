import { authenticationQuery, readAuthenticationDemand } from './client-authentication.js';

// What FFmpeg 5.1.9 answered to the same demands, for user `cam` with password `pass`.

const credentials = { user: 'cam', password: 'pass' };

function answer(description: string, app: string, nonce: string): string {
  const demand = readAuthenticationDemand(description);
  if (demand === undefined || demand.step === 'refused') throw new Error('no question was understood');
  return authenticationQuery(demand, credentials, app, nonce);
}

it.each([
  ['adobe', '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ', 'authmod=adobe&user=cam'],
  ['llnw', '[ AccessManager.Reject ] : [ code=403 need auth; authmod=llnw ] : ', 'authmod=llnw&user=cam'],
])('%s: introduces itself', (_mode, description, query) => {
  expect(answer(description, 'live', 'ffffffff')).toBe(query);
});

it('adobe: answers a challenge', () => {
  const description =
    '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=cam&salt=c2FsdA==&challenge=Y2hhbA==&opaque=b3BhcXVl';
  expect(answer(description, 'live', '05e40e0f')).toBe(
    'authmod=adobe&user=cam&challenge=05e40e0f&response=z8Cjw3RksOHqfAYsLcZG6A==&opaque=b3BhcXVl',
  );
});

it.each([
  ['live', '7bf8d085', '4051f27d5c4fffa04c73c3b626694f21'],
  ['live/inst', '88c1859c', '564b9739832acb09b53752f3382b343c'],
])('llnw: answers a nonce for %s', (app, nonce, response) => {
  const description = '[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=cam&nonce=bm9uY2U=';
  expect(answer(description, app, nonce)).toBe(
    `authmod=llnw&user=cam&nonce=bm9uY2U=&cnonce=${nonce}&nc=00000001&response=${response}`,
  );
});

it.each([
  ['[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=x', 'authfailed'],
  ['[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=nosuchuser', 'nosuchuser'],
])('reads a refusal', (description, reason) => {
  expect(readAuthenticationDemand(description)).toEqual({ step: 'refused', reason });
});

it.each(['', 'Connection rejected.', 'authmod=other', 'authmod=adobes'])('has nothing to do with %j', (description) => {
  expect(readAuthenticationDemand(description)).toBeUndefined();
});

it('escapes a user who would be taken for something else', () => {
  const demand = { step: 'introduce', mode: 'adobe' } as const;
  expect(authenticationQuery(demand, { user: 'a&b=c', password: '' }, 'live')).toBe('authmod=adobe&user=a%26b%3Dc');
});
