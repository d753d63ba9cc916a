// Makes a finished, flushed file visible under its id so that it survives a crash: rename, then flush the folder that names it.
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { folderMode } from './layout.js';
import type { ArtifactFile } from './storedFile.js';

/** Durable when it resolves. Replaces what was there. */
export async function publish(finished: ArtifactFile, final: ArtifactFile): Promise<void> {
  const shelf = dirname(final.path);
  // Resolves with undefined when the shelf was there. A new one must be flushed into its parent, or it is lost with its files.
  const made = await mkdir(shelf, { recursive: true, mode: folderMode });
  if (made !== undefined) await flushFolder(dirname(shelf));
  await rename(finished.path, final.path);
  await flushFolder(shelf);
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
