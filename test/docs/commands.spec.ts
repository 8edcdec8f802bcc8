import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Page, ROOT } from './markdown.js';

const readme = new Page('README.md');
const ci = readFileSync(join(ROOT, '.ci/run'), 'utf8');
const [start, test, install] = readme.blocks.filter(({ info }) => info[0] === 'sh').map(({ code }) => code);

/** Packages that every Debian has. */
const ESSENTIAL = ['bash', 'coreutils', 'util-linux'];

it('README says how to start and how to test, in one line each', () => {
  expect(start).toBe('npm ci && npm start');
  expect(test).toMatch(/^npm ci && .*npm test$/u);
});

it('.ci/run runs the test command of README', () => {
  expect(ci).toContain(`bash -c '${test}'\n`);
});

it('README and .ci/run name the packages of all programs that tests run', () => {
  const wanted = packagesOfTests();
  expect(wanted).toEqual(expect.arrayContaining(['ffmpeg', 'nginx', 'obs-studio']));
  expect(names(/--no-install-recommends (.*)/su.exec(install ?? '')?.[1])).toEqual(wanted);
  expect(names(/^packages=\((.*?)^\)/msu.exec(ci)?.[1])).toEqual(wanted);
});

/** What programs.ts would tell somebody to install, for every program, and what other tests tell. */
function packagesOfTests(): string[] {
  const programs = readFileSync(join(ROOT, 'test/support/programs.ts'), 'utf8');
  const table = /^const PACKAGES.*?^\};/msu.exec(programs)![0].replaceAll(/' \+\s*'/gu, '');
  const packages = new Map<string, string>([['env', 'coreutils']]);
  for (const [, quoted, bare, value] of table.matchAll(/(?:'([^']+)'|(\w+)):\s*'([^']+)'/gu)) {
    packages.set((quoted ?? bare)!, value!);
  }
  const found: string[] = [];
  for (const text of testSources()) {
    const run = text.matchAll(/\b(?:RunningProgram|runProgram|run|requireProgram)\(\s*'([^'$]+)'/gu);
    for (const [, program = ''] of run) found.push(packages.get(program) ?? program);
    for (const [, told = ''] of text.matchAll(/apt-get install ([a-z][a-z0-9. -]*)/gu)) found.push(told);
  }
  return names([...found, packages.get('obs'), packages.get('Xvfb')].join(' '));
}

/** Those that run programs. */
function testSources(): string[] {
  return ['apps', 'libs', 'src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /[.-]spec\.ts$/u.test(file) || (folder === 'test' && file.startsWith('support/')))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'))
      .filter((text) => /\/(?:running-program|programs)(?:\.js)?'/u.test(text)),
  );
}

/** In order, each once, without what is always there. */
function names(text = ''): string[] {
  const all = text.split(/[\s\\]+/u).filter((name) => name !== '' && !ESSENTIAL.includes(name));
  return [...new Set(all)].sort();
}
