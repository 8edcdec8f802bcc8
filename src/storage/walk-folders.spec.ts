import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WalkedFolder, walkFolders } from './walk-folders.js';

/** A user that root can be in place of itself, since nothing is hidden from root. */
const NOBODY = 65_534;
const HLS = 'cam-2026-01-02T03-04-05.678Z-0123456789ab.hls';

describe('walkFolders', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-walk-'));
    await chmod(directory, 0o755);
    for (const folder of ['live/cams', `live/${HLS}`, 'lost+found', 'zoo']) {
      await mkdir(join(directory, folder), { recursive: true });
    }
    for (const file of ['live/a', 'live/cams/b', `live/${HLS}/c`, 'lost+found/d', 'zoo/e']) {
      await writeFile(join(directory, file), '');
    }
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function walk(): Promise<WalkedFolder[]> {
    const found: WalkedFolder[] = [];
    for await (const one of walkFolders(directory)) found.push(one);
    return found.sort((a, b) => (a.folder < b.folder ? -1 : 1));
  }

  async function walkAsNobody(): Promise<WalkedFolder[]> {
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(NOBODY);
    try {
      return await walk();
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  }

  it('goes into all folders but those of recordings as HLS', async () => {
    expect(await walk()).toEqual([
      { folder: '', files: [], hls: [] },
      { folder: 'live', files: ['a'], hls: [HLS] },
      { folder: 'live/cams', files: ['b'], hls: [] },
      { folder: 'lost+found', files: ['d'], hls: [] },
      { folder: 'zoo', files: ['e'], hls: [] },
    ]);
  });

  it('passes by folders that it may not look into', async () => {
    await chmod(join(directory, 'lost+found'), 0o000);
    const found = await walkAsNobody();
    expect(found.flatMap(({ files }) => files)).toEqual(['a', 'b', 'e']);
  });

  it('says so when it may not look into the directory itself', async () => {
    await chmod(directory, 0o000);
    await expect(walkAsNobody()).rejects.toThrow('EACCES');
  });

  it('finds nothing where there is no directory', async () => {
    await rm(directory, { recursive: true });
    expect(await walk()).toEqual([{ folder: '', files: [], hls: [] }]);
  });
});
