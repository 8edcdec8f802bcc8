import { existsSync, writeFileSync } from 'node:fs';
import { amfCases } from './micro/amf-cases.js';
import { liveCases } from './micro/live-cases.js';
import { FULL_MICRO, measureCase, type MicroResult, QUICK_MICRO } from './micro/measure.js';
import { rtmpCases } from './micro/rtmp-cases.js';
import { type BenchOptions, readOptions, USAGE, UsageError } from './options.js';
import { writeDocs } from './report/docs.js';
import { describeEnvironment } from './report/environment.js';
import type { Results } from './report/results.js';
import { microTable, problemLines, scenarioTable } from './report/tables.js';
import { runScenarios } from './run-scenarios.js';

try {
  await bench(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function bench(options: BenchOptions | undefined): Promise<void> {
  if (options === undefined) {
    print(USAGE);
    return;
  }
  const { plan, servers, pinning, quiet, json, hasChart } = options;
  if (plan.scenarios.length > 0 && !existsSync('/proc/self/stat')) {
    throw new UsageError('servers are measured through /proc, which only Linux has: add --micro');
  }
  const micro = options.hasMicro ? measureParts(options.isQuick) : [];
  const about: Omit<Results, 'runs'> = {
    environment: describeEnvironment(servers, pinning !== undefined),
    micro,
    scenarios: plan.scenarios.map(({ id, title, main, columns }) => ({ id, title, main, columns })),
  };
  // After every run, so that an hour is not lost when it is ended.
  const save = (runs: Results['runs']) => {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...about, runs }, undefined, 1)}\n`);
  };
  const runs = await runScenarios(plan, servers, { pinning, quiet }, (line, soFar) => {
    process.stderr.write(`${line}\n`);
    save(soFar);
  });
  save(runs);
  const results: Results = { ...about, runs };
  for (const scenario of results.scenarios) {
    print(`\n### ${scenario.title}\n\n${scenarioTable(scenario, results)}`);
    for (const line of problemLines(scenario, results)) print(`! ${line}`);
  }
  if (hasChart) print(`\nWritten: ${writeDocs(results).join(', ')}`);
  // Other servers may have their problems; ours may not.
  const failed = results.runs.some(({ server, problems }) => server === servers[0]!.name && problems.length > 0);
  if (failed) process.exitCode = 1;
}

function measureParts(isQuick: boolean): MicroResult[] {
  const results = [...rtmpCases(), ...amfCases(), ...liveCases()].map((one) =>
    measureCase(one, isQuick ? QUICK_MICRO : FULL_MICRO),
  );
  print(microTable(results));
  return results;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
