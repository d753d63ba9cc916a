// What the delivery machine invokes: looks at the network, follows the request here, waits for the signer's turn, sends, reads again.
import type { Readable } from 'node:stream';
import { fromCallback } from 'xstate';
import type { Clock, SteadyMs } from '../clock.js';
import { FulfillProofResponseSchema, ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../ids.js';
import type { DeliveryEvent, ReadInput, SendInput, TurnInput } from '../machines/delivery/rules.js';
import type { ExecutionReports } from './executionReports.js';
import type { LargeReports } from './largeReports.js';
import type { NetworkWatch, TryResult } from './networkWatch.js';
import { isNonceRefusal, wantedNonce } from './nonceOwner.js';
import { believedEndMs, readRequest, type SeenRequest } from './readRequest.js';
import { type DeliveryPolicy, newsOfEnd } from './reportOf.js';
import type { RequestEnds } from './requestEnds.js';
import { failFulfillment, fulfilProof, nonceNewsOf } from './signedCalls.js';
import type { SigningKeys } from './signingKeys.js';
import { mayPass, parsed, type Upstream, type UpstreamAnswer } from './upstream.js';

export interface EffectParameters {
  readonly upstream: Upstream;
  readonly keys: SigningKeys;
  readonly policy: DeliveryPolicy;
  readonly executions: ExecutionReports;
  readonly clock: Clock;
  /** Undefined until the network has said it. */
  readonly owner: () => Address | undefined;
  /** Of the requests here. */
  readonly ends: RequestEnds;
  /** The proof of a fulfilled request, from its beginning. */
  readonly openProof: (localId: RequestId) => Promise<Readable>;
  /** Without it every proof is held while it is sent. */
  readonly largeReports?: LargeReports | undefined;
  /** Resolves when the delivery is on disk as submitting with this many tries. */
  readonly durable: (networkId: RequestId, tries: number) => Promise<void>;
  readonly watch: Pick<NetworkWatch, 'tried' | 'moved'>;
  /** Nonces that were granted in this life of the service: a restored call is not sent again. */
  readonly granted: Map<RequestId, { readonly tries: number; readonly nonce: bigint }>;
  /** What the network says of a new one, where it was asked before that was on disk. */
  readonly seen: Map<RequestId, Promise<SeenRequest>>;
  /** The network says that it is ours. That is not on disk yet. */
  readonly onOurs: (networkId: RequestId) => void;
  /** Nonces that were granted while they slept. */
  readonly early: Map<RequestId, bigint>;
}

/** Between two looks at a request (ms). */
const lookAgainMs = { first: 250, last: 5_000 } as const;
/** Of one read, so that a network that is away is asked again by the pace above (ms). */
const readBudgetMs = 0;
/** A reading may be older than the call: without a second one, and before this time, "assigned" is not believed (ms). */
const believedAfterMs = 30_000;
const readingsApartMs = 2_000;
/** ProofRequestError of what is asked for in our name and cannot be proved here. */
const unknownFailure = 3;

type Send = (event: DeliveryEvent) => void;

/** Calls `act` at a slowing pace until it answers true, or until it is stopped. What it throws is "not yet". */
function untilDone(clock: Clock, act: () => Promise<boolean>): () => void {
  let stopped = false;
  let cancel = () => {};
  async function run(pauseMs: number): Promise<void> {
    const isDone = await act().catch(() => false);
    if (stopped || isDone) return;
    cancel = clock.wakeIn(pauseMs, () => void run(Math.min(pauseMs * 2, lookAgainMs.last)));
  }
  void run(lookAgainMs.first);
  return () => {
    stopped = true;
    cancel();
  };
}

export const lookEffect = ({ upstream, clock, owner, seen: asked, onOurs }: EffectParameters) =>
  fromCallback<DeliveryEvent, { networkId: RequestId }>(({ input: { networkId }, sendBack }) => {
    let first = asked.get(networkId);
    let givenUpSince: SteadyMs | undefined;
    return untilDone(clock, async () => {
      const us = owner();
      if (us === undefined) return false;
      const reading = first ?? readRequest(upstream, networkId, readBudgetMs);
      first = undefined;
      const seen = await reading;
      if (seen.state === 'unfulfillable') {
        givenUpSince ??= clock.steady();
        if (clock.steady() - givenUpSince < believedEndMs) return false;
      } else givenUpSince = undefined;
      const event = newsOf(seen, us);
      if (event === undefined) return false;
      if (event.type === 'DETAILS_OURS') onOurs(networkId);
      sendBack(event);
      return true;
    });
  });

/** Undefined: not assigned yet, not there yet, or past its deadline, which a timer of its own ends. */
function newsOf(seen: SeenRequest, us: Address): DeliveryEvent | undefined {
  switch (seen.state) {
    case 'assigned':
      return { type: seen.fulfiller === us ? 'DETAILS_OURS' : 'DETAILS_OTHER' };
    case 'fulfilled':
      return { type: 'NETWORK_TERMINAL', end: 'fulfilled', ours: seen.fulfiller === us };
    case 'unfulfillable':
      return { type: 'NETWORK_TERMINAL', end: 'unfulfillable', ours: false, error: seen.error };
    default:
      return undefined;
  }
}

export const followEffect = ({ ends, policy }: EffectParameters) =>
  fromCallback<DeliveryEvent, { localId: RequestId | null }>(({ input, sendBack }) => {
    const { localId } = input;
    if (localId === null) return void sendBack({ type: 'ENDED', report: { kind: 'fail', error: unknownFailure } });
    return ends.of(localId, (view) => {
      const news = newsOfEnd(view, policy);
      if (news !== undefined) sendBack(news);
    });
  });

/** A guest's failure has two turns: its cause, once and whatever comes of it, then the report itself. */
export const turnEffect = ({ keys, policy, executions, clock, granted, early }: EffectParameters) =>
  fromCallback<DeliveryEvent, TurnInput>(({ input, sendBack }) => {
    const { networkId, signer: address, deadlineAt, isFailure, cause, tries } = input;
    if (!isFailure && policy.deliver === 'nothing') return void sendBack({ type: 'WITHHELD' });
    const { signer, nonceOwner } = keys.of(address);
    const wait = { deadlineAt, isFailure };
    let hasLeft = false;
    const grant = (nonce: bigint) => {
      granted.set(networkId, { tries: tries + 1, nonce });
      sendBack({ type: 'TURN_GRANTED', nonce: nonce.toString(), at: clock.now() });
    };
    const given = early.get(networkId);
    if (given !== undefined) {
      early.delete(networkId);
      return void grant(given);
    }
    const lineUp = () => nonceOwner.line({ ...wait, grant });
    const tellCause = (known: number) =>
      nonceOwner.line({
        ...wait,
        grant(nonce) {
          const sent = executions.send({ networkId, signer, nonce, cause: known });
          void sent
            .catch(() => ({ kind: 'unknown' }) as const)
            .then((news) => {
              // In the line again before the next number is granted: no later deadline comes between a cause and its report.
              if (!hasLeft) leave = lineUp();
              nonceOwner.done(nonce, news);
            });
        },
      });
    let leave = cause !== undefined && tries === 0 && executions.isOn ? tellCause(cause) : lineUp();
    return () => {
      hasLeft = true;
      leave();
    };
  });

/** The answer, and what it says of the nonce. Sent once a grant: whatever comes of it, this effect does not send again. */
export const sendEffect = (parameters: EffectParameters) =>
  fromCallback<DeliveryEvent, SendInput>(({ input, sendBack }) => {
    const { granted, durable, keys, watch } = parameters;
    const { nonceOwner } = keys.of(input.signer);
    const grant = granted.get(input.networkId);
    granted.delete(input.networkId);
    // Of an earlier life: the bytes may have left, or not.
    if (grant?.tries !== input.tries) return void sendBack({ type: 'FATE_UNKNOWN' });
    const work = async () => {
      await durable(input.networkId, input.tries);
      return submit(parameters, input, grant.nonce);
    };
    work().then(
      (answer) => {
        const event = eventOf(answer);
        watch.tried(resultOf(event, answer));
        sendBack(event);
        nonceOwner.done(grant.nonce, nonceNewsOf(answer));
      },
      () => {
        // Nothing was sent: the proof could not be read, or the delivery is not on disk.
        sendBack({ type: 'FATE_UNKNOWN' });
        nonceOwner.done(grant.nonce, { kind: 'unknown' });
      },
    );
  });

async function submit(
  { upstream, keys, openProof, largeReports }: EffectParameters,
  { networkId, localId, signer: address, report }: SendInput,
  nonce: bigint,
): Promise<UpstreamAnswer> {
  const { signer } = keys.of(address);
  const call = { networkId, signer, nonce };
  if (report.kind === 'fail') return failFulfillment({ upstream }, { ...call, error: report.error });
  if (localId === null) throw new Error('a proof of no request');
  const open = () => openProof(localId);
  return fulfilProof({ upstream, largeReports }, { ...call, sizeBytes: report.proof.sizeBytes, open });
}

function eventOf(answer: UpstreamAnswer): DeliveryEvent {
  if (answer.ok) {
    const { txHash } = parsed(FulfillProofResponseSchema, answer.bytes);
    // An OK that cannot be read is no acceptance.
    if (txHash.byteLength !== 32) return { type: 'FATE_UNKNOWN' };
    return { type: 'ACCEPTED', tx: Buffer.from(txHash).toString('hex') };
  }
  const { code, text } = answer;
  if (isNonceRefusal(text)) {
    // A number that was too high is asked for again. One that was too low was used by somebody else, or by a call of ours that we do not
    // know of: the request itself is looked at.
    const wanted = wantedNonce(text);
    const got = /got (\d{1,20})/.exec(text)?.[1];
    const isTooHigh = wanted !== undefined && got !== undefined && wanted < BigInt(got);
    return isTooHigh ? { type: 'NONCE_REFUSED' } : { type: 'REFUSED', refusal: { code, text } };
  }
  return mayPass(code) ? { type: 'FATE_UNKNOWN' } : { type: 'REFUSED', refusal: { code, text } };
}

function resultOf({ type }: DeliveryEvent, answer: UpstreamAnswer): TryResult {
  if (type === 'ACCEPTED') return 'accepted';
  if (!answer.ok && isNonceRefusal(answer.text)) return 'nonce';
  return type === 'REFUSED' ? 'refused' : 'unknown';
}

export const readEffect = ({ upstream, clock, owner, keys }: EffectParameters) =>
  fromCallback<DeliveryEvent, ReadInput>(({ input, sendBack }) => {
    let assignedAt: number | undefined;
    const tell: Send = sendBack;

    /** A reading that says "assigned" may be older than the call: it counts when the nonce is unused, or when it says so again later. */
    async function isNotAccepted(): Promise<boolean> {
      if (input.isRefused) return true;
      const address = bytesOf(keys.of(input.signer).signer.address);
      const { nonce } = await upstream.read(ProverNetwork.method.getNonce, { address }, readBudgetMs);
      const isOld = clock.now() - input.sentAt >= believedAfterMs;
      const isTwice = assignedAt !== undefined && clock.steady() - assignedAt >= readingsApartMs;
      assignedAt ??= clock.steady();
      return nonce === BigInt(input.nonce) || (isOld && isTwice);
    }

    return untilDone(clock, async () => {
      const us = owner();
      if (us === undefined) return false;
      const seen = await readRequest(upstream, input.networkId, readBudgetMs);
      switch (seen.state) {
        case 'fulfilled':
          tell({ type: 'SEEN_FULFILLED', ours: seen.fulfiller === us });
          return true;
        case 'unfulfillable':
          tell({ type: 'SEEN_UNFULFILLABLE' });
          return true;
        case 'expired':
          tell({ type: 'SEEN_EXPIRED', at: clock.now() });
          return true;
        case 'assigned':
          if (seen.fulfiller !== us) {
            tell({ type: 'SEEN_OTHER' });
            return true;
          }
          if (!(await isNotAccepted())) return false;
          tell({ type: 'SEEN_ASSIGNED', at: clock.now() });
          return true;
        default:
          return false;
      }
    });
  });

export const closeEffect = (clock: Clock) =>
  fromCallback<DeliveryEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeAt(input.at, () => sendBack({ type: 'CLOSED' })),
  );

export const backOffEffect = (clock: Clock) =>
  fromCallback<DeliveryEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeIn(Math.max(0, input.at - clock.now()), () => sendBack({ type: 'RETRY_DUE' })),
  );
