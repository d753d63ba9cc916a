// The promises of the waiting line, as properties over random histories.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { affinityMarginMs, anyServer, chooseServer, passesAtMost, Queue, type Server, type Waiting } from './queue.js';

const now = 1_700_000_000_000;
const boundless = { jobs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
let serial = 0;

function job(about: Partial<Waiting> = {}): Waiting {
  return {
    id: `job-${serial++}`,
    requester: 'a',
    deadlineAt: now + affinityMarginMs * 4,
    resumed: false,
    kind: 'core',
    program: 'fibonacci',
    sizeBytes: 1,
    ...about,
  };
}

const serving = (kinds: readonly string[], programs: readonly string[] = []) => ({
  serves: (kind: string) => kinds.includes(kind),
  hasProgram: (program: string) => programs.includes(program),
});

const anyJob = fc
  .record({
    requester: fc.constantFrom('a', 'b', 'c', 'd'),
    deadlineAt: fc.integer({ min: now, max: now + 3 * affinityMarginMs }),
    resumed: fc.boolean(),
    kind: fc.constantFrom('core', 'compressed'),
    program: fc.constantFrom('p', 'q', 'r'),
  })
  .map(job);
const anyLane = fc
  .record({ kinds: fc.subarray(['core', 'compressed']), programs: fc.subarray(['p', 'q', 'r']) })
  .map(({ kinds, programs }) => serving(kinds, programs));
/** Jobs that join, and lanes that take, in any order. */
const history = fc.array(fc.oneof(anyJob, anyLane), { maxLength: 120 });

test('every job is taken once, and never when it is not served', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const queue = new Queue<Waiting>(boundless);
      const waiting = new Set<Waiting>();
      const take = (lane: Server) => {
        const taken = queue.take(lane, now);
        const served = [...waiting].filter((each) => lane.serves(each.kind));
        if (taken === undefined) assert.equal(served.length, 0);
        else assert.ok(served.includes(taken));
        return taken !== undefined && waiting.delete(taken);
      };
      for (const step of steps) {
        if ('id' in step) {
          const fresh = { ...step, id: `${serial++}` };
          queue.add(fresh);
          waiting.add(fresh);
        } else take(step);
      }
      while (take(anyServer));
      assert.equal(waiting.size + queue.size, 0);
    }),
  );
});

test('what ran before a restart goes first, whatever the programs and deadlines', () => {
  fc.assert(
    fc.property(fc.array(anyJob), fc.subarray(['p', 'q', 'r']), (jobs, programs) => {
      const queue = new Queue<Waiting>(boundless);
      for (const each of jobs) queue.add({ ...each, id: `${serial++}` });
      const lane = serving(['core', 'compressed'], programs);
      const order = jobs.map(() => queue.take(lane, now)?.resumed);
      assert.deepEqual(
        order,
        [...order].sort((a, b) => Number(b) - Number(a)),
      );
    }),
  );
});

test('without affinity a requester is served by earliest deadline, equal ones by arrival', () => {
  fc.assert(
    fc.property(
      fc.array(
        anyJob.map((each) => ({ ...each, resumed: false })),
        { maxLength: 60 },
      ),
      (jobs) => {
        const queue = new Queue<Waiting>(boundless);
        const mine = jobs.map((each, index) => ({ ...each, id: `${index}` }));
        for (const each of mine) queue.add(each);
        const order = mine.map(() => queue.take(anyServer, now) as Waiting);
        for (const requester of ['a', 'b', 'c', 'd']) {
          assert.deepEqual(
            order.filter((each) => each.requester === requester).map(({ id }) => id),
            mine
              .filter((each) => each.requester === requester)
              .sort((x, y) => x.deadlineAt - y.deadlineAt || Number(x.id) - Number(y.id))
              .map(({ id }) => id),
          );
        }
      },
    ),
  );
});

test('between two turns of a waiting requester no other has two', () => {
  fc.assert(
    fc.property(
      fc.array(
        anyJob.map((each) => ({ ...each, resumed: false })),
        { maxLength: 60 },
      ),
      (jobs) => {
        const queue = new Queue<Waiting>(boundless);
        for (const each of jobs) queue.add({ ...each, id: `${serial++}` });
        const order = jobs.map(() => queue.take(anyServer, now)?.requester);
        for (const requester of new Set(order)) {
          let others: (string | undefined)[] = [];
          for (const served of order.slice(0, order.lastIndexOf(requester) + 1)) {
            if (served === requester) others = [];
            else others.push(served);
            assert.equal(new Set(others).size, others.length, `${order}`);
          }
        }
      },
    ),
  );
});

test('no starvation: affinity and newcomers delay a job by a bounded number of turns', () => {
  fc.assert(
    fc.property(
      fc.array(
        anyJob.map((each) => ({ ...each, resumed: false })),
        { minLength: 1, maxLength: 20 },
      ),
      fc.infiniteStream(anyJob.map((each) => ({ ...each, resumed: false }))),
      (jobs, newcomers) => {
        const queue = new Queue<Waiting>(boundless);
        for (const each of jobs) queue.add({ ...each, id: `${serial++}`, requester: 'b' });
        const victim = job({ requester: 'victim', program: 'lonely' });
        queue.add(victim);
        const lane = serving(['core', 'compressed'], ['p', 'q', 'r']);
        // Each of four other requesters may stand before the victim once, and each of the turns may be passed over.
        const bound = 5 * (passesAtMost + 1);
        for (let turn = 0; turn < bound; turn++) {
          if (queue.take(lane, now) === victim) return;
          const newcomer = newcomers.next().value;
          queue.add({ ...newcomer, id: `${serial++}` });
        }
        assert.fail(`not served in ${bound} turns`);
      },
    ),
  );
});

test('a lane prefers a program that it has set up, as long as no job is passed over too often', () => {
  const queue = new Queue<Waiting>(boundless);
  const other = job({ program: 'q', deadlineAt: now + affinityMarginMs });
  queue.add(other);
  const same = Array.from({ length: passesAtMost + 1 }, () => job({ program: 'p' }));
  for (const each of same) queue.add(each);
  const lane = serving(['core'], ['p']);
  assert.deepEqual(
    same.map(() => queue.take(lane, now)?.id),
    [...same.slice(0, passesAtMost), other].map(({ id }) => id),
  );
});

test('affinity never passes over a job near its deadline', () => {
  const queue = new Queue<Waiting>(boundless);
  const urgent = job({ program: 'q', deadlineAt: now + affinityMarginMs - 1 });
  queue.add(urgent);
  queue.add(job({ program: 'p' }));
  assert.equal(queue.take(serving(['core'], ['p']), now), urgent);
});

test('bounded by jobs and by bytes; a restart and an empty line are exempt', () => {
  const queue = new Queue<Waiting>({ jobs: 3, bytes: 100 });
  const huge = job({ sizeBytes: 1_000 });
  assert.ok(queue.add(huge));
  assert.equal(queue.add(job()), false);
  queue.remove(huge.id);
  assert.ok(queue.add(job({ sizeBytes: 60 })));
  assert.equal(queue.add(job({ sizeBytes: 41 })), false);
  assert.ok(queue.add(job({ sizeBytes: 40 })));
  assert.ok(queue.add(job({ sizeBytes: 0 })));
  assert.equal(queue.add(job({ sizeBytes: 0 })), false);
  assert.ok(queue.add(job({ sizeBytes: 60, resumed: true })));
  assert.equal(queue.size, 4);
});

test('a job that leaves the line frees its room and is never taken', () => {
  const queue = new Queue<Waiting>({ jobs: 2, bytes: 100 });
  const [first, second] = [job({ sizeBytes: 50 }), job({ sizeBytes: 50, kind: 'compressed' })];
  queue.add(first);
  queue.add(second);
  queue.remove(first.id);
  queue.remove(first.id);
  assert.ok(queue.add(job({ sizeBytes: 50, requester: 'b' })));
  assert.equal(queue.take(anyServer, now), second);
  assert.throws(() => {
    queue.add(job({ id: 'twice' }));
    queue.add(job({ id: 'twice' }));
  }, /waits already/);
});

test('a job goes to the lane that has its program, else to a warm one, else to the emptiest', () => {
  const lane = (name: string, programs: string[], warm: boolean, kinds = ['core']) => ({
    name,
    ...serving(kinds, programs),
    warm,
    programCount: programs.length,
  });
  const cold = lane('cold', [], false);
  const warm = lane('warm', ['q'], true);
  const emptier = lane('emptier', [], true);
  const knowing = lane('knowing', ['fibonacci', 'q'], false);
  const foreign = lane('foreign', ['fibonacci'], true, ['compressed']);
  assert.equal(chooseServer(job(), [cold, warm, emptier, knowing, foreign])?.name, 'knowing');
  assert.equal(chooseServer(job(), [cold, warm, emptier])?.name, 'emptier');
  assert.equal(chooseServer(job(), [cold, warm])?.name, 'warm');
  assert.equal(chooseServer(job(), [foreign]), undefined);
});

const ranks = {
  deadlineAt: fc.integer({ min: 0, max: 5 }),
  priority: fc.constantFrom('first', 'normal', 'last'),
} as const;
/** Few requesters and deadlines, so that many are alike. */
const rankedSteps = fc.array(
  fc.oneof(
    fc.record({
      add: fc.record({
        requester: fc.constantFrom('a', 'b', 'c'),
        resumed: fc.boolean(),
        kind: fc.constantFrom('core', 'compressed'),
        ...ranks,
      }),
    }),
    fc.record({ rerank: fc.nat(), ...ranks }),
    fc.record({ remove: fc.nat() }),
    fc.constant({ take: true }),
  ),
  { maxLength: 80 },
);

/** The same promises in the plainest way: every class has its round of requesters, each with its jobs. */
function plainLine() {
  const classes = ['resumed', 'first', 'normal', 'last'] as const;
  const rounds = new Map(classes.map((each) => [each as string, [] as string[]]));
  let jobs: Waiting[] = [];
  const classOf = ({ resumed, priority = 'normal' }: Waiting) => (resumed ? 'resumed' : priority);
  const join = (each: Waiting) => {
    const round = rounds.get(classOf(each)) as string[];
    if (!round.includes(each.requester)) round.push(each.requester);
  };
  const leave = () => {
    for (const [name, round] of rounds) {
      const left = round.filter((who) => jobs.some((each) => each.requester === who && classOf(each) === name));
      rounds.set(name, left);
    }
  };
  return {
    ids: () => jobs.map(({ id }) => id),
    add(each: Waiting) {
      jobs.push(each);
      join(each);
    },
    remove(id: string) {
      jobs = jobs.filter((each) => each.id !== id);
      leave();
    },
    rerank(id: string, rank: Pick<Waiting, 'deadlineAt' | 'priority'>) {
      jobs = jobs.map((each) => (each.id === id ? { ...each, ...rank } : each));
      const moved = jobs.find((each) => each.id === id);
      if (moved !== undefined) join(moved);
      leave();
    },
    take() {
      const name = classes.find((each) => (rounds.get(each) as string[]).length > 0);
      if (name === undefined) return undefined;
      const [who, ...others] = rounds.get(name) as [string, ...string[]];
      // Equal ones stay in order of arrival: `toSorted` is stable.
      const [next] = jobs
        .filter((each) => each.requester === who && classOf(each) === name)
        .toSorted((x, y) => x.deadlineAt - y.deadlineAt);
      rounds.set(name, [...others, who]);
      this.remove(next?.id ?? '');
      return next;
    },
  };
}

test('first goes before normal and normal before last, one that is ranked anew stands as if it had come so, and each place is told', () => {
  fc.assert(
    fc.property(rankedSteps, (steps) => {
      const queue = new Queue<Waiting>(boundless);
      const line = plainLine();
      const idAt = (place: number) => line.ids()[place % Math.max(1, line.ids().length)] ?? 'nobody';
      const takeBoth = () => {
        const expected = line.take();
        assert.deepEqual(queue.take(anyServer, now), expected);
        return expected !== undefined;
      };
      for (const step of steps) {
        if ('add' in step) {
          const each = job(step.add);
          queue.add(each);
          line.add(each);
        } else if ('rerank' in step) {
          const { deadlineAt, priority } = step;
          const id = idAt(step.rerank);
          queue.rerank(id, { deadlineAt, priority });
          line.rerank(id, { deadlineAt, priority });
        } else if ('remove' in step) {
          const id = idAt(step.remove);
          queue.remove(id);
          line.remove(id);
        } else takeBoth();
        assert.equal(queue.size, line.ids().length);
      }
      const foreseen = queue.peek(Number.POSITIVE_INFINITY);
      assert.deepEqual(new Set(queue.waiting()), new Set(foreseen));
      for (const [ahead, { id, requester }] of foreseen.entries()) {
        const before = foreseen.slice(0, ahead).map((each) => each.requester);
        const aheadOfOwn = before.filter((each) => each === requester).length;
        const others = new Set(before.filter((each) => each !== requester)).size;
        assert.deepEqual(queue.placeOf(id), { ahead, aheadOfOwn, others });
      }
      assert.equal(queue.placeOf('nobody'), undefined);
      const served: (Waiting | undefined)[] = [];
      for (let next = line.take(); next !== undefined; next = line.take()) served.push(next);
      assert.deepEqual(foreseen, served);
    }),
    { numRuns: 500 },
  );
});
