import { spawn } from 'node:child_process';
import { hostLabel, isOwnerGone, ownerGrace } from './file-owner.js';

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

  it.each([
    ['on another host', { pid: DEAD_PID, host: 'elsewhere' }, 10 * MINUTE],
    ['of its own PID, in a container that was started again or in another', { pid: process.pid, host }, MINUTE],
  ])('goes by the last write where it cannot ask: %s', async (_where, owner, grace) => {
    expect(ownerGrace(owner)).toBe(grace);
    expect(await isOwnerGone(owner, Date.now())).toBe(false);
    expect(await isOwnerGone(owner, ago(grace - MINUTE / 2))).toBe(false);
    expect(await isOwnerGone(owner, ago(grace + MINUTE / 2))).toBe(true);
  });

  it('takes no process for the owner of what nobody has written to for ten minutes', async () => {
    expect(await isOwnerGone({ pid: process.ppid, host }, ago(11 * MINUTE))).toBe(true);
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
