import { fileURLToPath } from 'node:url';

// As built, the benchmark is in dist/test/bench.

/** The folder of the repository, with `/` at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The built server; INGEST_MAIN names another build of it. */
export const INGEST_MAIN =
  process.env['INGEST_MAIN'] ?? fileURLToPath(new URL('../../apps/ingest/src/main.js', import.meta.url));
