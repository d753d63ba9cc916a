// Reads memory limits as the kernel applies them: /proc/meminfo for the machine, control groups (v2, v1, or both mounted side by side)
// for the container, pod or service unit that we run in, with all groups above it.
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, relative } from 'node:path';

export interface Memory {
  /** What the service and its engines may use in all: physical memory, or the tightest limit of a control group around us. */
  readonly limitBytes: number;
  /** What could be allocated now without a kill. Page cache counts as free. */
  readonly availableBytes: number;
}

/** Where a version of the memory controller is mounted, and which of its groups is ours. */
interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Relative to the mount point; `..` never occurs. */
  readonly group: string;
}

const files = {
  1: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', inactive: 'total_inactive_file' },
  2: { limit: 'memory.max', used: 'memory.current', inactive: 'inactive_file' },
} as const;

/** A file that is missing or not readable sets no limit. Without any /proc, all of the machine's memory counts. */
export async function readMemory(root: string): Promise<Memory> {
  const meminfo = await read(root, '/proc/meminfo');
  let limitBytes = kilobytes(meminfo, 'MemTotal');
  let availableBytes = kilobytes(meminfo, 'MemAvailable');
  for (const hierarchy of await memoryHierarchies(root)) {
    for (const folder of foldersUp(hierarchy)) {
      const group = await readGroup(root, folder, hierarchy.version);
      limitBytes = Math.min(limitBytes, group.limitBytes);
      availableBytes = Math.min(availableBytes, group.availableBytes);
    }
  }
  return { limitBytes, availableBytes: Math.max(0, availableBytes) };
}

/** Folders of our memory control group and of all groups around it, innermost first, over every hierarchy. */
export async function memoryGroupFolders(root: string): Promise<{ version: 1 | 2; folder: string }[]> {
  const hierarchies = await memoryHierarchies(root);
  return hierarchies.flatMap((hierarchy) =>
    foldersUp(hierarchy).map((folder) => ({ version: hierarchy.version, folder })),
  );
}

async function readGroup(root: string, folder: string, version: 1 | 2): Promise<Memory> {
  const names = files[version];
  const limitBytes = amount(await read(root, join(folder, names.limit)));
  const used = amount(await read(root, join(folder, names.used)));
  if (!Number.isFinite(limitBytes) || !Number.isFinite(used)) return { limitBytes, availableBytes: limitBytes };
  // Unused cached file pages are given back before anything is killed.
  const stat = await read(root, join(folder, 'memory.stat'));
  const reclaimable = Number(new RegExp(`^${names.inactive} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  return { limitBytes, availableBytes: limitBytes - used + reclaimable };
}

async function memoryHierarchies(root: string): Promise<Hierarchy[]> {
  const groups = await read(root, '/proc/self/cgroup');
  const mounts = (await read(root, '/proc/self/mountinfo')).split('\n').map(parseMount);
  const found: Hierarchy[] = [];
  for (const line of groups.split('\n')) {
    // "4:memory:/docker/…" is version 1, "0::/…" is version 2.
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const version = controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes('memory')) continue;
    const mount = mounts.find((each) =>
      version === 2 ? each?.type === 'cgroup2' : each?.type === 'cgroup' && each.options.includes('memory'),
    );
    if (mount === undefined) continue;
    // In a container the mount shows only a part of the tree, while the path may start at the host's root.
    const inside = relative(mount.root, path);
    found.push({ version, mountPoint: mount.point, group: inside.startsWith('..') ? '' : inside });
  }
  return found;
}

/** One line of mountinfo: `id parent device root point options … - type source super-options` (proc(5)). */
function parseMount(line: string): { root: string; point: string; type: string; options: string[] } | undefined {
  const [before, after] = line.split(' - ');
  const [, , , root, point] = before?.split(' ') ?? [];
  const [type, , options] = after?.split(' ') ?? [];
  if (root === undefined || point === undefined || type === undefined) return undefined;
  return { root, point, type, options: options?.split(',') ?? [] };
}

function foldersUp({ mountPoint, group }: Hierarchy): string[] {
  const names = group.split('/').filter((name) => name !== '');
  return [...names.keys(), names.length].map((depth) => join(mountPoint, ...names.slice(0, depth))).reverse();
}

async function read(root: string, path: string): Promise<string> {
  // Absent files are the normal case: there is no control group, or no such controller in it.
  return await readFile(join(root, path), 'utf8').catch(() => '');
}

/** "max", and the huge number by which version 1 says the same, are both more than any machine has. */
function amount(text: string): number {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : Number.POSITIVE_INFINITY;
}

function kilobytes(meminfo: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo);
  return match === null ? totalmem() : Number(match[1]) * 1024;
}
