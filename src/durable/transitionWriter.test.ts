// What is decided in the very moment in which a write ends must not be forgotten: no later transition would bring it to the disk.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '../log.js';
import type { Envelope } from '../store/buckets.js';
import { createStore } from '../store/environment.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createTransitionWriter } from './transitionWriter.js';

const mostTicks = 12;

for (let ticks = 0; ticks < mostTicks; ticks += 1) {
  it(`a transition that comes ${ticks} microtasks after another is durable becomes so too`, async () => {
    const store = await createStore(createMemoryPages());
    const durable: number[] = [];
    let isOver = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const writer = createTransitionWriter<number>(
      {
        kind: {
          name: 'lamp',
          buckets: { snapshots: 'snapshots', journal: 'journal', open: 'openRequests' },
          isTerminal: () => false,
        },
        store,
        clock: new SimulatedClock(),
        log: createLog('silent'),
        hooks: [],
        onDurable(seq) {
          durable.push(seq);
          if (seq === 0) void later();
          else isOver();
        },
      },
      'a',
    );
    const record = (seq: number) => {
      const envelope: Envelope = { machine: 'lamp@1', seq, at: seq, elapsedMs: 0, snapshot: {} };
      writer.record({ at: seq, from: '', to: 'lit', on: 'BLINK' }, envelope, seq);
    };
    async function later(): Promise<void> {
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      record(1);
      await writer.settled();
      isOver();
    }
    record(0);
    await over;
    assert.deepEqual(durable, [0, 1]);
    assert.equal([...store.scan('journal', [])].length, 2);
    await store.close();
  });
}
