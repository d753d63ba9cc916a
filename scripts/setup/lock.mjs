// A lock between processes on one file system: two set-ups never build the same thing at once.
// A lock whose holder is dead (same host) or has not touched it for a minute is taken over.
import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const touchEveryMs = 5_000;
/** Twelve missed touches. A holder that was suspended longer loses its lock; cargo and rename then still keep files whole. */
const staleAfterMs = 60_000;
/** Breaking a lock takes a few file operations. A process that needs longer has died in between. */
const breakerStaleAfterMs = 10_000;
const askAgainEveryMs = 200;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readHolder(path) {
  try {
    return { ...JSON.parse(readFileSync(path, 'utf8')), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    // Between creation and content; if its writer died there, age decides.
    const found = statSync(path, { throwIfNoEntry: false });
    return found && { pid: undefined, host: undefined, ageMs: Date.now() - found.mtimeMs };
  }
}

function isStale(holder) {
  if (holder.ageMs > staleAfterMs) return true;
  return holder.host === hostname() && !isAlive(holder.pid);
}

function tryCreate(path) {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock. The folder beside it keeps others from removing the fresh lock of another breaker. */
function breakStale(path) {
  const breaker = `${path}.breaking`;
  try {
    mkdirSync(breaker);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const found = statSync(breaker, { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > breakerStaleAfterMs) rmSync(breaker, { recursive: true, force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder && isStale(holder)) rmSync(path, { force: true });
  } finally {
    rmdirSync(breaker);
  }
}

/** Runs `work` while holding the lock at `path`. `onWait(pid)` is called once when another process holds it. */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !tryCreate(path); ) {
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (isStale(holder)) {
      breakStale(path);
      continue;
    }
    if (!waited) onWait(holder.pid);
    waited = true;
    await sleep(askAgainEveryMs);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, touchEveryMs);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.removeListener('exit', release);
    release();
  }
}
