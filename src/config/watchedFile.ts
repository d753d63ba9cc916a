// A file that takes effect while the service runs: taken at the start, and again whenever it has changed, also by a rename over it.
// A new content that cannot be taken changes nothing: what was in force stays so, and the log says why.
import { type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { fileProblem, isSystemError } from '../fileProblem.js';
import type { Log } from '../log.js';

export interface WatchedFileParameters {
  readonly path: string;
  /** What the file is to its user, for messages, for example `The allowlist`. */
  readonly what: string;
  /**
   * Puts a new content in force, whole or not at all. Throws an Error whose message says what is wrong and where, and holds nothing
   * of the content.
   */
  readonly take: (text: string) => void;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'error'>;
}

export interface WatchedFile {
  close(): void;
}

/** The file could not be taken at the start. */
export class WatchedFileError extends Error {
  override readonly name = 'WatchedFileError';
  constructor(what: string, path: string, problem: string) {
    super(`${what} ${path} cannot be used: ${problem}.`);
  }
}

/** A file is taken when it has not changed for this long (ms): a writer that is half-way is not interrupted. */
const quietMs = 100;
/** How often it is looked at without a notice (ms): mounted folders and links into other folders do not report changes. */
const lookAgainMs = 10_000;
/** Lists of people and tokens have a few kilobytes; whatever is larger was named by mistake. */
const mostBytes = 4 * 1024 * 1024;

/** Takes the file now and watches it until `close`. Throws a WatchedFileError when it cannot be taken now. */
export function watchFile({ path, what, take, clock, log }: WatchedFileParameters): WatchedFile {
  /** Which version of the file has been taken, or refused. */
  let dealtWith = versionOf(path);
  let lastSeen = dealtWith;
  let cancelLook = () => {};
  let isLookingSoon = false;

  const load = () => take(readBounded(path));
  try {
    load();
  } catch (error) {
    throw new WatchedFileError(what, path, problemOf(error));
  }

  function lookIn(ms: number): void {
    cancelLook();
    isLookingSoon = ms === quietMs;
    cancelLook = clock.wakeIn(ms, look);
  }

  function look(): void {
    const version = versionOf(path);
    const isQuiet = version === lastSeen;
    lastSeen = version;
    if (version === dealtWith) lookIn(lookAgainMs);
    else if (!isQuiet) lookIn(quietMs);
    else {
      dealtWith = version;
      reload();
      lookIn(lookAgainMs);
    }
  }

  function reload(): void {
    try {
      load();
      log.info({ event: 'config.reloaded', path }, `${what} was read again and is in force`);
    } catch (error) {
      const problem = problemOf(error);
      log.error(
        { event: 'config.refused', path, problem },
        `${what} has changed but cannot be used; the old one stays`,
      );
    }
  }

  // The folder, because a rename puts another file in its place; any change in it, because what changed may be a link on the way.
  const watcher = watchFolder(dirname(path), () => {
    if (!isLookingSoon) lookIn(quietMs);
  });
  lookIn(lookAgainMs);
  return {
    close() {
      watcher?.close();
      cancelLook();
    },
  };
}

/** Undefined where the system has no watch to give: the slow look remains. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    // The folder has gone, or the system has run out of watches.
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** Equal for the same content of the same file; `missing` when there is none to look at. */
function versionOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'missing';
  }
}

/** Those who read the file speak for themselves. */
const problemOf = (error: unknown) => (isSystemError(error) ? fileProblem(error) : (error as Error).message);

function readBounded(path: string): string {
  const found = statSync(path);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.size > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
  return readFileSync(path, 'utf8');
}
