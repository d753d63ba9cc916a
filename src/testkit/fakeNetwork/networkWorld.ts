// A whole front of the network in simulated time: its real assembly on a store that it can die on, a fake network in this process, scripted
// lanes, and clients.
import { createSigner } from '../../client/signer.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { failed } from '../../failures/outcome.js';
import { FulfillmentStatus } from '../../gen/network/network_pb.js';
import type { Address, ArtifactId } from '../../ids.js';
import { createLog } from '../../log.js';
import type { NetworkSettings } from '../../network/network.js';
import { createReachability } from '../../network/reachability.js';
import type { Signatures } from '../../rpc/signed/signatures.js';
import { fakeProof } from '../engine/fakeProof.js';
import { proveWith, successOf } from '../engine/scriptedLanes.js';
import { sampleArtifactId } from '../sampleIds.js';
import { createMemoryPages } from '../world/memoryPages.js';
import type { SimulatedClock } from '../world/simulatedClock.js';
import { createWorld, vkHash, type World } from '../world/world.js';
import { type Asking, type AskingClient, type AskOptions, runClient } from './askingClients.js';
import { createFakeCore, type FakeCore } from './core.js';
import type { FakeRequest } from './ledger.js';
import { recover } from './recover.js';
import { type SimulatedUpstream, simulatedUpstream } from './simulatedUpstream.js';
import type { Switches } from './switches.js';

export interface NetworkWorld {
  readonly core: FakeCore;
  readonly clock: SimulatedClock;
  /** The life that runs now. */
  readonly world: World;
  readonly prover: Address;
  /** A client with a reservation begins to ask, with an input that holds this text. */
  ask(text: string, options?: AskOptions): Promise<AskingClient>;
  /** Answers the `which`th of the jobs that wait. False when there is none. */
  work(which?: number): boolean;
  /** kill -9, and a new life. */
  crash(): Promise<void>;
  /** Passes time and answers jobs until all have ended, or `mostMs` are over. */
  untilAllEnded(mostMs?: number): Promise<void>;
  /** No client asks, and no request and no delivery is open. */
  hasEnded(): boolean;
  /** What became of the requests of this client at the network. */
  requestsOf(client: AskingClient): FakeRequest[];
  end(): Promise<void>;
}

const publicUrl = 'https://prover.example.org';
const hour = 3_600_000;
const elf = Buffer.from('of the one program');
const proverKey = '04'.padStart(64, '0');

const signatures: Signatures = {
  async recover({ message, signature }) {
    const signer = recover(message, signature, [27, 54]);
    if (signer === undefined) throw new FailureError(fail('SIGNATURE_INVALID'));
    return signer;
  },
  close: async () => {},
};

interface Options {
  readonly switches?: Partial<Switches>;
  /** Of the chances of its faults. */
  readonly seed?: number;
  /** Of the service. */
  readonly settings?: Partial<NetworkSettings>;
}

export async function createNetworkWorld({ switches, seed, settings }: Options = {}): Promise<NetworkWorld> {
  const clients: Asking[] = [];
  const signer = createSigner(proverKey);
  let upstream: SimulatedUpstream | undefined;
  let known: FakeCore | undefined;
  const coreOn = (clock: SimulatedClock): FakeCore => {
    known ??= createFakeCore({ clock, switches, seed, url: () => 'http://fake' });
    return known;
  };
  let death = Promise.withResolvers<void>();
  let world = await createWorld({
    pages: createMemoryPages(),
    publicUrl,
    networkSettings: settings,
    signatures,
    network(clock) {
      const reachability = createReachability({ clock, log: createLog('silent') });
      upstream = simulatedUpstream(coreOn(clock), clock, reachability.note);
      return { upstream, reachability, signers: [signer], url: 'http://fake' };
    },
  });
  const { clock } = world;
  const core = coreOn(clock);
  const { ledger, control } = core;
  const program = { vkHash, vk: elf, programUri: 's3://fake/programs/x', owner: signer.address, createdAt: 0 };
  ledger.programs.set(vkHash, program);
  const service = () => ({ methods: world.assembly.methods, died: death.promise });

  const made: NetworkWorld = {
    core,
    clock,
    get world() {
      return world;
    },
    prover: signer.address,
    async ask(text, options = {}) {
      const stdinId: ArtifactId = sampleArtifactId();
      const key = Buffer.alloc(32, 100 + clients.length).toString('hex');
      const account = createSigner(key).address;
      control.addReservation(account, signer.address);
      await world.upload(stdinId, account, text);
      const stdinUri = `${publicUrl}/artifacts/${stdinId}`;
      const client: Asking = { ...options, text, stdinUri, requestId: undefined, state: 'asking', refusal: undefined };
      clients.push(client);
      runClient(client, { key, clock, service }).catch((error: unknown) => {
        Object.assign(client, { state: 'refused', refusal: String(error) });
      });
      return client;
    },
    work: (which = 0) => workOn(world, clients, core, which),
    async crash() {
      upstream?.die();
      const before = death;
      death = Promise.withResolvers<void>();
      world = await world.reborn();
      before.resolve();
    },
    async untilAllEnded(mostMs = 2 * hour) {
      const givesUpAt = clock.steady() + mostMs;
      while (!made.hasEnded() && clock.steady() < givesUpAt) {
        await world.settle();
        if (!made.work()) await clock.advance(1_000);
      }
      await world.settle();
    },
    hasEnded() {
      const isOpen = (bucket: 'openRequests' | 'openDeliveries') => [...world.store.scan(bucket, [])].length > 0;
      if (clients.some(({ state }) => state === 'asking') || isOpen('openRequests') || isOpen('openDeliveries'))
        return false;
      return [...ledger.requests.values()].every(({ fulfillment }) => fulfillment !== FulfillmentStatus.ASSIGNED);
    },
    requestsOf: ({ stdinUri }) => [...ledger.requests.values()].filter(({ body }) => body.stdinUri === stdinUri),
    end: () => world.end(),
  };
  await world.settle();
  return made;
}

/** As a flawless lane, except for guests that fail. */
function workOn(
  { lanes: { waiting } }: World,
  clients: readonly Asking[],
  { ledger }: FakeCore,
  which: number,
): boolean {
  const next = waiting[which % Math.max(1, waiting.length)];
  if (next === undefined) return false;
  const { job } = next;
  const uri = ledger.requests.get(job.requestId)?.body.stdinUri;
  const client = clients.find(({ stdinUri }) => stdinUri === uri);
  if (client?.guestFails && job.stage === 'execute')
    next.answer(failed(fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '1' })));
  else if (job.stage === 'prove')
    next.answer(proveWith(job, fakeProof(elf, Buffer.from(client?.text ?? ''), 'core', 64)));
  else next.answer(successOf(job));
  return true;
}
