import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { untilDone } from '../client/limited-wait.js';
import { RtmpClient } from '../client/rtmp-client.js';
import type { RtmpClientTlsOptions } from '../client/rtmp-client-options.js';
import { CliError, fileError } from './cli.errors.js';
import { parsePositiveTime } from './option-values.js';
import type { Stop } from './stop.js';

/** Options of every command that speaks to a server. */
export interface ConnectionOptions {
  readonly app?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly quiet?: boolean;
}

/** Adds the options of every command. */
export function addConnectionOptions(command: Command, timeout: string): Command {
  return command
    .option('--app <app>', 'where the application ends in the address, when names have slashes')
    .option('--timeout <time>', timeout, parsePositiveTime)
    .option('--ca <file>', 'who may have signed the certificate of the server (PEM)')
    .addOption(new Option('--insecure', 'take any certificate: anybody on the way can read along').conflicts('ca'))
    .option('--cert <file>', 'a certificate of our own (PEM), for servers that ask for one')
    .option('--key <file>', 'its private key (PEM)')
    .option('-q, --quiet', 'say nothing but errors');
}

/** A client that is connected. A stop ends connecting; later the connection has to be closed. */
export async function connectClient(url: string, options: ConnectionOptions, stop: Stop): Promise<RtmpClient> {
  const { app, timeout } = options;
  const tls = await tlsOptions(options);
  stop.signal.throwIfAborted();
  return untilDone(stop.signal, (connecting) =>
    RtmpClient.connect(url, {
      tls,
      signal: connecting,
      ...(app !== undefined && { app }),
      ...(timeout !== undefined && { timeouts: { connect: timeout, command: timeout } }),
    }),
  );
}

/** The files of TLS, read. */
export async function tlsOptions({ ca, cert, key, insecure }: ConnectionOptions): Promise<RtmpClientTlsOptions> {
  const [authorities, ownCert, ownKey] = await Promise.all([ca, cert, key].map(readOptional));
  return {
    ...(insecure === true && { insecure }),
    ...(authorities !== undefined && { ca: authorities }),
    ...(ownCert !== undefined && { cert: ownCert }),
    ...(ownKey !== undefined && { key: ownKey }),
  };
}

async function readOptional(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError('CLI_ERR_INPUT', path, error);
  });
  if (!text.includes('-----BEGIN')) throw new CliError('CLI_ERR_INPUT', `${path}: it is no PEM`);
  return text;
}
