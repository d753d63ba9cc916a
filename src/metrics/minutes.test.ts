// The ring of minutes: of requests as they move in a scripted world, and of a day and more.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fail } from '../failures/fail.js';
import { failed } from '../failures/outcome.js';
import { laneId } from '../ids.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createWorld, type World } from '../testkit/world/world.js';
import { createMinutes, keptMinutes } from './minutes.js';
import { Waits } from './waits.js';

const minuteMs = 60_000;

async function start(t: TestContext): Promise<World> {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  return world;
}

describe('the last minutes', { timeout: 300_000 }, () => {
  it('count what begins and ends in each, and what is open at its end', async (t) => {
    const world = await start(t);
    const { minutes } = world.assembly;
    await world.prove(1_000);
    const failing = await world.submit();
    const waiting = await world.submit();
    await world.settle();
    await world.clock.advance(minuteMs);
    const guest = fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '9' });
    world.lanes.waiting.find(({ job }) => job.requestId === failing)?.answer(failed(guest));
    await world.settle();
    await world.clock.advance(minuteMs);
    world.lanes.waiting.find(({ job }) => job.requestId === waiting)?.grant();
    await world.settle();
    const [first, second, third, ...more] = minutes.last(9);
    assert.deepEqual(more, []);
    assert.deepEqual([first?.started, first?.fulfilled, first?.open, first?.running], [3, 1, 2, 0]);
    assert.deepEqual([second?.started, second?.failedByGuest, second?.open], [0, 1, 1]);
    assert.deepEqual([third?.failedByGuest, third?.open, third?.running], [0, 1, 1]);
    assert.equal(third?.waits.executing?.samples, 1);
    const waited = third?.waits.executing?.quantileMs(0.5) ?? 0;
    assert.ok(Math.abs(waited - 2 * minuteMs) < (2 * minuteMs) / 8, String(waited));
    assert.deepEqual(minutes.last(1), [third]);
  });

  it('tell faults of guests from all others, and how else a request ends', async (t) => {
    const world = await start(t);
    const lost = fail('ENGINE_REFUSED', { laneId: laneId('gpu-0'), detail: 'no' });
    const id = await world.submit();
    await world.settle();
    for (let tries = 0; world.system.registry.view(id)?.state !== 'failed'; tries += 1) {
      world.lanes.waiting.find(({ job }) => job.requestId === id)?.answer(failed(lost));
      await world.settle();
      assert.ok(tries < 9);
    }
    const cancelled = await world.submit();
    await world.settle();
    await world.system.registry.cancel(cancelled);
    await world.submit({ deadlineAt: world.clock.now() + 5_000 });
    await world.settle();
    await world.clock.advance(6_000);
    await world.settle();
    const sums = world.assembly.minutes
      .last(keptMinutes)
      .map((each) => [each.failedOtherwise, each.cancelled, each.expired]);
    assert.deepEqual(sums, [[1, 1, 1]]);
  });

  it('count the deaths of engines, by lane and by the minute in which they were told', async () => {
    const clock = new SimulatedClock();
    const minutes = createMinutes({ clock, counts: () => ({ open: {}, running: {}, ended: {} }) });
    const [first, second] = [laneId('gpu-0'), laneId('gpu-1')];
    for (const each of [first, second, first]) minutes.noteCrash(each);
    await clock.advance(2 * minuteMs);
    minutes.noteCrash(second);
    const told = minutes.last(3).map(({ crashes }) => Object.fromEntries(crashes));
    assert.deepEqual(told, [{ 'gpu-0': 2, 'gpu-1': 1 }, {}, { 'gpu-1': 1 }]);
  });

  it('begin with the start: nothing is told of another life', async (t) => {
    const before = await createWorld({ pages: createMemoryPages() });
    await before.submit();
    await before.settle();
    await before.clock.advance(10 * minuteMs);
    const world = await before.reborn();
    t.after(() => world.end());
    await world.settle();
    assert.equal(world.assembly.minutes.knownFrom, world.clock.now());
    const [only, ...others] = world.assembly.minutes.last(keptMinutes);
    assert.deepEqual([only?.started, only?.open, others], [0, 1, []]);
  });

  it('keep a day, begin on full minutes, and lie side by side when the clock is set', async () => {
    const clock = new SimulatedClock();
    let open = 4;
    const minutes = createMinutes({ clock, counts: () => ({ open: { proving: open }, running: {}, ended: {} }) });
    await clock.advance(30 * minuteMs);
    assert.deepEqual(
      minutes.last(keptMinutes).map((each) => each.open),
      Array.from({ length: 31 }, () => 4),
    );
    open = 7;
    await clock.advance(100 * 24 * 60 * minuteMs);
    const day = minutes.last(keptMinutes + 5);
    assert.equal(day.length, keptMinutes);
    assert.ok(
      day.every(
        (each, index) =>
          each.open === 7 && each.at % minuteMs === 0 && each.at - (day[0]?.at ?? 0) === index * minuteMs,
      ),
    );
    assert.ok(clock.now() - (day.at(-1)?.at ?? 0) < minuteMs);
    await clock.set(-3_600_000);
    const after = minutes.last(3);
    assert.equal(after.length, 3);
    assert.ok(clock.now() - (after.at(-1)?.at ?? 0) < minuteMs);
  });

  it('know waits within an eighth, and have the same size whatever they were', () => {
    for (const ms of [11, 240, 5_000, 123_456, 86_000_000]) {
      const waits = new Waits();
      waits.add(ms);
      assert.ok(Math.abs(waits.quantileMs(0.5) - ms) <= ms / 8, `${ms}: ${waits.quantileMs(0.5)}`);
    }
    const waits = new Waits();
    assert.equal(waits.quantileMs(0.95), 0);
    for (let n = 0; n < 90; n += 1) waits.add(0);
    for (let n = 0; n < 10; n += 1) waits.add(1e12);
    assert.equal(waits.quantileMs(0.5), 0);
    assert.ok(waits.quantileMs(0.95) > 80_000_000);
    assert.equal(waits.samples, 100);
  });
});
