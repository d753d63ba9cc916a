// A world whose traces go to a fake collector, with time that passes only while no call has to be answered.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { createCollector } from '../../traces/collector.js';
import { samplesOf } from '../service/prometheusText.js';
import { createMemoryPages } from '../world/memoryPages.js';
import { createWorld, type World } from '../world/world.js';
import { type FakeCollector, startFakeCollector } from './fakeCollector.js';

export interface TracesRig {
  readonly world: World;
  readonly collector: FakeCollector;
  /** Events of the log that are about traces. */
  readonly told: { readonly event: string; readonly count?: number; readonly why?: string; readonly lost?: number }[];
}

export async function startTraced(t: TestContext): Promise<TracesRig> {
  const collector = await startFakeCollector();
  // Before the world ends, which would wait for a call without an answer.
  t.after(() => collector.close());
  const made = await startTracedAt(t, collector.endpoint);
  return { ...made, collector };
}

export async function startTracedAt(t: TestContext, endpoint: string): Promise<Omit<TracesRig, 'collector'>> {
  const told: TracesRig['told'] = [];
  const log = pino(
    { messageKey: 'message' },
    {
      write(line: string) {
        const fact = JSON.parse(line);
        if (String(fact.event).startsWith('traces.')) told.push(fact);
      },
    },
  );
  const world = await createWorld({ pages: createMemoryPages(), collector: createCollector(endpoint, '1.2.3'), log });
  t.after(() => world.end());
  return { world, told };
}

export async function counted({ meter }: Pick<World, 'meter'>, outcome: 'sent' | 'lost'): Promise<number> {
  return samplesOf(await meter.text()).get(`traces_total{outcome="${outcome}"}`) ?? 0;
}

/** Time passes, but not while a call has no answer: answers come by a real socket. */
export async function passUntil({ clock }: World, isSo: () => boolean | Promise<boolean>, collector?: FakeCollector) {
  const givesUpAt = clock.steady() + 600_000;
  while (!(await isSo())) {
    assert.ok(clock.steady() < givesUpAt, 'it does not come about');
    if ((collector?.open ?? 0) > 0) await loopTurn();
    else await clock.advance(100);
  }
}

export const sentIs = (rig: TracesRig, traces: number) =>
  passUntil(rig.world, async () => (await counted(rig.world, 'sent')) === traces, rig.collector);
export const lostIs = (rig: TracesRig, traces: number) =>
  passUntil(rig.world, async () => (await counted(rig.world, 'lost')) === traces, rig.collector);
