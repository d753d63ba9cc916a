// Real files and the system's own notices; time is real too where a notice is waited for, and the test's where none comes.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, holdingClock } from '../clock.js';
import type { Log } from '../log.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { WatchedFileError, watchFile } from './watchedFile.js';

const quiet = { timeout: 30_000 };

interface Told {
  readonly event: string;
  readonly problem?: string;
}

/** A watched list of words; a line with a digit in it is wrong. */
function set(t: TestContext, content: string, clock: Clock = holdingClock) {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'));
  const path = join(folder, 'list');
  writeFileSync(path, content);
  const taken: string[] = [];
  const told: Told[] = [];
  const news = new EventEmitter();
  const tell = (facts: Told) => {
    told.push(facts);
    news.emit('told');
  };
  const take = (text: string) => {
    if (/\d/.test(text)) throw new Error('line 1 is not a word');
    taken.push(text);
  };
  const start = () => {
    const log = { info: tell, error: tell } as unknown as Pick<Log, 'info' | 'error'>;
    const watched = watchFile({ path, what: 'The list', take, clock, log });
    t.after(() => watched.close());
    return watched;
  };
  t.after(() => rmSync(folder, { recursive: true }));
  return { folder, path, taken, told, start, next: () => once(news, 'told') };
}

/** As editors, configuration tools and careful scripts do it. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

test('a file is taken at the start, and again when it was written or replaced by a rename', quiet, async (t) => {
  const { path, taken, told, start, next } = set(t, 'first');
  start();
  assert.deepEqual(taken, ['first']);
  replace(path, 'second');
  await next();
  writeFileSync(path, 'third, in place');
  await next();
  replace(path, 'fourth');
  await next();
  assert.deepEqual(taken, ['first', 'second', 'third, in place', 'fourth']);
  assert.deepEqual(new Set(told.map(({ event }) => event)), new Set(['config.reloaded']));
});

test('a broken or missing file changes nothing, is logged once, and the next good one is taken', quiet, async (t) => {
  const { path, taken, told, start, next } = set(t, 'first');
  start();
  replace(path, 'secret 4711');
  await next();
  rmSync(path);
  await next();
  assert.deepEqual(taken, ['first']);
  assert.deepEqual(
    told.map(({ event }) => event),
    ['config.refused', 'config.refused'],
  );
  assert.equal(told[0]?.problem, 'line 1 is not a word');
  assert.equal(told[1]?.problem, 'there is no such file or folder');
  assert.doesNotMatch(JSON.stringify(told), /4711/);
  replace(path, 'second');
  await next();
  assert.deepEqual(taken, ['first', 'second']);
});

test('links on the way may change, as mounted secrets do it', quiet, async (t) => {
  const { folder, path, taken, start, next } = set(t, '');
  for (const version of ['one', 'two']) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'list'), version);
  }
  symlinkSync('one', join(folder, 'current'));
  rmSync(path);
  symlinkSync(join('current', 'list'), path);
  start();
  symlinkSync('two', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'current'));
  await next();
  assert.deepEqual(taken, ['one', 'two']);
});

test('a change without a notice is seen within seconds of its end', async (t) => {
  const clock = new SimulatedClock();
  const { folder, path, taken, start } = set(t, 'first', clock);
  const elsewhere = mkdtempSync(join(tmpdir(), 'watched-elsewhere-'));
  t.after(() => rmSync(elsewhere, { recursive: true }));
  const real = join(elsewhere, 'list');
  writeFileSync(real, 'first');
  rmSync(path);
  symlinkSync(real, join(folder, 'list'));
  start();
  writeFileSync(real, 'half of the sec');
  await clock.advance(10_000);
  // It is not known yet whether the writer has finished, and it had not.
  assert.deepEqual(taken, ['first']);
  writeFileSync(real, 'half of the second, and the rest');
  await clock.advance(100);
  assert.deepEqual(taken, ['first']);
  await clock.advance(100);
  assert.deepEqual(taken, ['first', 'half of the second, and the rest']);
});

test('a file that cannot be used at the start is an error that says why', (t) => {
  const { folder, path, start } = set(t, '1');
  assert.throws(start, (error) => {
    assert.ok(error instanceof WatchedFileError);
    assert.equal(error.message, `The list ${path} cannot be used: line 1 is not a word.`);
    return true;
  });
  rmSync(path);
  assert.throws(start, /The list .* cannot be used: there is no such file or folder/);
  mkdirSync(join(folder, 'list'));
  assert.throws(start, /it is not a file/);
  rmSync(path, { recursive: true });
  writeFileSync(path, ' '.repeat(4 * 1024 * 1024 + 1));
  assert.throws(start, /more than 4194304 bytes/);
});

test('nothing is taken after it was closed', async (t) => {
  const clock = new SimulatedClock();
  const { path, taken, start } = set(t, 'first', clock);
  const watched = start();
  watched.close();
  replace(path, 'second');
  await clock.advance(60_000);
  assert.deepEqual(taken, ['first']);
  assert.equal(clock.nextWakeAt(), undefined);
});
