// What the process under fuzz holds, as the system sees it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface Memory {
  /** Of the process itself, without the pages of the store's file (MiB). */
  readonly megabytes: number;
  /** Without those of connections whose other end has gone. */
  readonly descriptors: number;
}

/**
 * After a frame of the wrong size Node says GOAWAY and reads no more, so it does not see that its client has gone. Such a connection
 * ends when it does not answer a ping (`front/http2Sessions.ts`), a minute later, and is not counted here.
 */
export function memoryOf(pid: number): Memory {
  const proc = `/proc/${pid}`;
  const kilobytes = Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(join(proc, 'status'), 'utf8'))?.[1]);
  const living = livingSockets(proc);
  const isHeld = (link: string) => !link.startsWith('socket:') || living.has(link);
  const links = readdirSync(join(proc, 'fd')).map((name) => linkOf(join(proc, 'fd', name)));
  return { megabytes: Math.round(kilobytes / 1024), descriptors: links.filter(isHeld).length };
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between the two looks.
    return 'socket:';
  }
}

const closeWait = '08';

/** Named as the links of descriptors are: `socket:[12345]`. Columns as in proc(5). */
function livingSockets(proc: string): Set<string> {
  const rows = (name: string) =>
    readFileSync(join(proc, 'net', name), 'utf8')
      .split('\n')
      .slice(1)
      .map((row) => row.trim().split(/\s+/));
  const tcp = ['tcp', 'tcp6']
    .flatMap(rows)
    .filter((columns) => columns[3] !== closeWait)
    .map((columns) => columns[9]);
  const unix = rows('unix').map((columns) => columns[6]);
  return new Set([...tcp, ...unix].map((inode) => `socket:[${inode}]`));
}

/**
 * Between two looks with as many inputs before the first as between them. V8 gives memory back when it likes to, so this shows only
 * what is kept for good of a thousand and more inputs, some of them of a megabyte.
 */
export const mostGrowth: Memory = { megabytes: 64, descriptors: 10 };

export const growthOf = (before: Memory, after: Memory): Memory => ({
  megabytes: after.megabytes - before.megabytes,
  descriptors: after.descriptors - before.descriptors,
});
