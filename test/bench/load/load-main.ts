import { ConnectJob } from './connect-job.js';
import { FloodJob } from './flood-job.js';
import { HlsJob } from './hls-job.js';
import type { LoadJob, LoadJobOptions } from './load-job.js';
import type { LoadCall, LoadReply } from './load-process.js';
import { PlayJob } from './play-job.js';
import { PublishJob } from './publish-job.js';

/*
 * The process of one part of the load: it makes the job it is given, and does what it is told to.
 */

const job = createJob(JSON.parse(process.argv[2]!) as LoadJobOptions);

process.on('message', ({ id, method }: LoadCall) => void call(id, method));
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0));

async function call(id: number, method: keyof LoadJob): Promise<void> {
  let reply: LoadReply;
  try {
    reply = { id, value: await job[method]() };
  } catch (error) {
    reply = { id, error: (error as Error).message };
  }
  process.send!(reply);
}

function createJob(options: LoadJobOptions): LoadJob {
  if (options.kind === 'publish') return new PublishJob(options);
  if (options.kind === 'flood') return new FloodJob(options);
  if (options.kind === 'play') return new PlayJob(options);
  if (options.kind === 'hls') return new HlsJob(options);
  return new ConnectJob(options);
}
