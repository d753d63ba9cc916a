// Makes a finished, flushed file visible under its id so that it survives a crash: rename, then flush the folder that names it.
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { folderMode } from './paths.js';

/** Durable when it resolves. Replaces what was there. */
export async function publish(finished: string, final: string): Promise<void> {
  const shelf = dirname(final);
  // Resolves with undefined when the shelf was there; a new one must be flushed into its parent, or it is lost with its files.
  const made = await mkdir(shelf, { recursive: true, mode: folderMode });
  if (made !== undefined) await flushFolder(dirname(shelf));
  await rename(finished, final);
  await flushFolder(shelf);
}

export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
