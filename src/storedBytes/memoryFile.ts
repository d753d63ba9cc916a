// Files that lie in memory and have no name: the kernel frees them with the process, however it ends. Threads of this process reach them by
// the number of their descriptor.
import { type FileHandle, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactId } from '../ids.js';
import { type Random, randomHex } from '../random.js';
import type { ArtifactFile, ArtifactKind } from './storedFile.js';

/** What statfs calls tmpfs and ramfs (linux/magic.h). */
const memoryTypes = new Set([0x01021994, 0x858458f6]);
const zeros = Buffer.alloc(256 * 1024);

/** Whether files in this folder are kept in memory. Rejects with what the system says of the folder. */
export const isInMemory = async (folder: string): Promise<boolean> => memoryTypes.has((await statfs(folder)).type);

/** Bytes that this user may still write there. */
export async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export class MemoryFile {
  private constructor(
    readonly file: ArtifactFile,
    private readonly handle: FileHandle,
  ) {}

  static async create(folder: string, id: ArtifactId, kind: ArtifactKind, random: Random): Promise<MemoryFile> {
    const path = join(folder, `.sealed-${randomHex(random, 8)}`);
    const handle = await open(path, 'wx+', 0o600);
    await rm(path);
    return new MemoryFile({ id, kind, path: `/proc/self/fd/${handle.fd}` }, handle);
  }

  /** Overwrites what it holds, and frees it. Idempotent, and never rejects: memory that is freed is cleared by the kernel anyway. */
  async wipe(): Promise<void> {
    if (this.handle.fd < 0) return;
    try {
      const { size } = await this.handle.stat();
      for (let at = 0; at < size; at += zeros.byteLength)
        await this.handle.write(zeros, 0, Math.min(zeros.byteLength, size - at), at);
    } catch {}
    await this.handle.close().catch(() => undefined);
  }
}
