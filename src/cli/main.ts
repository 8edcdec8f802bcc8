#!/usr/bin/env node
import { runCommandLine } from './run-command-line.js';

process.exitCode = await runCommandLine(process.argv.slice(2));
// Something that still holds the process, such as a terminal that is read, is no reason to stay.
setTimeout(() => process.exit(), 500).unref();
