// Every action of operators, with what it is done to, what it changes and where it is refused.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { Artifacts } from '../../gen/admin/v1/artifacts_pb.js';
import { Programs } from '../../gen/admin/v1/programs_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import { type ArtifactId, laneId, type RequestId } from '../../ids.js';
import { vkHash, type World } from '../world/world.js';
import { before } from './actRig.js';
import { deliveryActs } from './deliveryActs.js';
import { laneActs } from './laneActs.js';
import type { Act } from './operatorAct.js';

const state = (world: World, { id }: Record<string, unknown>) => {
  const view = world.system.registry.view(id as RequestId);
  return view && [view.state, view.seq];
};

export async function proving(world: World): Promise<{ id: RequestId }> {
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  world.lanes.waiting[0]?.grant();
  await world.settle();
  return { id };
}

/** Two engines have died on it, and it waits for an operator. */
export async function held(world: World): Promise<{ id: RequestId }> {
  const { id } = await proving(world);
  for (let deaths = 0; deaths < 2; deaths += 1) {
    const detail = 'signal SIGSEGV';
    const died = fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail, blame: true });
    world.lanes.waiting[0]?.answer(failed(died));
    await world.settle();
    await world.clock.advance(10_000);
    await world.settle();
  }
  assert.equal(world.system.registry.view(id)?.state, 'held');
  return { id };
}

/** Three that are proved, and one that waits to be executed. */
async function manyProving(world: World) {
  for (const _ of [1, 2, 3]) await proving(world);
  await world.submit();
  await world.settle();
  return { action: 'cancel', filter: { states: ['proving'] }, expectedCount: 3 };
}

/** Two of four are named that are proved, and one that waits, which does not fit. */
async function manyChosen(world: World) {
  const { id: first } = await proving(world);
  const asked = await manyProving(world);
  const { id: second } = await proving(world);
  const waiting = await world.submit();
  await world.settle();
  return { ...asked, ids: [first, second, waiting], expectedCount: 2 };
}

/** Its actor fails: what it was told cannot be written. */
export async function fails(world: World, id: RequestId) {
  const event = { type: 'PRIORITY_SET', priority: (() => {}) as never } as const;
  await assert.rejects(world.system.actRequest({ id, event, expectedSeq: 0, act: before }), /NOTHING_TO_DO/);
  await world.settle();
  assert.ok(world.system.setAside.has(id));
}

async function quarantined(world: World) {
  const { id } = await proving(world);
  await fails(world, id);
  return { id };
}

const inTwoHours = (world: World) => new Date(world.clock.now() + 7_200_000).toISOString();
const ended = async (world: World) => {
  const { id } = await proving(world);
  await world.system.registry.cancel(id);
  return { id };
};
async function paused(world: World, what: 'intake' | 'dispatch') {
  await world.assembly.orders.set(what, { what: 'paused' }, before);
  return {};
}

export const acts: readonly Act[] = [
  {
    method: Requests.method.cancel,
    name: 'request.cancel',
    given: proving,
    seen: state,
    refused: [
      [
        'NOTHING_TO_DO',
        async (world) => {
          const { id } = await proving(world);
          await world.system.registry.cancel(id);
          return { id };
        },
      ],
      ['REQUEST_UNKNOWN', async () => ({ id: 'ab'.repeat(32) })],
      ['NOT_UNDERSTOOD', async () => ({ id: 'ab' })],
    ],
  },
  {
    method: Requests.method.retry,
    name: 'request.retry',
    given: held,
    // Its lane is awaited once more after a restart: that is no part of it.
    seen: (world, { id }) => {
      const view = world.system.registry.view(id as RequestId);
      return [view?.state, view?.tries.prove];
    },
    refused: [
      ['NOTHING_TO_DO', proving],
      ['INPUT_GONE', ended],
    ],
  },
  {
    method: Requests.method.giveUp,
    name: 'request.give-up',
    given: held,
    seen: state,
    refused: [
      ['NOTHING_TO_DO', proving],
      ['NOTHING_TO_DO', ended],
    ],
  },
  {
    method: Requests.method.release,
    name: 'request.release',
    given: quarantined,
    seen: (world, { id }) => world.system.setAside.has(id as RequestId),
    refused: [
      ['NOTHING_TO_DO', proving],
      ['NOTHING_TO_DO', ended],
    ],
  },
  {
    method: Requests.method.applyToMany,
    name: 'requests.many',
    given: manyProving,
    parts: 3,
    seen: (world) => ['proving', 'cancelled'].map((each) => world.system.counts().open[each as 'proving'] ?? 0),
    refused: [
      ['COUNT_DIFFERS', async (world) => ({ ...(await manyProving(world)), expectedCount: 4 })],
      ['COUNT_DIFFERS', async (world) => ({ ...(await manyProving(world)), expectedCount: 2 })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyProving(world)), action: 'explode' })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyProving(world)), filter: { states: ['asleep'] } })],
    ],
  },
  {
    method: Requests.method.applyToMany,
    name: 'requests.many',
    given: manyChosen,
    parts: 2,
    seen: (world) => ['proving', 'cancelled'].map((each) => world.system.counts().open[each as 'proving'] ?? 0),
    refused: [
      ['COUNT_DIFFERS', async (world) => ({ ...(await manyChosen(world)), expectedCount: 3 })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyChosen(world)), ids: ['c07713aa'] })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyChosen(world)), ids: Array(501).fill('ab'.repeat(32)) })],
    ],
  },
  {
    method: Requests.method.moveDeadline,
    name: 'request.move-deadline',
    given: async (world) => ({ ...(await proving(world)), deadline: inTwoHours(world) }),
    seen: (world, { id }) => world.system.registry.view(id as RequestId)?.deadlineAt,
    refused: [
      ['NOTHING_TO_DO', async (world) => ({ ...(await ended(world)), deadline: inTwoHours(world) })],
      ['NOT_UNDERSTOOD', proving],
      [
        'NOT_UNDERSTOOD',
        async (world) => ({
          ...(await proving(world)),
          deadline: new Date(world.clock.now() + 59_000).toISOString(),
        }),
      ],
      [
        'NOT_UNDERSTOOD',
        async (world) => ({
          ...(await proving(world)),
          deadline: new Date(world.clock.now() + 31 * 86_400_000).toISOString(),
        }),
      ],
    ],
  },
  {
    method: Requests.method.setPriority,
    name: 'request.priority',
    given: async (world) => ({ ...(await proving(world)), priority: 'first' }),
    seen: (world, { id }) => world.system.registry.view(id as RequestId)?.priority,
    refused: [
      ['NOTHING_TO_DO', async (world) => ({ ...(await ended(world)), priority: 'first' })],
      ['NOTHING_TO_DO', async (world) => ({ ...(await proving(world)), priority: 'normal' })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await proving(world)), priority: 'soon' })],
    ],
  },
  {
    method: Programs.method.remove,
    name: 'program.remove',
    given: async () => ({ vkHash }),
    seen: ({ store }) => store.get('programs', vkHash),
    refused: [
      ['PROGRAM_IN_USE', async (world) => (await proving(world)) && { vkHash }],
      ['PROGRAM_UNKNOWN', async () => ({ vkHash: 'ab'.repeat(32) })],
      ['NOT_UNDERSTOOD', async () => ({ vkHash: 'ab' })],
    ],
  },
  {
    method: Artifacts.method.collect,
    name: 'artifacts.collect',
    async given(world) {
      const { path } = world.layout.final('ab'.repeat(32) as ArtifactId, 'stdin');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'what a crash has left');
      return { apply: true };
    },
    seen: ({ layout }) => existsSync(layout.final('ab'.repeat(32) as ArtifactId, 'stdin').path),
    refused: [],
  },
  {
    method: Requests.method.retryNow,
    name: 'request.retry-now',
    async given(world) {
      const { id } = await proving(world);
      const detail = 'signal SIGSEGV';
      world.lanes.waiting[0]?.answer(failed(fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail, blame: true })));
      await world.settle();
      return { id };
    },
    // Its next try: what moves on by itself after a restart is no part of it.
    seen: (world, { id }) => {
      const view = world.system.registry.view(id as RequestId);
      return [view?.state, view?.tries.prove];
    },
    refused: [['NOTHING_TO_DO', proving]],
  },
  {
    method: Queue.method.pauseIntake,
    name: 'intake.pause',
    given: async () => ({ for: '60s' }),
    seen: (world) => world.assembly.orders.of('intake'),
    refused: [
      ['NOTHING_TO_DO', async (world) => paused(world, 'intake')],
      ['NOT_UNDERSTOOD', async () => ({ for: '0.5s' })],
      ['NOT_UNDERSTOOD', async () => ({ for: '86401s' })],
    ],
  },
  {
    method: Queue.method.resumeIntake,
    name: 'intake.resume',
    given: (world) => paused(world, 'intake'),
    seen: (world) => world.assembly.orders.of('intake'),
    refused: [['NOTHING_TO_DO', async () => ({})]],
  },
  {
    method: Queue.method.pauseDispatch,
    name: 'dispatch.pause',
    given: async () => ({}),
    seen: (world) => [world.assembly.orders.of('dispatch'), world.lanes.orders?.mayGrant(laneId('gpu-0'))],
    refused: [['NOTHING_TO_DO', async (world) => paused(world, 'dispatch')]],
  },
  {
    method: Queue.method.resumeDispatch,
    name: 'dispatch.resume',
    given: (world) => paused(world, 'dispatch'),
    seen: (world) => [world.assembly.orders.of('dispatch'), world.lanes.orders?.mayGrant(laneId('gpu-0'))],
    refused: [['NOTHING_TO_DO', async () => ({})]],
  },
  ...laneActs,
  ...deliveryActs,
];
