import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Page, ROOT, type Section } from './markdown.js';

/** All tables called SOMETHING_ERRORS that the package and its cores export. */
const tables = await errorTables();
const page = new Page('docs/errors.md');
const entries = page.sections.filter(({ title }) => /^[A-Z]+_ERR_[A-Z_]+$/u.test(title));

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

async function errorTables(): Promise<Record<string, Readonly<Record<string, string>>>> {
  const libs = readdirSync(join(ROOT, 'libs')).sort();
  const modules = ['src', ...libs.map((lib) => `libs/${lib}/src`)];
  const found: Record<string, Readonly<Record<string, string>>> = {};
  for (const folder of modules) {
    const exported = (await import(join(ROOT, folder, 'index.ts'))) as Record<string, never>;
    for (const [name, table] of Object.entries(exported)) if (name.endsWith('_ERRORS')) found[name] = table;
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
