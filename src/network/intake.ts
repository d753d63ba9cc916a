// RequestProof through to the network: the intent is durable before the call leaves, and the request, its delivery and the end of the intent
// are one transaction. A lost answer is looked for before anything is sent again.

import { Buffer } from 'node:buffer';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Catalog } from '../artifacts/catalog.js';
import type { Clock, SteadyMs } from '../clock.js';
import { RequestProofResponseSchema } from '../gen/network/network_pb.js';
import { type Address, bytesOf, parseRequestId, type RequestId } from '../ids.js';
import type { Log } from '../log.js';
import type { Registry, Submission } from '../requests/registry.js';
import type { Store } from '../store/environment.js';
import { within } from '../within.js';
import type { Deliveries } from './deliveries.js';
import { findRequest } from './findRequest.js';
import type { IntentRecord, Intents } from './intents.js';
import type { NetworkWatch } from './networkWatch.js';
import { isNonceRefusal } from './nonceOwner.js';
import { readRequest, type SeenRequest } from './readRequest.js';
import { takeIn } from './takeIn.js';
import { mayPass, parsed, type Upstream, UpstreamError } from './upstream.js';

export interface IntakeCall {
  readonly submission: Submission;
  /** The signed envelope, as received, and the signed bytes in it. */
  readonly raw: Uint8Array;
  readonly message: Uint8Array;
  readonly nonce: bigint;
  readonly stdinUri: string;
  /** As far as is known before: it will be ours. */
  readonly isReserved: boolean;
}

export type IntakeOutcome =
  | { readonly ok: true; readonly requestId: RequestId; readonly txHash: Uint8Array }
  | { readonly ok: false; readonly code: number; readonly text: string };

export interface Intake {
  /** Fails with what `registry.submit` fails with. */
  submit(call: IntakeCall): Promise<IntakeOutcome>;
  /** The network has it under this id, as one of its lists says. Does nothing while the call itself is under way. */
  claim(intent: IntentRecord, networkId: RequestId): Promise<void>;
  /** Finds out what became of intents that nobody asks about any more. */
  resolve(): Promise<void>;
}

export interface IntakeParameters {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly registry: Registry;
  readonly deliveries: Deliveries;
  readonly intents: Intents;
  readonly watch: Pick<NetworkWatch, 'forwarded' | 'intentFound'>;
  /** After the deadline a proof is still offered for so long (ms). */
  readonly lateGraceMs: number;
}

/** A request that may be another's is begun after this time although the network does not say whose it is (ms). */
const beginsUnseenMs = 5_000;
/** Between two looks for a call whose answer was lost (ms). */
const lookAgainMs = 30_000;
const requestProofPath = '/network.ProverNetwork/RequestProof';
const aborted = 10;
const internal = 13;
const unavailable = 14;

/** The id that the base flavour is believed to give: a guess that is asked for, never relied on. */
export const candidateIdOf = (requester: Address, message: Uint8Array): RequestId =>
  Buffer.from(keccak_256(Buffer.concat([bytesOf(requester), message]))).toString('hex') as RequestId;

/** A network that says nothing is asked again by the client. Throws what is no UpstreamError. */
function asRefusal(error: unknown): IntakeOutcome {
  if (error instanceof UpstreamError) return { ok: false, code: unavailable, text: error.text };
  throw error;
}

interface Asked {
  readonly seen: Promise<SeenRequest>;
}

/** Who proves it is asked while it goes to disk. Without a reservation it may be another's: then nothing is begun before the answer. */
async function whoseItIs(
  { upstream, clock }: Pick<IntakeParameters, 'upstream' | 'clock'>,
  id: RequestId,
  isReserved: boolean,
): Promise<Asked> {
  const seen = readRequest(upstream, id, 0);
  const answered = seen.then(
    () => {},
    () => {},
  );
  // Killed in this wait, the next start finds the request by its intent.
  if (!isReserved) await within(clock, beginsUnseenMs, answered);
  return { seen };
}

const keyOf = ({ requester, stdinId }: Pick<Submission, 'requester' | 'stdinId'>) => `${requester}:${stdinId}`;

/** Of these intents alone. */
function keepOf(looked: Map<string, unknown>, open: readonly IntentRecord[]): void {
  const keys = new Set(open.map(({ submission }) => keyOf(submission)));
  for (const key of looked.keys()) if (!keys.has(key)) looked.delete(key);
}

/** One flight a key: a second call waits for the first and finds what it has left. */
function createFlights() {
  const flights = new Map<string, Promise<unknown>>();
  return {
    has: (key: string) => flights.has(key),
    async alone<T>(key: string, work: () => Promise<T>): Promise<T> {
      const before = flights.get(key) ?? Promise.resolve();
      const mine = before.then(work, work);
      flights.set(key, mine);
      try {
        return await mine;
      } finally {
        if (flights.get(key) === mine) flights.delete(key);
      }
    },
  };
}

export function createIntake(parameters: IntakeParameters): Intake {
  const { upstream, clock, log, store, registry, intents, watch } = parameters;
  const flights = createFlights();
  /** When an intent that nobody asks about was last looked for. */
  const looked = new Map<string, SteadyMs>();

  /** The network has accepted it: from here on it is a request like any other. */
  const adopt = (intent: IntentRecord, networkId: RequestId, asked?: Asked): Promise<RequestId> =>
    takeIn(parameters, { submission: intent.submission, networkId, ...asked }, (tx) => intents.remove(tx, intent));

  const found = (requestId: RequestId): IntakeOutcome => ({ ok: true, requestId, txHash: bytesOf(requestId) });

  async function lookFor(intent: IntentRecord): Promise<RequestId | undefined> {
    const found = await findRequest(parameters, intent);
    if (found === undefined) return undefined;
    const id = await adopt(intent, found.id);
    watch.intentFound(found.how);
    return id;
  }

  async function unknownFate(intent: IntentRecord, text: string): Promise<IntakeOutcome> {
    await intents.put({ ...intent, state: 'unknown' });
    const id = await lookFor(intent).catch(() => undefined);
    return id === undefined ? { ok: false, code: unavailable, text } : found(id);
  }

  async function forward(
    intent: IntentRecord,
    { raw, isReserved }: IntakeCall,
    wasUnknown: boolean,
  ): Promise<IntakeOutcome> {
    const from = clock.steady();
    await intents.put(intent);
    const answer = await upstream.forward(requestProofPath, raw);
    if (answer.ok) {
      const { txHash, body } = parsed(RequestProofResponseSchema, answer.bytes);
      const id = parseRequestId(body?.requestId ?? new Uint8Array());
      if (id !== undefined && txHash.byteLength === 32) {
        const requestId = await adopt(intent, id, await whoseItIs(parameters, id, isReserved));
        watch.forwarded(clock.steady() - from);
        return { ok: true, requestId, txHash };
      }
      log.error({ event: 'network.answer_malformed' }, 'RequestProof was answered without ids of 32 bytes');
      await intents.put({ ...intent, state: 'unknown' });
      return { ok: false, code: internal, text: 'the answer of the network has no ids of 32 bytes' };
    }
    const { code, text } = answer;
    if (isNonceRefusal(text)) {
      // With the nonce of an earlier call this may be the trace of that call's acceptance.
      const id = wasUnknown ? await lookFor(intent).catch(() => undefined) : undefined;
      if (id !== undefined) return found(id);
      if (!wasUnknown) await store.write((tx) => intents.remove(tx, intent));
      return { ok: false, code: aborted, text };
    }
    if (mayPass(code)) return unknownFate(intent, text);
    await store.write((tx) => intents.remove(tx, intent));
    return { ok: false, code, text };
  }

  async function take(call: IntakeCall): Promise<IntakeOutcome> {
    const { submission, message, nonce, stdinUri } = call;
    const { requester, stdinId } = submission;
    const known = store.get('requestOfStdin', stdinId);
    if (known !== undefined && registry.view(known)?.request.requester === requester) {
      const id = await registry.submit(submission, {
        stdin: () => {
          throw new Error('the request is there already');
        },
        alsoWrite: () => {},
      });
      return found(id);
    }
    const earlier = intents.get(requester, stdinId);
    const isSameNonce = earlier?.nonce === nonce.toString();
    if (earlier !== undefined && !isSameNonce) {
      // While it is not known what became of that call, another one could be a second request.
      const id = await lookFor(earlier).catch(asRefusal);
      if (typeof id === 'object') return id;
      if (id !== undefined) return found(id);
    }
    const intent: IntentRecord = {
      submission,
      stdinUri,
      nonce: nonce.toString(),
      candidateId: candidateIdOf(requester, message),
      state: 'sending',
      at: clock.now(),
    };
    return forward(intent, call, isSameNonce);
  }

  return {
    submit: (call) => flights.alone(keyOf(call.submission), () => take(call)),

    async claim({ submission }, networkId) {
      const { requester, stdinId } = submission;
      if (flights.has(keyOf(submission))) return;
      await flights.alone(keyOf(submission), async () => {
        const intent = intents.get(requester, stdinId);
        if (intent === undefined) return;
        await adopt(intent, networkId);
        watch.intentFound('watcher');
        log.info({ event: 'network.intent_found', requestId: networkId }, 'a call whose answer was lost is found');
      });
    },

    async resolve() {
      const open = intents.all();
      keepOf(looked, open);
      for (const { submission } of open) {
        const { requester, stdinId } = submission;
        const key = keyOf(submission);
        const last = looked.get(key);
        if (flights.has(key) || (last !== undefined && clock.steady() - last < lookAgainMs)) continue;
        looked.set(key, clock.steady());
        await flights
          .alone(key, async () => {
            const intent = intents.get(requester, stdinId);
            if (intent === undefined) return;
            const id = await lookFor(intent);
            if (id !== undefined)
              return log.info(
                { event: 'network.intent_found', requestId: id },
                'a call whose answer was lost is found',
              );
            if (submission.deadlineAt < clock.now()) await store.write((tx) => intents.remove(tx, intent));
          })
          .catch((error: unknown) =>
            log.warn({ event: 'network.intent_open', err: error }, 'what became of a call is not known yet'),
          );
      }
    },
  };
}
