// The words of the delivery machine: what it remembers, what it hears, and when it tries again. The states themselves are in `machine.ts`.
import { createHash } from 'node:crypto';
import { assign, fromCallback, setup } from 'xstate';
import type { Address, ArtifactId, RequestId, Sha256 } from '../../ids.js';

/** What the network is to hear of a request. */
export type Report =
  | {
      readonly kind: 'fulfil';
      readonly proof: { readonly id: ArtifactId; readonly sha256: Sha256; readonly sizeBytes: number };
    }
  /** `error`: ProofRequestError of the wire; null of a request that was given up. `cause`: ExecuteFailureCause of a guest that has failed. */
  | { readonly kind: 'fail'; readonly error: number | null; readonly cause?: number };

/** What a new delivery is made of. */
export interface DeliveryStart {
  /** The network's id of the request. */
  readonly networkId: RequestId;
  /** The request here whose end it reports: the same id, but for a duplicate at the network. Null of what cannot be proved here. */
  readonly localId: RequestId | null;
  /** Whose nonces its calls use: stays the same when the prover gets another key. Absent in the oldest: the key that is used now. */
  readonly signer?: Address | undefined;
  /** Epoch ms. */
  readonly deadlineAt: number;
  /** Nothing is offered after it. */
  readonly closesAt: number;
}

export interface Refusal {
  /** gRPC's number. */
  readonly code: number;
  readonly text: string;
}

export interface DeliveryContext extends DeliveryStart {
  readonly report: Report | null;
  /** Calls that were begun. */
  readonly tries: number;
  readonly nonce: string | null;
  /** Of what the last call said, so that a restored one is known again. */
  readonly bodyDigest: string | null;
  readonly sentAt: number | null;
  readonly refusal: Refusal | null;
  /** So often the network has refused in the same words, one after the other. */
  readonly refusals: number;
  readonly retryAt: number | null;
  readonly acceptedTx: string | null;
  /** ProofRequestError with which the network has given the request up by itself. */
  readonly givenUpWith?: number;
}

/** How the network has ended a request without us. */
export type NetworkEnd = 'fulfilled' | 'unfulfillable';

export type DeliveryEvent =
  | { type: 'DETAILS_OURS' }
  | { type: 'DETAILS_OTHER' }
  /** `isKept`: the network is to hear nothing of it. */
  | { type: 'PROVEN'; report: Report; isKept: boolean }
  | { type: 'ENDED'; report: Report }
  /** `ours`: fulfilled by our own key. `error`: with which it was given up. */
  | { type: 'NETWORK_TERMINAL'; end: NetworkEnd; ours: boolean; error?: number }
  | { type: 'ASSIGNED_ELSEWHERE' }
  | { type: 'TURN_GRANTED'; nonce: string; at: number }
  | { type: 'WITHHELD' }
  | { type: 'ACCEPTED'; tx: string }
  | { type: 'NONCE_REFUSED' }
  | { type: 'REFUSED'; refusal: Refusal }
  | { type: 'FATE_UNKNOWN' }
  | { type: 'SEEN_FULFILLED'; ours: boolean }
  | { type: 'SEEN_UNFULFILLABLE' }
  | { type: 'SEEN_ASSIGNED'; at: number }
  | { type: 'SEEN_OTHER' }
  | { type: 'SEEN_EXPIRED'; at: number }
  | { type: 'RETRY_DUE' }
  | { type: 'GIVEN_UP' }
  | { type: 'CLOSED' };

/** The third equal refusal of a request that is still ours is the network's last word. */
const maxEqualRefusals = 3;
/** Between tries (ms). The last one stays. */
const backOffsMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000] as const;
/** Tries between the deadline and the end of the grace. */
const lateTries = 3;
/** ProofRequestError: unknown to the network's older schema from this number on, and what stands for all of them there. */
const newErrors = 4;
const unknownFailure = 3;
const invalidArgument = 3;
const outOfRange = 11;

export const freshDelivery = (start: DeliveryStart): DeliveryContext => ({
  ...start,
  report: null,
  tries: 0,
  nonce: null,
  bodyDigest: null,
  sentAt: null,
  refusal: null,
  refusals: 0,
  retryAt: null,
  acceptedTx: null,
});

const digestOf = ({ networkId, report }: DeliveryContext, nonce: string): string =>
  createHash('sha256')
    .update(JSON.stringify([networkId, nonce, report]))
    .digest('hex');

export function retryAtOf({ tries, deadlineAt, closesAt }: DeliveryContext, now: number): number {
  const pause = backOffsMs[Math.min(Math.max(tries, 1), backOffsMs.length) - 1] as number;
  const latePause = (closesAt - deadlineAt) / lateTries;
  return now + (now + pause > deadlineAt ? Math.max(pause, latePause) : pause);
}

const isTooLong = ({ code, text }: Refusal) => code === outOfRange || /message length too large/.test(text);

interface Signed {
  readonly signer: Address | undefined;
}

export interface TurnInput extends Pick<DeliveryStart, 'networkId' | 'deadlineAt'>, Signed {
  readonly isFailure: boolean;
  readonly cause?: number | undefined;
  readonly tries: number;
}

export interface SendInput extends Pick<DeliveryStart, 'networkId' | 'localId'>, Signed {
  readonly report: Report;
  readonly nonce: string;
  readonly tries: number;
}

export interface ReadInput extends Pick<DeliveryStart, 'networkId'>, Signed {
  readonly sentAt: number;
  readonly nonce: string;
  readonly isRefused: boolean;
}

const effect = <Input>() => fromCallback<DeliveryEvent, Input>(() => {});

/** What each guard asks, for those who look at the machine. */
export const deliveryGuards = {
  isKept: 'Its proof is kept from the network, as the operator wants.',
  isFulfil: 'A proof is reported, and no failure.',
  wasOurs: 'The network has a proof of this prover, as far as anyone can tell.',
  isFulfilled: 'The network has a proof.',
  isRefused: 'The network has refused the report.',
  isTooLong: 'The report has grown too long for the network.',
  isLastRefusal: 'The network has refused it in the same way too often.',
  isClosing: 'The time in which the network takes a report is over.',
};

export const deliverySetup = setup({
  types: {
    context: {} as DeliveryContext,
    events: {} as DeliveryEvent,
    input: {} as DeliveryStart,
    tags: {} as 'open' | 'terminal',
  },
  actors: {
    look: effect<{ networkId: RequestId }>(),
    follow: effect<{ localId: RequestId | null }>(),
    turn: effect<TurnInput>(),
    send: effect<SendInput>(),
    read: effect<ReadInput>(),
    backOff: effect<{ at: number }>(),
    close: effect<{ at: number }>(),
  },
  guards: {
    isKept: (_, isKept: boolean) => isKept,
    isFulfil: ({ context }) => context.report?.kind === 'fulfil',
    /** A proof of ours that the network took, as far as anyone can tell from outside. */
    wasOurs: ({ context }, ours: boolean) => ours && context.sentAt !== null && context.report?.kind === 'fulfil',
    isFulfilled: (_, end: NetworkEnd) => end === 'fulfilled',
    isRefused: ({ context }) => context.refusal !== null,
    isTooLong: (_, refusal: Refusal) => isTooLong(refusal),
    isLastRefusal: ({ context }) => context.refusals >= maxEqualRefusals,
    isClosing: ({ context }, at: number) => at >= context.closesAt,
  },
  actions: {
    recordReport: assign({ report: ({ context }, report: Report) => context.report ?? report }),
    recordTurn: assign(({ context }, { nonce, at }: { nonce: string; at: number }) => ({
      nonce,
      bodyDigest: digestOf(context, nonce),
      sentAt: at,
      tries: context.tries + 1,
    })),
    recordGivenUp: assign((_, error: number | undefined) => (error === undefined ? {} : { givenUpWith: error })),
    recordAcceptance: assign({ acceptedTx: (_, tx: string) => tx }),
    recordRefusal: assign(({ context }, refusal: Refusal) => ({
      refusal,
      refusals:
        context.refusal?.code === refusal.code && context.refusal.text === refusal.text ? context.refusals + 1 : 1,
    })),
    recordBackOff: assign(({ context }, at: number) => {
      const { report, refusal } = context;
      const isUnknownNumber =
        report?.kind === 'fail' && (report.error ?? 0) >= newErrors && refusal?.code === invalidArgument;
      return {
        retryAt: retryAtOf(context, at),
        ...(isUnknownNumber && {
          report: { kind: 'fail', error: unknownFailure } as const,
          refusal: null,
          refusals: 0,
        }),
      };
    }),
    forgetRefusal: assign({ refusal: null, refusals: 0 }),
    forgetRetry: assign({ retryAt: null }),
  },
});
