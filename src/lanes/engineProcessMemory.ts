// How much memory an engine holds, and whether it died for lack of it. The kernel kills with the same SIGKILL as anyone else, but it
// counts its kills.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryGroupFolders } from './capacityMemory.js';

/**
 * How many processes the kernel has killed for lack of memory: in our control group where it counts them (there it counts exactly
 * ours), else on the whole machine, where another victim in the same seconds would be taken for ours.
 */
export async function countOomKills(root: string): Promise<number> {
  for (const { version, folder } of await memoryGroupFolders(root)) {
    const counted = await readCounter(join(root, folder, version === 2 ? 'memory.events' : 'memory.oom_control'));
    if (counted !== undefined) return counted;
  }
  return (await readCounter(join(root, 'proc/vmstat'))) ?? 0;
}

async function readCounter(path: string): Promise<number | undefined> {
  // Absent where there is no such controller, or on a kernel that does not count.
  const text = await readFile(path, 'utf8').catch(() => '');
  const match = /^oom_kill (\d+)$/m.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/**
 * Resident memory of a process, or 0 when it is gone or where the kernel does not say. At once: the kernel makes the text in memory in
 * some 20 µs, and the way through the threads for files takes a metrics' look at six engines 2 ms.
 */
export function residentBytes(root: string, pid: number | undefined): number {
  const text = statusOf(root, pid);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

function statusOf(root: string, pid: number | undefined): string {
  try {
    return readFileSync(join(root, `proc/${pid}/status`), 'utf8');
  } catch {
    // It is gone.
    return '';
  }
}

/** Last words of a Rust program whose allocation failed, and of CUDA's. */
const lastWords = /memory allocation of \d+ bytes failed|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY/;

/** Whether a line of an engine's output says that an allocation failed: then the process aborts without the kernel's help. */
export const saysOutOfMemory = (line: string): boolean => lastWords.test(line);
