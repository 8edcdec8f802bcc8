import { mayBeSentTo, resolveRedirectHosts } from './redirect-hosts.js';

describe('mayBeSentTo', () => {
  it.each<[host: string, own: string, patterns: string[]]>([
    ['origin.example', 'origin.example', []],
    ['Origin.Example.', 'origin.example', []],
    ['10.0.0.1', '10.0.0.1', []],
    ['b.example.com', 'a.example.com', ['b.example.com']],
    ['b.example.com', 'a.example.org', ['*.Example.com']],
    ['a.b.example.com', 'x', ['y', '*.example.com']],
    ['fe80::1', 'x', ['FE80::1']],
    ['169.254.169.254', 'x', ['*']],
  ])('%s of %s with %j', (host, own, patterns) => {
    expect(mayBeSentTo(host, own, patterns)).toBe(true);
  });

  it.each<[host: string, own: string, patterns: string[]]>([
    ['169.254.169.254', 'origin.example', []],
    ['127.0.0.1', 'localhost', []],
    ['example.com', 'x', ['*.example.com']],
    ['notexample.com', 'x', ['*.example.com']],
    ['example.com.evil', 'x', ['*.example.com', 'example.com']],
    ['a.origin.example', 'origin.example', []],
  ])('not %s of %s with %j', (host, own, patterns) => {
    expect(mayBeSentTo(host, own, patterns)).toBe(false);
  });
});

describe('resolveRedirectHosts', () => {
  it('takes hosts, all below one, and any', () => {
    const hosts = ['a', '*.a.b', '127.0.0.1', '::1', '*'];
    expect(resolveRedirectHosts(hosts, 'relay.redirectHosts')).toEqual(hosts);
  });

  it.each([
    ['a', 'a list'],
    [['rtmp://a'], '[0]'],
    [['a', 'b:1935'], '[1]'],
    [['*a'], '[0]'],
    [[1], '[0]'],
    [[''], '[0]'],
  ])('refuses %j', (given, part) => {
    expect(() => resolveRedirectHosts(given, 'relay.redirectHosts')).toThrow(part);
  });
});
