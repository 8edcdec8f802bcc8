import { spawn } from 'node:child_process';
import { hostLabel, isOwnerGone, OWNER_GRACE } from './file-owner.js';

/** A process ID that no process has: above the highest that Linux gives. */
const DEAD_PID = 4_194_999;
const MINUTE = 60_000;

describe('isOwnerGone', () => {
  const host = hostLabel();
  const ago = (milliseconds: number) => Date.now() - milliseconds;

  it('asks about processes of this host', async () => {
    expect(await isOwnerGone({ pid: DEAD_PID, host }, Date.now())).toBe(true);
    expect(await isOwnerGone({ pid: process.ppid, host }, Date.now())).toBe(false);
  });

  it('goes by the last write where it cannot ask: on another host, or of its own PID in another container', async () => {
    for (const owner of [
      { pid: DEAD_PID, host: 'elsewhere' },
      { pid: process.pid, host },
    ]) {
      expect(await isOwnerGone(owner, Date.now())).toBe(false);
      expect(await isOwnerGone(owner, ago(OWNER_GRACE - MINUTE))).toBe(false);
      expect(await isOwnerGone(owner, ago(OWNER_GRACE + MINUTE))).toBe(true);
    }
  });

  it('takes no process for the owner of what nobody has written to for ten minutes', async () => {
    expect(await isOwnerGone({ pid: process.ppid, host }, ago(OWNER_GRACE + MINUTE))).toBe(true);
  });

  (process.platform === 'linux' ? it : it.skip)(
    'takes no process for the owner that began after the last write',
    async () => {
      const child = spawn('sleep', ['60']);
      try {
        expect(await isOwnerGone({ pid: child.pid!, host }, ago(MINUTE))).toBe(true);
        expect(await isOwnerGone({ pid: child.pid!, host }, Date.now())).toBe(false);
      } finally {
        child.kill();
      }
    },
  );
});
