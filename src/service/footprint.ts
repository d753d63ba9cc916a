// What the service takes of its machine.
import { statfs } from 'node:fs/promises';

/** Of the disk under a folder (bytes). */
async function diskUnder(folder: string): Promise<{ freeBytes: number; sizeBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** Of this process alone: engines have their own. */
const residentBytes = (): number => process.memoryUsage.rss();

export function machineOf(folder: string) {
  let looking: ReturnType<typeof diskUnder> | undefined;
  return {
    residentBytes,
    /** Those who ask at the same time are answered by one look. */
    disk(): ReturnType<typeof diskUnder> {
      looking ??= diskUnder(folder).finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}
