// Puts what the compiler leaves out beside what it made: the page's HTML, CSS and icon.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('./client/', import.meta.url));
const to = fileURLToPath(new URL('../../dist/src/page/client/', import.meta.url));
mkdirSync(to, { recursive: true });
for (const name of readdirSync(from)) if (/\.(?:html|css|svg)$/u.test(name)) copyFileSync(from + name, to + name);
