import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { allPages, Page, ROOT } from './markdown.js';

const pages = allPages();

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  it('links to files and headings that are there', () => {
    const broken = page.links.flatMap(({ target, line }) => {
      const problem = problemOf(page, target);
      return problem === undefined ? [] : [`${page.path}:${line}: ${target}: ${problem}`];
    });
    expect(broken).toEqual([]);
  });

  it('names npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const known = Object.keys(scripts);
    const named = [...page.code.join('\n').matchAll(/\bnpm (?:run )?([a-z]+(?::[a-z]+)*)\b/gu)].map(
      (match) => match[1]!,
    );
    const ofNpm = ['ci', 'install', 'pack', 'run'];
    expect(named.filter((name) => !known.includes(name) && !ofNpm.includes(name))).toEqual([]);
  });
});

it('every page can be reached from README.md', () => {
  const reached = new Set(['README.md']);
  for (const path of reached) {
    const page = pages.find((one) => one.path === path);
    for (const { target } of page?.links ?? []) reached.add(fileOf(page!, target));
  }
  expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

function problemOf(page: Page, target: string): string | undefined {
  const path = fileOf(page, target);
  const anchor = target.split('#')[1];
  if (path.startsWith('..') || !existsSync(join(ROOT, path))) return 'there is no such file';
  if (anchor === undefined || statSync(join(ROOT, path)).isDirectory()) return undefined;
  const sections = pages.find((one) => one.path === path)?.sections ?? new Page(path).sections;
  return sections.some((section) => section.anchor === anchor) ? undefined : 'there is no such heading';
}

function fileOf(page: Page, target: string): string {
  const file = target.split('#')[0]!;
  return file === '' ? page.path : relative(ROOT, join(ROOT, dirname(page.path), file));
}
