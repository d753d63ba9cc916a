// The actions on signing keys, as `operatorActs.ts` has the others, and the keys that they are done to.
import type { NetConnectOpts } from 'node:net';
import type { TestContext } from 'node:test';
import { Signers } from '../../gen/admin/v1/signers_pb.js';
import type { SignerId } from '../../ids.js';
import { teeOperatorRoutes } from '../../service/teeRoutes.js';
import { type ScriptedRegistrar, scriptedRegistrar } from '../signers/scriptedRegistrar.js';
import { createSignersRig, type SignersRig } from '../signers/signersRig.js';
import { createMemoryPages } from '../world/memoryPages.js';
import { createWorld } from '../world/world.js';
import { type ActRig, callsTo } from './actRig.js';
import { startAdmin } from './adminWorld.js';
import type { Act, Acted } from './operatorAct.js';

export type ActedSigners = SignersRig<ScriptedRegistrar> & Acted;

const acted = (rig: SignersRig<ScriptedRegistrar>): ActedSigners => ({ ...rig, assembly: rig.records });

export async function signerActRig(
  t: TestContext,
): Promise<ActRig<ActedSigners> & { readonly to: () => NetConnectOpts }> {
  const world = await createWorld({ pages: createMemoryPages() });
  let rig = acted(await createSignersRig({ registrar: scriptedRegistrar }));
  t.after(async () => {
    await rig.end();
    await world.end();
  });
  const listen = () => {
    const { signers, records, clock } = rig;
    return startAdmin(t, world, { ...records, signers, clock }, { more: teeOperatorRoutes(rig, clock) });
  };
  let to = await listen();
  return {
    world: () => rig,
    to: () => to,
    async reborn() {
      rig = acted(await rig.reborn());
      to = await listen();
    },
    ...callsTo(() => to),
  };
}

const youngest = ({ signers }: ActedSigners) => {
  const [view] = signers.views();
  if (view === undefined) throw new Error('there is no signer');
  return view;
};

/** The youngest one could not be quoted, and waits for its next try, although the cause is mended. */
async function pausing(rig: ActedSigners): Promise<{ id: SignerId }> {
  rig.registrar.trouble = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' };
  await rig.clock.advance(30 * 60_000);
  await rig.settle();
  rig.registrar.trouble = undefined;
  return { id: youngest(rig).start.signerId };
}

/** A successor is on its way, and stays there. */
async function rotating(rig: ActedSigners): Promise<Record<string, never>> {
  rig.registrar.hold = new Promise(() => {});
  await rig.clock.advance(30 * 60_000);
  await rig.settle();
  return {};
}

export const signerActs: readonly Act<ActedSigners>[] = [
  {
    method: Signers.method.rotate,
    name: 'signer.rotate',
    given: async () => ({}),
    // A key ends with its process, and a start makes another one: that is no part of it.
    seen: ({ signers }) => signers.views().length > 1,
    refused: [['NOTHING_TO_DO', rotating]],
  },
  {
    method: Signers.method.retryNow,
    name: 'signer.retry-now',
    given: pausing,
    seen: ({ signers }, { id }) => {
      const view = signers.views().find(({ start }) => start.signerId === id);
      return view !== undefined && 'phase' in view && view.phase === 'waiting';
    },
    refused: [
      ['NOTHING_TO_DO', async (rig) => ({ id: youngest(rig).start.signerId })],
      ['SIGNER_UNKNOWN', async () => ({ id: 'ab'.repeat(16) })],
      ['NOT_UNDERSTOOD', async () => ({ id: 'ab' })],
    ],
  },
];
