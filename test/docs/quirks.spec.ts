import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Page, plain, ROOT, tableRows } from './markdown.js';

const rows = tableRows(new Page('docs/interop.md').section('Quirks of clients'));

it('docs/interop.md has every quirk of clients, in order', () => {
  expect(rows.map(([name = '']) => plain(name))).toEqual(Array.from({ length: 28 }, (_, index) => `Q${index + 1}`));
});

it.each(rows.map(([name = '', , , link = '']) => [plain(name), link] as const))(
  '%s has a test named after it',
  (name, link) => {
    const file = /\(\.\.\/([^)]+)\)/u.exec(link)![1]!;
    const titles = readFileSync(join(ROOT, file), 'utf8').matchAll(/['"`](?:Q\d+ )+/gu);
    expect([...titles].some(([title]) => title.slice(1).split(' ').includes(name))).toBe(true);
  },
);
