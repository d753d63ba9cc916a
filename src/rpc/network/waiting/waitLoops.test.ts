import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../../clock.js';
import { newRequestId, type RequestId } from '../../../ids.js';
import type { Peer } from '../../connection.js';
import type { Caller } from '../../grpc/call.js';
import { createWaitLoops, type WaitLoops } from './waitLoops.js';

const [a, b] = [newRequestId(), newRequestId()];
const roundTripMs = 30;

interface From {
  readonly address?: string;
  /** Names the connection; 0 is another one each time. */
  readonly port?: number;
  readonly userAgent?: string;
  readonly forwardedFor?: string;
  readonly hasTimeLimit?: boolean;
}

/** Clients that call in turn, each call answered after `heldMs`; time passes only as they say. */
class Stage {
  time = 1_700_000_000_000;
  readonly #peers = new Map<number, Peer>();
  readonly loops: WaitLoops = createWaitLoops({ now: () => this.time, wakeAt: () => () => {} } satisfies Clock);

  caller({
    address = '10.0.0.1',
    port = 1,
    userAgent = 'tonic/0.14.2',
    forwardedFor,
    hasTimeLimit = false,
  }: From): Caller {
    const known = port === 0 ? undefined : this.#peers.get(port);
    const peer = known ?? { address, port, certificate: undefined };
    if (port !== 0) this.#peers.set(port, peer);
    return { peer, userAgent, forwardedFor, hasTimeLimit };
  }

  /** One call, there and back. Answers whether it may be held. `undefined` is a call that asks for no status. */
  call(
    requestId: RequestId | undefined,
    from: From = {},
    { travelMs = roundTripMs, heldMs = 0, fails = false } = {},
  ): boolean {
    this.time += travelMs;
    const poll = this.loops.heard(this.caller(from), requestId);
    this.time += heldMs;
    if (!fails) poll.answered();
    return poll.continuesLoop;
  }

  sleep(ms: number): void {
    this.time += ms;
  }

  /** These calls one after the other, then the SDK's sleep. */
  round(...calls: [requestId: RequestId | undefined, from: From][]): boolean[] {
    const answers = calls.map(([requestId, from]) => this.call(requestId, from));
    this.sleep(2_000);
    return answers;
  }

  /** The SDK's wait: `count` polls, 2 s after each answer. */
  wait(requestId: RequestId, count: number, from: From = {}): boolean[] {
    return Array.from({ length: count }, () => {
      const mayBeHeld = this.call(requestId, from);
      this.sleep(2_000);
      return mayBeHeld;
    });
  }
}

const isInOrder = (answers: readonly boolean[]) => answers.map((mayBeHeld) => (mayBeHeld ? 'held' : '-')).join(' ');

describe('a wait loop', () => {
  it('is known by its third poll', () => {
    assert.equal(isInOrder(new Stage().wait(a, 5)), '- - held held held');
  });

  it('goes on after a held poll, however long that was', () => {
    const stage = new Stage();
    stage.wait(a, 2);
    for (let n = 0; n < 5; n += 1) {
      assert.ok(stage.call(a, {}, { heldMs: 10_000 }));
      stage.sleep(2_000);
    }
  });

  it('of an older SDK comes by a new connection each time', () => {
    assert.equal(isInOrder(new Stage().wait(a, 4, { port: 0, userAgent: 'tonic/0.12.3' })), '- - held held');
  });

  it('survives a connection that was replaced', () => {
    const stage = new Stage();
    stage.wait(a, 3);
    assert.equal(isInOrder(stage.wait(a, 4, { port: 2 })), 'held - held held');
  });

  it('may ask from afar, and from a busy machine', () => {
    const stage = new Stage();
    const answers = [500, 40, 580, 5, 300].map((travelMs) => {
      const mayBeHeld = stage.call(a, {}, { travelMs });
      stage.sleep(2_000);
      return mayBeHeld;
    });
    assert.equal(isInOrder(answers), '- - held held held');
  });

  it('has others beside it: on other addresses, of other kinds, behind one proxy, as processes of one machine', () => {
    const stage = new Stage();
    const froms: From[] = [
      { address: '10.0.0.2', port: 0 },
      { port: 0, userAgent: 'tonic/0.12.3' },
      { forwardedFor: '192.0.2.1', port: 7 },
      { forwardedFor: '192.0.2.2', port: 7 },
      { port: 8 },
      { port: 9 },
    ];
    const answers: boolean[][] = [];
    for (let round = 0; round < 4; round += 1) {
      answers.push(
        froms.map((from, n) => {
          const mayBeHeld = stage.call(n % 2 === 0 ? a : b, from, { travelMs: 0 });
          stage.sleep(337);
          return mayBeHeld;
        }),
      );
    }
    assert.deepEqual(
      answers.map((round) => new Set(round)),
      [[false], [false], [true], [true]].map((of) => new Set(of)),
    );
  });
});

describe('no wait loop', () => {
  const neverHeld = (answers: readonly boolean[]) => assert.deepEqual(answers.filter(Boolean), []);
  const rounds = <T>(of: () => T | T[]): T[] => Array.from({ length: 8 }, of).flat() as T[];

  it('is one call, or another one long after', () => {
    const stage = new Stage();
    neverHeld(
      rounds(() => {
        const mayBeHeld = stage.call(a);
        stage.sleep(3_600_000);
        return mayBeHeld;
      }),
    );
  });

  for (const sleepMs of [0, 100, 1_000, 1_500, 1_950, 2_580, 3_000, 4_000, 10_000, 60_000]) {
    it(`is a poll after every ${sleepMs} ms`, () => {
      const stage = new Stage();
      neverHeld(
        rounds(() => {
          const mayBeHeld = stage.call(a);
          stage.sleep(sleepMs);
          return mayBeHeld;
        }),
      );
    });
  }

  it('is one with an irregular gap among the last two', () => {
    const stage = new Stage();
    stage.wait(a, 3);
    stage.sleep(1_000);
    assert.equal(isInOrder(stage.wait(a, 4)), '- - held held');
  });

  it('is asking for several requests in turn, by one connection or a new one each time', () => {
    for (const port of [1, 0]) {
      const stage = new Stage();
      neverHeld(rounds(() => stage.round([a, { port }], [b, { port }])));
      // With the pause between them.
      neverHeld(
        rounds(() =>
          [a, b].map((requestId) => {
            const mayBeHeld = stage.call(requestId, { port });
            stage.sleep(1_000);
            return mayBeHeld;
          }),
        ),
      );
    }
  });

  it('is asking for several requests in turn, by a connection for each', () => {
    const stage = new Stage();
    neverHeld(rounds(() => stage.round([a, { port: 1 }], [b, { port: 2 }])));
  });

  it('is asking for details too, or for anything else', () => {
    for (const port of [1, 0]) {
      const stage = new Stage();
      neverHeld(rounds(() => stage.round([a, { port }], [undefined, { port }])));
    }
  });

  it('is one in which something else was called, until it was quiet for two gaps', () => {
    const stage = new Stage();
    stage.wait(a, 3);
    stage.call(undefined);
    assert.equal(isInOrder(stage.wait(a, 4)), '- - held held');
  });

  it('is one in which something else was called while the poll was held', () => {
    const stage = new Stage();
    stage.wait(a, 2);
    const held = stage.loops.heard(stage.caller({}), a);
    assert.ok(held.continuesLoop);
    stage.sleep(3_000);
    stage.call(b);
    held.answered();
    stage.sleep(2_000);
    assert.equal(isInOrder(stage.wait(a, 3)), '- - held');
  });

  it('is one whose last poll failed, or was left by its client', () => {
    const stage = new Stage();
    stage.wait(a, 3);
    stage.call(a, {}, { fails: true });
    stage.sleep(2_000);
    assert.equal(isInOrder(stage.wait(a, 3)), '- - held');
  });

  it('is one whose polls overlap', () => {
    const stage = new Stage();
    stage.wait(a, 3);
    const first = stage.loops.heard(stage.caller({}), a);
    stage.loops.heard(stage.caller({}), a);
    first.answered();
    stage.sleep(2_000);
    assert.equal(isInOrder(stage.wait(a, 3)), '- - held');
  });

  it('is two clients of a proxy that does not name them', () => {
    const stage = new Stage();
    neverHeld(
      rounds(() =>
        [a, b].map((requestId) => {
          const mayBeHeld = stage.call(requestId);
          stage.sleep(970);
          return mayBeHeld;
        }),
      ),
    );
  });

  it('is one client that a proxy names, whichever of its connections it takes', () => {
    const stage = new Stage();
    neverHeld(
      rounds(() =>
        [a, b].map((requestId, n) => {
          const mayBeHeld = stage.call(requestId, { port: n + 1, forwardedFor: '192.0.2.1' });
          stage.sleep(970);
          return mayBeHeld;
        }),
      ),
    );
  });

  it('is another program than the SDK, or a call with a limit of its own', () => {
    neverHeld(new Stage().wait(a, 8, { userAgent: 'grpc-node-js/1.14.7' }));
    neverHeld(new Stage().wait(a, 8, { userAgent: '' }));
    neverHeld(new Stage().wait(a, 8, { hasTimeLimit: true }));
  });

  /** How a program that asks in turn may come: by one connection, by one for each request, in rotation, by a new one each time. */
  const connectionsOf: Record<string, (n: number, k: number, count: number) => number> = {
    one: () => 1,
    ofEach: (_, k) => k + 1,
    rotating: (n, _, count) => 1 + (n % (count + 1)),
    fresh: () => 0,
  };

  it('is any program that asks for several requests in turn, with the SDK’s sleep after each round', () => {
    const travel = fc.integer({ min: 0, max: 150 });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(connectionsOf)),
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.tuple(travel, fc.integer({ min: 0, max: 30 }), travel), { minLength: 8, maxLength: 60 }),
        fc.integer({ min: 0, max: 3 }),
        (kind, count, calls, sleepAfter) => {
          const stage = new Stage();
          const ids = Array.from({ length: count }, () => newRequestId());
          calls.forEach(([there, heldMs, back], n) => {
            const k = n % count;
            const port = connectionsOf[kind]?.(n, k, count) ?? 0;
            assert.equal(stage.call(ids[k], { port }, { travelMs: there, heldMs }), false);
            stage.sleep(back + (k === sleepAfter % count ? 2_000 : 0));
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is any program that asks for several requests in turn by one connection, however it sleeps', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 2_600 }), { minLength: 2, maxLength: 4 }),
        (isFresh, count, sleeps) => {
          const stage = new Stage();
          const ids = Array.from({ length: count }, () => newRequestId());
          for (let n = 0; n < 40; n += 1) {
            assert.equal(stage.call(ids[n % count], { port: isFresh ? 0 : 1 }), false);
            stage.sleep(sleeps[n % sleeps.length] ?? 0);
          }
        },
      ),
    );
  });
});
