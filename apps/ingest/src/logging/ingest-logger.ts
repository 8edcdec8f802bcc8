import { inspect } from 'node:util';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Where Nest says of every module and route that it is there: at level debug, so that what to type into OBS stands out. */
const DETAIL_CONTEXTS: ReadonlySet<string> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Where Nest says of an error at start, such as a port in use, what it throws as well: whoever starts the server is told once. */
const THROWN_CONTEXTS: ReadonlySet<unknown> = new Set(['ExceptionHandler', 'NestApplication']);

/** How log lines look. */
export interface IngestLoggerOptions {
  format: 'text' | 'json';
  /** The least important level that is printed. */
  level: LogLevel;
}

/**
 * One line for each log call: the message, then what it is about as
 * `name=value`, or everything as one JSON object.
 */
export class IngestLogger extends ConsoleLogger {
  readonly #format: 'text' | 'json';

  constructor({ format, level }: IngestLoggerOptions) {
    super({ logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1) });
    this.#format = format;
  }

  override fatal(message: unknown, ...rest: unknown[]): void {
    this.#line('fatal', message, rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (THROWN_CONTEXTS.has(rest.at(-1))) return;
    this.#line('error', message, rest);
  }

  override warn(message: unknown, ...rest: unknown[]): void {
    this.#line('warn', message, rest);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    const isDetail = typeof context === 'string' && DETAIL_CONTEXTS.has(context);
    this.#line(isDetail ? 'debug' : 'log', message, rest);
  }

  override debug(message: unknown, ...rest: unknown[]): void {
    this.#line('debug', message, rest);
  }

  override verbose(message: unknown, ...rest: unknown[]): void {
    this.#line('verbose', message, rest);
  }

  /** Nest puts the context last; a stack is a text of several lines. */
  #line(level: LogLevel, message: unknown, rest: unknown[]): void {
    if (!this.isLevelEnabled(level)) return;
    const context = typeof rest.at(-1) === 'string' ? (rest.pop() as string) : undefined;
    const fields: Record<string, unknown> = {};
    for (const value of rest) {
      if (typeof value === 'object' && value !== null) Object.assign(fields, value);
      else if (typeof value === 'string' && value !== '') fields['stack'] = value;
    }
    const text = message instanceof Error ? (message.stack ?? message.message) : asText(message);
    const stream = level === 'error' || level === 'fatal' || level === 'warn' ? process.stderr : process.stdout;
    stream.write(`${this.#format === 'json' ? json(level, context, text, fields) : plain(level, text, fields)}\n`);
  }
}

function json(level: string, context: string | undefined, message: string, fields: Record<string, unknown>): string {
  return quoted({ time: new Date().toISOString(), level, context, message, ...fields });
}

/** JSON, with what JSON itself leaves alone but terminals obey: further control characters, and changes of direction. */
function quoted(value: unknown): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return (JSON.stringify(value) ?? 'undefined').replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    escaped,
  );
}

function plain(level: string, message: string, fields: Record<string, unknown>): string {
  const { stack, ...others } = fields;
  const details = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' && /^[\w./:@+-]+$/u.test(value) ? value : quoted(value)}`,
    )
    .join('');
  const label = level === 'log' ? '' : `${level.toUpperCase()} `;
  return `${new Date().toISOString()} ${label}${message}${details}${typeof stack === 'string' ? `\n${stack}` : ''}`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity });
}
