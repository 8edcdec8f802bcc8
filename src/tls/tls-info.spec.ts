import { splitAltNames } from './tls-info.js';

it.each<[string, string[]]>([
  ['', []],
  ['DNS:a.example', ['DNS:a.example']],
  ['DNS:a.example, IP Address:10.0.0.1, email:a@b', ['DNS:a.example', 'IP Address:10.0.0.1', 'email:a@b']],
  ['IP Address:2001:db8:0:0:0:0:0:1, DNS:b', ['IP Address:2001:db8:0:0:0:0:0:1', 'DNS:b']],
  // A name with a comma in it must not pass for two (CVE-2021-44532).
  ['DNS:"evil.example, DNS:good.example", DNS:c', ['DNS:evil.example, DNS:good.example', 'DNS:c']],
  [String.raw`URI:"http://x/a,b\u0022, DNS:good.example"`, ['URI:http://x/a,b", DNS:good.example']],
])('splits %s', (text, names) => {
  expect(splitAltNames(text)).toEqual(names);
});
