// The service is killed (kill -9) a hundred times, at random moments, under a stream of requests. Every acknowledged one still ends
// exactly once, and an operator's watcher is told each transition once and in order. CRASH_SEED repeats a run's moments, CRASH_ROUNDS makes it longer.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Clock, holdingClock } from '../../src/clock.js';
import type { RequestId } from '../../src/ids.js';
import { openStore, type Store } from '../../src/store/environment.js';
import { mulberry32 } from '../../src/testkit/mulberry32.js';
import { watchEvents } from '../../src/testkit/service/adminWatch.js';
import { createRequester, expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess } from '../../src/testkit/service/serviceRig.js';

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 100);
const seed = Number(process.env['CRASH_SEED'] ?? holdingClock.now() % 2 ** 31);
/** New requests in each life of the service: enough to have some at every rig, few enough to be done in the end. */
const perRound = 5;
const fillerBytes = 20_000;

const random = mulberry32(seed);
const upTo = (limit: number) => Math.floor(random() * limit);

/** Clients wait a tenth of what they would: it is the service that is tested. */
const hasty: Clock = {
  now: () => holdingClock.now(),
  steady: () => holdingClock.steady(),
  wakeAt: (at, wake) => holdingClock.wakeIn(Math.max(0, at - holdingClock.now()) / 10, wake),
  wakeIn: (ms, wake) => holdingClock.wakeIn(ms / 10, wake),
  turn: holdingClock.turn,
};

const script = {
  proofFillerBytes: fillerBytes,
  rules: [
    { on: 'execute', delayMs: 5 },
    { on: 'prove', delayMs: 15, act: { kind: 'slowAnswer', pieceBytes: 4_000, pauseMs: 2 } },
    { on: 'verify', delayMs: 5 },
  ],
} as const;

interface Acknowledged {
  readonly requestId: RequestId;
  readonly stdinUri: string;
  readonly stdin: Uint8Array;
}

describe('a service that is killed at any moment', { timeout: 900_000 }, async () => {
  const rig = await createServiceRig({ script });
  const requester = createRequester(rig.url, { clock: hasty });
  after(async () => {
    requester.close();
    await rig.end();
  });

  it(`ends every acknowledged request exactly once, and tells a watcher each transition (${rounds} kills, CRASH_SEED=${seed})`, async (t) => {
    const first = await rig.serve();
    await requester.register();
    await first.kill();

    const watcher = watchThroughLives(join(rig.data, 'admin.sock'));
    t.after(() => watcher.leave());
    const acknowledged: Acknowledged[] = [];
    let broughtBack = 0;
    const stream = submitAll(rounds * perRound);
    for (let round = 0; round < rounds; round++) {
      const service = rig.spawn();
      stream.allow(perRound);
      await randomMoment(service);
      await service.kill();
      broughtBack += service.lines.reduce(
        (sum, { text }) => sum + Number(/brought back: (\d+)/.exec(text)?.[1] ?? 0),
        0,
      );
      // Now and then: it costs a pause. At the end it is looked at again.
      if (round % 10 === 0) await rig.enginesGone();
    }
    const last = await rig.serve();
    await stream.done;
    t.diagnostic(
      `${acknowledged.length} requests acknowledged over ${rounds} kills; open ones brought back ${broughtBack} times`,
    );
    assert.ok(broughtBack > rounds, 'the kills did not meet open requests');
    assert.equal(acknowledged.length, rounds * perRound);

    const unchecked = acknowledged.slice();
    const check = async () => {
      for (let next = unchecked.pop(); next !== undefined; next = unchecked.pop()) {
        const { requestId, stdin, stdinUri } = next;
        const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 1_000 });
        assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin, fillerBytes)));
        assert.equal(await requester.ask(stdinUri, { deadline }), requestId);
      }
    };
    await Promise.all([check(), check(), check(), check()]);
    assert.equal(await last.stop(), 0);
    await rig.enginesGone();
    const quarantined = last.lines.filter(({ event }) => event === 'request.quarantined');
    assert.deepEqual(quarantined, []);
    await inspectStore(acknowledged, await watcher.end());
    inspectFiles(acknowledged.length);

    /** Requests as fast as they are allowed, each asked for once more by a part of the callers, as after a lost answer. */
    function submitAll(total: number): { allow: (count: number) => void; done: Promise<void> } {
      const waiting: (() => void)[] = [];
      let allowed = 0;
      let serial = 0;
      const turn = () =>
        new Promise<void>((resolve) => {
          if (allowed > 0) {
            allowed -= 1;
            resolve();
          } else waiting.push(resolve);
        });
      async function worker(): Promise<void> {
        while (serial < total) {
          const number = serial++;
          await turn();
          const stdin = stdinOf(`secret ${number}`);
          const stdinUri = await requester.uploadStdin(stdin);
          const requestId = await requester.ask(stdinUri, { deadline });
          if (number % 3 === 0) assert.equal(await requester.ask(stdinUri, { deadline }), requestId);
          acknowledged.push({ requestId, stdinUri, stdin });
        }
      }
      return {
        allow(count) {
          allowed += count;
          while (allowed > 0 && waiting.length > 0) {
            allowed -= 1;
            waiting.shift()?.();
          }
        },
        done: Promise.all(Array.from({ length: 6 }, worker)).then(() => undefined),
      };
    }
  });

  /** The same for all, so that a repeated question has the terms of the first. */
  const deadline = BigInt(Math.floor(holdingClock.now() / 1000) + 4 * 3600);

  async function inspectStore(acknowledged: readonly Acknowledged[], seen: readonly string[]): Promise<void> {
    const store = await openStore(join(rig.data, 'store'));
    try {
      for (const { requestId } of acknowledged) assertEndedOnce(store, requestId);
      assertSeenOnce(store, seen);
      const ids = acknowledged.map(({ requestId }) => requestId).sort();
      assert.equal(new Set(ids).size, ids.length, 'two inputs have one request');
      // Clients asked until they had an answer, so every request is known to its client: none was made twice.
      assert.deepEqual([...store.scan('requestsByRequester', [])].map(({ key }) => key[2]).sort(), ids);
      assert.deepEqual([...store.scan('requestOfStdin', [])].map(({ value }) => value).sort(), ids);
      assert.deepEqual([...store.scan('snapshots', [])].map(({ key }) => key[0]).sort(), ids);
      assert.deepEqual([...store.scan('openRequests', [])], []);
      const kinds = [...store.scan('artifacts', [])].map(({ value }) => value.kind);
      assert.equal(kinds.filter((kind) => kind === 'proof').length, ids.length);
    } finally {
      await store.close();
    }
  }

  function assertEndedOnce(store: Store, requestId: RequestId): void {
    const entries = [...store.scan('journal', [requestId])];
    assert.deepEqual(
      entries.map(({ key }) => key[1]),
      entries.map((_, seq) => seq),
      `the journal of ${requestId} has gaps`,
    );
    const ends = entries.filter(({ value }) => /^(fulfilled|failed|cancelled|expired)$/.test(value.to));
    assert.equal(ends.length, 1, `${requestId} has ended ${ends.length} times`);
    assert.equal(entries.at(-1)?.value.to, 'fulfilled');
    assert.equal(store.get('snapshots', requestId)?.seq, entries.length - 1);
  }

  /** Each entry of the feed in its order, and with it each transition. */
  function assertSeenOnce(store: Store, seen: readonly string[]): void {
    const feed = [...store.scan('feed', [], { after: [1] })].map(({ key: [n], value }) =>
      value.what === 'request' ? `${n} ${value.id} ${value.seq}` : `${n}`,
    );
    assert.deepEqual(
      seen.filter((entry, index) => entry !== feed[index]),
      [],
    );
    // Lanes end last, when nobody is told any more.
    assert.ok(feed.slice(seen.length).every((entry) => !entry.includes(' ')));
    const transitions = new Set(feed.map((entry) => entry.split(' ').slice(1).join(' ')).filter(Boolean));
    assert.equal(transitions.size, [...store.scan('journal', [])].length);
  }

  function inspectFiles(proofs: number): void {
    const files = (kind: string) =>
      readdirSync(join(rig.data, 'artifacts', kind), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
    assert.equal(files('proof').length, proofs);
    assert.equal(files('program').length, 1);
    assert.deepEqual(files('scratch'), []);
    for (const folder of [rig.runFolder, join(rig.data, 'run')])
      assert.deepEqual(readdirSync(folder), [], 'a killed service has left its sockets');
    // An upload that is not asked for is kept for a while. Here every input was asked for.
    assert.deepEqual(files('stdin'), []);
  }
});

/** Follows the feed of a service behind the last number that it has seen, over all of its lives. Answers what it was told, in order. */
function watchThroughLives(path: string): { leave(): void; end(): Promise<string[]> } {
  const seen: string[] = [];
  let isOver = false;
  let leave = () => {};
  const watching = (async () => {
    for (let after = 1; !isOver; ) {
      const life = watchEvents({ path }, `?progress=0&after=${after}`);
      leave = life.leave;
      await life.ended;
      for (const { feed, event } of life.seen) {
        if (event.case === 'beat') continue;
        after = Number(feed);
        seen.push(event.case === 'request' ? `${feed} ${event.value.row?.id} ${event.value.entry?.seq}` : `${feed}`);
      }
      // Nobody listens between two lives.
      await pause(20);
    }
  })();
  return {
    leave() {
      isOver = true;
      leave();
    },
    /** When the last service has stopped. */
    async end() {
      isOver = true;
      await watching;
      return seen;
    },
  };
}

/**
 * While it starts, or in the middle of its work: a number of transitions later, and up to some milliseconds after that. Starting takes
 * most of a life's time and little of what can go wrong, so it gets a quarter of the kills.
 */
async function randomMoment(service: ServiceProcess): Promise<void> {
  if (upTo(4) === 0) return pause(upTo(1_200));
  let left = upTo(perRound * 6);
  const extraMs = upTo(12);
  // In case that everything has ended: counted from where it serves, which a busy machine takes its time for.
  const patience = service.until(({ text }) => text.startsWith('Serving on')).then(() => pause(4_000));
  const busy = new Promise<void>((resolve) => {
    service.onLine(({ event }) => {
      if (event !== 'request.transition') return;
      left -= 1;
      if (left <= 0) resolve();
    });
  });
  await Promise.race([busy, patience]);
  await pause(extraMs);
}

const pause = (ms: number) => new Promise<void>((resolve) => holdingClock.wakeIn(ms, resolve));
