// Actions of operators in a world: what calls them, over a restart, and what they have left behind.
import type { TestContext } from 'node:test';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Changed } from '../../gen/admin/v1/shared_pb.js';
import type { Sha256 } from '../../ids.js';
import type { Act as AuditedAct } from '../../store/buckets.js';
import { inAwayNetwork } from '../world/awayNetwork.js';
import { createMemoryPages } from '../world/memoryPages.js';
import { createWorld, type World } from '../world/world.js';
import { pathOf, post } from './adminCalls.js';
import { startAdmin } from './adminWorld.js';
export const reason = 'the driver is replaced';
export const operationId = '0f0f0f0f-1111-4222-8333-444455556666';
const json = { 'content-type': 'application/json', 'x-sealed-operator': 'ada' };
export const before: AuditedAct = {
  operator: 'eve',
  isClaimed: true,
  action: 'before',
  target: '',
  reason: 'before',
  operationId: 'before',
  call: '00'.repeat(32) as Sha256,
  effects: [],
};

/** `inNetwork`: of a front of a network that is away. */
export async function actRig(t: TestContext, { inNetwork }: { readonly inNetwork?: true } = {}) {
  let world = await createWorld({
    pages: createMemoryPages(),
    holdFailedMs: 3_600_000,
    ...(inNetwork && inAwayNetwork),
  });
  t.after(() => world.end());
  let to = await startAdmin(t, world);
  return {
    world: () => world,
    /** kill -9, and a new life. */
    async reborn() {
      const { reports } = world.lanes;
      world = await world.reborn();
      world.lanes.reports = reports;
      to = await startAdmin(t, world);
      await world.settle();
    },
    async call(act: { readonly method: DescMethodUnary }, call: object, change: object = {}) {
      const body = JSON.stringify({ ...call, change: { reason, ...change } });
      const { status, body: said } = await post(to, pathOf(act.method), body, json);
      return { status, said: said as unknown as { changed: Changed } & Refusal };
    },
  };
}

interface Refusal {
  readonly message: string;
  readonly details: readonly { readonly debug: { readonly code: string } }[];
}
export const codeOf = ({ said }: { said: Refusal }) => said.details[0]?.debug.code;
/** But for what a world was brought to its state with. */
export const auditOf = (world: World) =>
  world.assembly.audit.list(10).filter(({ operator }) => operator !== before.operator);
