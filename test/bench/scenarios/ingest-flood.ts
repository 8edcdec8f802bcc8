import type { FloodResult } from '../load/load-job.js';
import type { Scenario, Stage, Outcome } from './scenario.js';
import { checkRecordings, settleRecordings } from './recording-check.js';
import { touchMemory } from './touch-memory.js';
import { measure, per } from './window.js';

/** One publisher as fast as the server takes it, recorded, every byte of the recording compared. */
export function ingestFlood(bytes: number): Scenario {
  return {
    id: 'ingest-flood',
    title: `One publisher at full speed, recorded (${Math.round(bytes / 1e6)} MB)`,
    main: 'cpuPerGb',
    columns: ['cpuPerGb', 'throughput', 'rss', 'loadCpu', 'otherCpu'],
    dependsOnProfile: false,
    run: (stage) => run(stage, bytes),
  };
}

async function run(stage: Stage, bytes: number): Promise<Outcome> {
  const server = await stage.startServer({ isRecording: true });
  const media = { videoKbps: 6000, fps: 30 };
  const load = stage.load({ kind: 'flood', port: server.port, bytes, maxSeconds: 15, media, chunkSize: 4096 });
  await load.call('start');
  touchMemory(server.recordings, bytes);
  let result: FloodResult | undefined;
  const sending = await measure(stage, async () => (result = await load.call<FloodResult>('finish')));
  // What is left to do for the recording belongs to it.
  const finishing = await measure(stage, () => settleRecordings(server.recordings));
  const { sent, duration } = result!;
  return {
    figures: {
      ...sending.figures,
      cpuPerGb: per(sending.cpuSeconds + finishing.cpuSeconds, sent.bytes / 1e9),
      throughput: per(sent.bytes / 1e6, duration / 1000),
    },
    problems: checkRecordings(server.recordings, [sent]),
  };
}
