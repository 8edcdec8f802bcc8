import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RtmpServer } from '#src';
import { listenHost } from './config/listen-host.js';
import { isTls, listenersOf } from './config/listeners.js';
import { type LoadedSettings, loadSettings, SettingsError } from './config/load-settings.js';
import { startProblem } from './config/start-failure.js';
import { endOnSignals } from './end-on-signals.js';
import { IngestModule } from './ingest.module.js';
import { IngestLogger } from './logging/ingest-logger.js';
import { outlastLogReaders } from './logging/outlast-log-readers.js';
import { openFilesWarning } from './open-files.js';
import { startUpNotice } from './start-up-notice.js';

/** The longest path of a stream, 256 bytes, when each of them is escaped. */
const MAX_PARAMETER_LENGTH = 768;

/** Not those of a crash, which Node would go on after as if nothing had happened. */
const ENDING_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;

outlastLogReaders();
try {
  const loaded = loadSettings();
  await start(loaded).catch((error: unknown) => {
    const problem = startProblem(error, loaded.settings);
    throw problem === undefined ? error : new SettingsError([problem]);
  });
} catch (error) {
  const text = error instanceof SettingsError ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

async function start({ settings, warnings }: LoadedSettings): Promise<void> {
  const logger = new IngestLogger({ format: settings.LOG_FORMAT, level: settings.LOG_LEVEL });
  // Players keep their responses open for as long as a stream lasts: closing must not wait for them.
  const routerOptions = { maxParamLength: MAX_PARAMETER_LENGTH };
  const adapter = new FastifyAdapter({ forceCloseConnections: true, routerOptions });
  const app = await NestFactory.create<NestFastifyApplication>(IngestModule.forSettings(settings), adapter, {
    logger,
    abortOnError: false,
  });
  app.connectMicroservice({ strategy: app.get(RtmpServer) }, { inheritAppConfig: true });
  const hasTls = listenersOf(settings).some(isTls);
  // With certificates SIGHUP says that they are renewed; without, that the terminal is closed.
  if (hasTls) process.on('SIGHUP', () => void app.get(RtmpServer).reloadCertificates());
  endOnSignals(app, logger, hasTls ? ENDING_SIGNALS : [...ENDING_SIGNALS, 'SIGHUP']);
  for (const warning of [...warnings, openFilesWarning(settings) ?? []].flat()) logger.warn(warning);
  // Providers are ready before the first port is open.
  await app.init();
  await app.startAllMicroservices();
  // Those that are no players or publishers yet are not in the count of the module.
  app.getHttpServer().maxConnections = settings.RTMP_MAX_CONNECTIONS;
  await app.listen({ host: listenHost(settings), port: settings.HTTP_PORT });
  for (const line of startUpNotice(settings, app.get(RtmpServer).addresses, await app.getUrl())) logger.log(line);
}
