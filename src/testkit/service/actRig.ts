// Actions of operators in a world: what calls them, over a restart, and what they have left behind.
import type { NetConnectOpts } from 'node:net';
import type { TestContext } from 'node:test';
import { type DescMethodUnary, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import type { Changed } from '../../gen/admin/v1/shared_pb.js';
import type { Sha256 } from '../../ids.js';
import type { Act as AuditedAct } from '../../store/buckets.js';
import { inAwayNetwork } from '../world/awayNetwork.js';
import { createMemoryPages } from '../world/memoryPages.js';
import { createWorld, type World } from '../world/world.js';
import { callGrpc, pathOf, post } from './adminCalls.js';
import { startAdmin } from './adminWorld.js';
import type { Acted } from './operatorAct.js';

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

export interface ActRig<W extends Acted = World> {
  world(): W;
  /** kill -9, and a new life. */
  reborn(): Promise<void>;
  call(act: Called, call: object, change?: object): Promise<{ status: number; said: { changed: Changed } & Refusal }>;
  /** The same call by gRPC, as what `call` answers or the sentence that it refuses with. */
  callGrpc(act: Called, call: object, change?: object): Promise<unknown>;
}

type Called = { readonly method: DescMethodUnary };

/** `inNetwork`: of a front of a network that is away. */
export async function actRig(t: TestContext, { inNetwork }: { readonly inNetwork?: true } = {}): Promise<ActRig> {
  let world = await createWorld({
    pages: createMemoryPages(),
    holdFailedMs: 3_600_000,
    ...(inNetwork && inAwayNetwork),
  });
  t.after(() => world.end());
  let to = await startAdmin(t, world);
  return {
    world: () => world,
    async reborn() {
      const { reports } = world.lanes;
      world = await world.reborn();
      world.lanes.reports = reports;
      to = await startAdmin(t, world);
      await world.settle();
    },
    ...callsTo(() => to),
  };
}

export function callsTo(to: () => NetConnectOpts): Pick<ActRig, 'call' | 'callGrpc'> {
  const given = (call: object, change: object) => ({ ...call, change: { reason, ...change } });
  return {
    async call({ method }, call, change = {}) {
      const { status, body: said } = await post(to(), pathOf(method), JSON.stringify(given(call, change)), json);
      return { status, said: said as unknown as { changed: Changed } & Refusal };
    },
    async callGrpc({ method }, call, change = {}) {
      const message = fromJson(method.input, JSON.parse(JSON.stringify(given(call, change))) as JsonValue);
      const answer = await callGrpc(to(), method, message, { 'x-sealed-operator': json['x-sealed-operator'] });
      return 'message' in answer
        ? toJson(method.output, answer.message, { alwaysEmitImplicit: true })
        : answer.sentence;
    },
  };
}

interface Refusal {
  readonly message: string;
  readonly details: readonly { readonly debug: { readonly code: string } }[];
}
export const codeOf = ({ said }: { said: Refusal }) => said.details[0]?.debug.code;
/** But for what a world was brought to its state with. */
export const auditOf = ({ assembly }: Acted) =>
  assembly.audit.list(10).filter(({ operator }) => operator !== before.operator);
