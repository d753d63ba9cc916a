// Whether this process may open as many files as its lanes, its threads and its clients take. With too few of them engines do not start,
// threads die, and no client gets a connection, each with words of its own; so it is asked once, before anything begins.
import { readFileSync } from 'node:fs';

/** Shown to the operator as it is. */
export class DescriptorsError extends Error {
  override readonly name = 'DescriptorsError';
}

/** Measured with one lane of each stage: 65 at rest, a connection of a client among them, 8 for each lane. */
const own = 44;
const perLane = 8;
/** Connections and files of transfers at the same time; below this the service is of use to nobody. */
const forClients = 32;

/** Throws a DescriptorsError. `limit`: what the system allows; undefined where it does not say. */
export function assertDescriptors(lanes: number, limit = openFilesLimit()): void {
  const needed = own + perLane * lanes + forClients;
  if (limit === undefined || limit >= needed) return;
  throw new DescriptorsError(
    `This process may have ${limit} files open at once, and ${lanes} lanes and their clients need ${needed} or more. Raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker), or run fewer lanes.`,
  );
}

/** Node has raised the soft limit to the hard one when it began. */
function openFilesLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    // Only Linux has this file.
    return undefined;
  }
}
