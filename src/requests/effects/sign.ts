// Signs for an execution that this process vouches for: vk hash and public values, by the key that is active at that moment. Nothing else that
// the store says is signed. The signature of an attempt is written once, and asking again gives the same bytes.
import { fromCallback } from 'xstate';
import type { ArtifactBackend, ArtifactRef } from '../../artifacts/port.js';
import type { ProofIds } from '../../artifacts/proofIds.js';
import type { Clock } from '../../clock.js';
import type { FailureCode } from '../../failures/catalog.js';
import { failureFrom } from '../../failures/failureFrom.js';
import type { RequestId } from '../../ids.js';
import type { Log } from '../../log.js';
import type { ProofRef, RequestEvent, StageInput } from '../../machines/request/rules.js';
import type { Store } from '../../store/environment.js';
import { encodeSecondFactor, secondFactorDigest } from '../../tee/secondFactor.js';
import type { ActiveKey, Signer } from '../../tee/signer.js';
import { encodeTeeProof, teeDigest } from '../../tee/teeProof.js';
import { proofPlaceOf } from './requestArtifacts.js';
import { logStageFailure } from './stageFailure.js';
import type { Vouching } from './vouching.js';

export interface SignParameters {
  /** What fails by a fault of ours waits so long for an operator. 0: it ends. */
  readonly holdFailedMs: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly artifacts: ArtifactBackend;
  readonly proofIds: ProofIds;
  readonly signer: Signer;
  readonly vouching: Vouching;
}

/** What a full disk or an absent bucket has prevented is tried again after this pause, in ms. */
const againPauseMs = 500;

const forms = {
  proof: { digestOf: teeDigest, encode: encodeTeeProof },
  secondFactor: { digestOf: secondFactorDigest, encode: encodeSecondFactor },
} as const;

export const signEffect = (parameters: SignParameters) => {
  const { store, clock, log, artifacts, proofIds, signer, vouching } = parameters;
  /** Executed again in this life for want of a voucher. A second time means that our own vouchers are not accepted. */
  const sentBack = new Set<RequestId>();

  return fromCallback<RequestEvent, StageInput>(({ input, sendBack }) => {
    const { request, attempt, execution } = input;
    const { requestId } = request;
    const controller = new AbortController();
    const { signal } = controller;

    async function run(): Promise<RequestEvent> {
      const earlier = store.get('results', requestId, 'prove', attempt) as ProofRef | undefined;
      if (earlier !== undefined) return { type: 'SIGNED', proof: earlier };
      const vouched = execution && vouching.isVouchedFor(request, execution) ? execution.vouched : undefined;
      const publicValues = vouched && (await insist(() => read(vouched.publicValues)));
      if (execution === null || vouched === undefined || publicValues === undefined) return unvouched();
      const { sign, ...signer } = await untilActive();
      // The wait may have been long, and the list of programs another one since.
      if (!vouching.isVouchedFor(request, execution)) return unvouched();
      const { vkHash } = vouched;
      const { digestOf, encode } = forms[request.form ?? 'proof'];
      const signature = sign(digestOf(vkHash, publicValues));
      const kept = await insist(() => keep(encode({ signature, vkHash, publicValues })));
      const proof = { ...kept, signer };
      if (!signal.aborted) await insist(() => record(proof));
      return { type: 'SIGNED', proof };
    }

    function unvouched(): RequestEvent {
      if (sentBack.has(requestId)) throw new Error('an execution of this process is not vouched for');
      sentBack.add(requestId);
      log.info({ event: 'execution.unvouched', requestId }, 'not seen by this process: it is executed again');
      return { type: 'UNVOUCHED' };
    }

    /** Undefined for bytes that are not those that were vouched for, or are gone. */
    async function read(ref: ArtifactRef): Promise<Buffer | undefined> {
      try {
        return await artifacts.read(ref, proofPlaceOf(request));
      } catch (error) {
        const { code } = failureFrom(error, requestId);
        if (code === 'ARTIFACT_NOT_FOUND' || code === 'ARTIFACT_CORRUPT') return undefined;
        throw error;
      }
    }

    /** Resolves with a key that is to be used in the same turn of the loop, and never once the request has ended. */
    async function untilActive(): Promise<ActiveKey> {
      for (let isTold = false; ; isTold = true) {
        const key = signer.active();
        if ('sign' in key) {
          sendBack({ type: 'SIGNER_FOUND' });
          return key;
        }
        if (!isTold) {
          sendBack({ type: 'SIGNER_AWAITED' });
          log.info({ event: 'signer.awaited', requestId, reason: key.waiting }, 'no key signs now: the request waits');
        }
        await signerChange();
      }
    }

    const signerChange = () =>
      new Promise<void>((resolve) => {
        const leave = () => {
          unsubscribe();
          signal.removeEventListener('abort', leave);
        };
        const unsubscribe = signer.onChange(() => {
          leave();
          resolve();
        });
        signal.addEventListener('abort', leave, { once: true });
      });

    const keep = (bytes: Buffer): Promise<ArtifactRef> =>
      artifacts.put(proofIds(requestId, attempt), proofPlaceOf(request), bytes);

    const record = (proof: ProofRef) =>
      store.write((tx) => {
        if (tx.get('results', requestId, 'prove', attempt) === undefined)
          tx.put('results', [requestId, 'prove', attempt], proof);
      });

    async function insist<T>(work: () => Promise<T>): Promise<T> {
      const passing: readonly FailureCode[] = ['DISK_FULL', 'BUCKET_UNAVAILABLE'];
      for (let times = 0; ; times++) {
        try {
          return await work();
        } catch (error) {
          const { code } = failureFrom(error, requestId);
          if (signal.aborted || !passing.includes(code)) throw error;
          log[times === 0 ? 'warn' : 'debug'](
            { event: 'stage.unstored', requestId, stage: 'sign', code, err: error },
            'not stored yet',
          );
          await new Promise<void>((resolve) => clock.wakeIn(againPauseMs, resolve));
        }
      }
    }

    run()
      .catch((error: unknown): RequestEvent => {
        const failure = failureFrom(error, requestId);
        if (!signal.aborted) logStageFailure(log, { requestId, stage: 'sign', attempt, lane: null, failure }, error);
        return { type: 'STAGE_FAILED', failure, at: clock.now(), holdMs: parameters.holdFailedMs };
      })
      .then((event) => {
        if (!signal.aborted) sendBack(event);
      });
    return () => controller.abort();
  });
};
