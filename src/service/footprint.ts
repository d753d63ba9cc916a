// What the service takes of its machine.
import { statfs } from 'node:fs/promises';
import { together } from '../together.js';

/** Of the disk under a folder (bytes). */
async function diskUnder(folder: string): Promise<{ freeBytes: number; sizeBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** Of this process alone: engines have their own. */
const residentBytes = (): number => process.memoryUsage.rss();

export const machineOf = (folder: string) => ({ residentBytes, disk: together(() => diskUnder(folder)) });
