// A file system of a few megabytes that a test may fill: the only honest full disk. Mounting needs rights; where this process has none
// it asks for a user namespace of its own, in which it has them.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  readonly freeBytes: number;
  /** Fills it to the last block, but for `leaveBytes`. */
  fill(leaveBytes?: number): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
  end(): void;
}

const inNamespace = 'TEST_IN_NAMESPACE';

function mount(folder: string, sizeBytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether this process can have small disks. Where it cannot mount, it runs the present test file once more in a namespace where it
 * can, answers `elsewhere`, and throws when that run fails. `impossible`: neither is allowed here.
 */
export function smallDisks(testFile: string): 'here' | 'elsewhere' | 'impossible' {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  const isMounted = mount(folder, 65_536);
  if (isMounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  if (isMounted) return 'here';
  const asRoot = ['--user', '--map-root-user', '--mount'];
  const hasNamespaces = spawnSync('unshare', [...asRoot, 'true']).status === 0;
  if (!hasNamespaces || process.env[inNamespace]) return 'impossible';
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const again = spawnSync('unshare', [...asRoot, process.execPath, ...process.execArgv, '--test', testFile], {
    env: { ...env, [inNamespace]: '1' },
    encoding: 'utf8',
  });
  if (again.status !== 0) throw new Error(`failed in its own namespace:\n${again.stdout}${again.stderr}`);
  return 'elsewhere';
}

export function createSmallDisk(sizeBytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  if (!mount(folder, sizeBytes)) throw new Error('cannot mount');
  const filler = join(folder, 'filler');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  const block = Buffer.alloc(4096);
  return {
    folder,
    get freeBytes() {
      return freeBytes();
    },
    fill(leaveBytes = 0) {
      const file = openSync(filler, 'a');
      try {
        while (freeBytes() > leaveBytes) writeSync(file, block);
      } catch (error) {
        // Another process took the last block between the look and the write.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => truncateSync(filler),
    end() {
      // Lazily: a process that was killed may not be gone yet.
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
