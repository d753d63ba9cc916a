// Puts a backup into an empty data folder: every byte is compared with its digest first, and the store comes last, so that what was cut
// short is no data folder.
import { copyFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claimDataFolder } from '../../store/dataFolder.js';
import { openStore } from '../../store/environment.js';
import type { Inconsistency } from '../../store/inconsistency.js';
import { createLayout } from '../../storedBytes/layout.js';
import { checkData, digestOf } from './checkData.js';
import { BackupError, type Manifest, readManifest, storeFile } from './manifest.js';

export interface Restored {
  readonly manifest: Manifest;
  readonly problems: readonly Inconsistency[];
}

/** Throws a BackupError or a DataFolderError; then nothing in `data` is a data folder. */
export async function restoreBackup(
  { folder, data }: { readonly folder: string; readonly data: string },
  { now, turn }: { readonly now: () => number; readonly turn: () => Promise<void> },
): Promise<Restored> {
  const manifest = readManifest(folder);
  if (statSync(join(data, storeFile), { throwIfNoEntry: false }) !== undefined)
    throw new BackupError(
      `${data} holds data already. A backup is restored into an empty or a new folder: name one with --data.`,
    );
  const claim = await claimDataFolder(data);
  try {
    if (statSync(join(claim.path, storeFile), { throwIfNoEntry: false }) !== undefined)
      throw new BackupError(`${claim.path} holds data already. Name an empty or a new folder with --data.`);
    for (const file of manifest.files) {
      const path = join(folder, file.path);
      const isWhole =
        statSync(path, { throwIfNoEntry: false })?.size === file.sizeBytes && (await digestOf(path)) === file.sha256;
      if (!isWhole)
        throw new BackupError(`${file.path} in ${folder} is not as the backup was made. Nothing was restored.`);
    }
    const ordered = [...manifest.files].sort((a, b) => Number(a.path === storeFile) - Number(b.path === storeFile));
    for (const { path } of ordered) {
      const target = join(claim.path, path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      // Under its name when it is whole: a store that was cut would look like one.
      copyFileSync(join(folder, path), `${target}.partial`);
      renameSync(`${target}.partial`, target);
    }
    const store = await openStore(join(claim.path, 'store'));
    try {
      const { madeAt, feed } = manifest;
      await store.write((tx) => tx.put('meta', ['restoredFrom'], { madeAt, feed, at: now() }));
      const layout = createLayout(join(claim.path, 'artifacts'));
      const hasBucket = store.get('meta', 'bucket') !== undefined;
      const problems: Inconsistency[] = [];
      for await (const problem of checkData({ store, layout, turn, isDeep: false, hasBucket })) problems.push(problem);
      return { manifest, problems };
    } finally {
      await store.close();
    }
  } finally {
    await claim.release();
  }
}
