import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Page, ROOT } from './markdown.js';

const readme = new Page('README.md');
const ci = readFileSync(join(ROOT, '.ci/run'), 'utf8');
const [start, test, install] = readme.blocks.filter(({ info }) => info[0] === 'sh').map(({ code }) => code);

it('README says how to start and how to test, in one line each', () => {
  expect(start).toBe('npm ci && npm start');
  expect(test).toMatch(/^npm ci && .*npm test$/u);
});

it('.ci/run runs the test command of README', () => {
  expect(ci).toContain(`bash -c '${test}'\n`);
});

it('README, .ci/run and the messages of tests name the same packages', () => {
  const ofReadme = /--no-install-recommends (.*)/su.exec(install ?? '')?.[1];
  const ofCi = /^packages=\((.*?)^\)/msu.exec(ci)?.[1];
  const programs = readFileSync(join(ROOT, 'test/support/programs.ts'), 'utf8');
  const table = /^const PACKAGES.*?^\};/msu.exec(programs)![0];
  const ofTests = [...table.matchAll(/'([^']+)'(?:,| \+)/gu)].map((match) => match[1]).join(' ');
  // util-linux is part of every Debian.
  const wanted = names(ofTests).filter((name) => name !== 'util-linux');
  expect(names(ofReadme)).toEqual(wanted);
  expect(names(ofCi).filter((name) => name !== 'util-linux')).toEqual(wanted);
});

function names(text = ''): string[] {
  return [...new Set(text.split(/[\s\\]+/u).filter(Boolean))].sort();
}
