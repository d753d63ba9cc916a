import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Group, GroupCommit } from './groupCommit.js';

interface Put {
  readonly key: string;
  readonly value: number;
}

/** A disk of numbers whose transactions end when the test says so. */
class Disk {
  readonly kept = new Map<string, number>();
  readonly sizes: number[] = [];
  /** One for each transaction under way. */
  readonly ends: ((error?: Error) => void)[] = [];
  readonly writers = new GroupCommit<Put>((run) => this.#transact(run));

  async #transact(run: () => Iterable<Put>): Promise<void> {
    await undefined;
    const puts = [...run()];
    this.sizes.push(puts.length);
    await new Promise<void>((resolve, reject) => {
      this.ends.push((error) => (error ? reject(error) : resolve()));
    });
    for (const { key, value } of puts) this.kept.set(key, value);
  }

  put(key: string, value: number): Promise<void> {
    return this.writers.write((group) => put(group, key, value));
  }

  /** Ends the oldest transaction and lets happen what follows from it. */
  async end(error?: Error): Promise<void> {
    await new Promise(setImmediate);
    this.ends.shift()?.(error);
    await new Promise(setImmediate);
  }
}

const put = (group: Group<Put>, key: string, value: number) => group.write(key, { key, value });

describe('group commit', () => {
  it('commits the works of one turn together, and those that come meanwhile in the next', async () => {
    const disk = new Disk();
    const first = Promise.all([disk.put('a', 1), disk.put('b', 2), disk.put('c', 3)]);
    await new Promise(setImmediate);
    const second = disk.put('d', 4);
    await new Promise(setImmediate);
    // Two are under way: these wait for each other.
    const third = Promise.all([disk.put('e', 5), disk.put('f', 6)]);
    await disk.end();
    await first;
    await disk.end();
    await second;
    await disk.end();
    await third;
    assert.deepEqual(disk.sizes, [3, 1, 2]);
    assert.deepEqual([...disk.kept.values()], [1, 2, 3, 4, 5, 6]);
  });

  it('keeps nothing of a work that throws, and all of its neighbours', async () => {
    const disk = new Disk();
    const before = disk.put('a', 1);
    const thrown = disk.writers.write((group) => {
      put(group, 'a', 7);
      put(group, 'b', 7);
      put(group, 'a', 8);
      throw new Error('changed my mind');
    });
    const after = disk.writers.write((group) => [group.find('a')?.value, group.find('b')]);
    await assert.rejects(thrown, /changed my mind/);
    await disk.end();
    await before;
    assert.deepEqual(await after, [1, undefined]);
    assert.deepEqual([...disk.kept], [['a', 1]]);
  });

  it('answers no work before its transaction has ended', async () => {
    const disk = new Disk();
    const answered: string[] = [];
    const works = ['a', 'b'].map((key) => disk.put(key, 1).then(() => answered.push(key)));
    await new Promise(setImmediate);
    assert.deepEqual(answered, []);
    await disk.end();
    await Promise.all(works);
    assert.deepEqual(answered, ['a', 'b']);
  });

  it('rejects all works of a transaction that fails, and goes on', async () => {
    const disk = new Disk();
    const works = [disk.put('a', 1), disk.put('b', 2)];
    const rejected = Promise.all(works.map((work) => assert.rejects(work, /no room/)));
    await disk.end(new Error('no room'));
    await rejected;
    const later = disk.put('c', 3);
    await disk.end();
    await later;
    assert.deepEqual([...disk.kept], [['c', 3]]);
  });

  it('rejects who waits when there can be no transaction, and asks for one again', async () => {
    let isOpen = false;
    const writers = new GroupCommit<Put>(async (run) => {
      if (!isOpen) throw new Error('closed');
      run();
    });
    await assert.rejects(
      writers.write(() => 1),
      /closed/,
    );
    isOpen = true;
    assert.equal(await writers.write(() => 2), 2);
  });

  it('serves more works than one transaction takes', async () => {
    const disk = new Disk();
    const works = Array.from({ length: 600 }, (_, index) => disk.put(`${index}`, index));
    for (let time = 0; time < 3; time++) await disk.end();
    await Promise.all(works);
    assert.deepEqual(disk.sizes, [256, 256, 88]);
  });
});
