import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Page, ROOT, type Section } from './markdown.js';

/** All tables called SOMETHING_ERRORS of the package and its cores. */
const tables = await errorTables();
const page = new Page('docs/errors.md');
const entries = page.sections.filter(({ title }) => /^[A-Z]+(?:_[A-Z]+)*_ERR_[A-Z_]+$/u.test(title));

it('finds the tables', () => {
  expect(Object.keys(tables)).toEqual(expect.arrayContaining(['AMF_ERRORS', 'RTMP_ERRORS', 'RECORDING_ERRORS']));
});

it('docs/errors.md has an entry for every code, in the order of the tables, and no others', () => {
  const codes = Object.values(tables).flatMap((table) => Object.keys(table));
  expect(entries.map(({ title }) => title).sort()).toEqual(codes.sort());
  for (const table of Object.values(tables)) {
    const inDocs = entries.map(({ title }) => title).filter((code) => code in table);
    expect(inDocs).toEqual(Object.keys(table));
  }
});

it.each(entries.map((entry) => [entry.title, entry] as const))(
  '%s begins with its sentence and has a cause and a fix',
  (code, entry) => {
    const sentence = Object.values(tables).find((table) => code in table)?.[code];
    const [first, cause, fix] = paragraphsOf(entry);
    expect(first).toBe(`> ${sentence}`);
    expect(cause).toMatch(/^\*\*Cause:\*\* \S/u);
    expect(fix).toMatch(/^\*\*Fix:\*\* \S/u);
  },
);

/** Found by their text, so that a table which is not exported from an index is not forgotten. */
async function errorTables(): Promise<Record<string, Readonly<Record<string, string>>>> {
  const found: Record<string, Readonly<Record<string, string>>> = {};
  for (const folder of ['src', 'libs']) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(ROOT, folder, file);
      if (!file.endsWith('.ts') || !/^export const \w+_ERRORS\b/mu.test(readFileSync(path, 'utf8'))) continue;
      const exported = (await import(path)) as Record<string, never>;
      for (const [name, table] of Object.entries(exported)) if (name.endsWith('_ERRORS')) found[name] = table;
    }
  }
  return found;
}

function paragraphsOf({ lines }: Section): string[] {
  return lines
    .join('\n')
    .split(/\n\s*\n/u)
    .map((text) => text.trim().replaceAll('\n', ' '))
    .filter(Boolean);
}
