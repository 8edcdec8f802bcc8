import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { RtmpServer } from '#src';
import { loadSettings, SettingsError } from './config/load-settings.js';
import { IngestModule } from './ingest.module.js';
import { IngestLogger } from './logging/ingest-logger.js';
import { startUpNotice } from './start-up-notice.js';

try {
  await start();
} catch (error) {
  const isExpected = error instanceof SettingsError || (error as NodeJS.ErrnoException).syscall === 'listen';
  process.stderr.write(`${isExpected ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  const { settings, warnings } = loadSettings();
  const logger = new IngestLogger({ format: settings.LOG_FORMAT, level: settings.LOG_LEVEL });
  const app = await NestFactory.createMicroservice(IngestModule.forSettings(settings), {
    inject: [RtmpServer],
    useFactory: (strategy: RtmpServer) => ({ strategy }),
    logger,
    abortOnError: false,
  });
  // By default Nest ends the process with the signal it got, which supervisors take for a crash.
  app.enableShutdownHooks([], { useProcessExit: true });
  for (const warning of warnings) logger.warn(warning);
  await app.listen();
  for (const line of startUpNotice(settings, app.get(RtmpServer).addresses)) logger.log(line);
}
