// A file that somebody named, up to a size: it may be anything, and is read into memory whole.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Undefined when it has more than `mostBytes`. Throws the system's error, or one whose message ends a sentence. */
export function readBounded(path: string, mostBytes: number): Buffer | undefined {
  const { size } = onlyFile(statSync(path), path);
  // Sizes of files under /proc and /sys are no sizes: what is read counts.
  if (size > mostBytes) return undefined;
  const file = openSync(path, 'r');
  try {
    onlyFile(fstatSync(file), path);
    const bytes = Buffer.alloc(mostBytes + 1);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < bytes.byteLength; filled += read)
      read = readSync(file, bytes, filled, bytes.byteLength - filled, null);
    return filled > mostBytes ? undefined : Buffer.from(bytes.subarray(0, filled));
  } finally {
    closeSync(file);
  }
}

/** A pipe that nobody writes to would be waited for without an end. */
function onlyFile(found: { isFile(): boolean; isDirectory(): boolean; size: number }, path: string) {
  if (found.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR', path });
  if (!found.isFile()) throw new Error('it is a pipe or a device, save it to a file first');
  return found;
}
