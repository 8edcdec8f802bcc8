// Leaves in package.json what the built ingest server needs to run, in the versions of package-lock.json: for a container.
import { readFileSync, writeFileSync } from 'node:fs';

const { dependencies, devDependencies, peerDependencies, ...rest } = JSON.parse(readFileSync('package.json', 'utf8'));
/** The application checks its settings with it; the package does not need it. */
const ofTheApplication = ['zod'];
const needed = [...Object.keys(peerDependencies), ...ofTheApplication].map((name) => [name, devDependencies[name]]);
const manifest = { ...rest, dependencies: { ...dependencies, ...Object.fromEntries(needed) } };
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
