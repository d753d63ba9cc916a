// What stands between an execution and a signature. The key comes from an engine that runs no guests, the public values from one that has
// run this guest alone, and both were given the bytes of one digest. Nothing of it is believed later without the word of this process.
import type { ArtifactBackend, ArtifactRef } from '../../artifacts/port.js';
import type { ProofIds } from '../../artifacts/proofIds.js';
import type { Execution } from '../../engines/jobs.js';
import { vkHash as hashOfVk, parseVk } from '../../engines/vk.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { RequestId, Sha256, VkHash } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import type { ProofRequest, RecordedExecution, StageInput, Vouched } from '../../machines/request/rules.js';
import type { Store } from '../../store/environment.js';
import type { ArtifactFile, Measured } from '../../storedBytes/storedFile.js';
import type { VouchedFacts, Vouchers } from '../../tee/vouchers.js';
import { loadProgram, proofPlaceOf } from './requestArtifacts.js';

export interface VouchingParameters {
  readonly store: Store;
  readonly scheduling: Scheduling;
  readonly artifacts: ArtifactBackend;
  readonly proofIds: ProofIds;
  readonly vouchers: Vouchers;
  readonly maxPublicValuesBytes: number;
  readonly isSignedFor: (vkHash: VkHash) => boolean;
}

interface Seen {
  readonly execution: Execution;
  /** Of the program artifact that was executed. */
  readonly program: Sha256;
  readonly publicValues: Measured;
}

export interface Vouching {
  /** Where the lane is to leave the public values, and how many bytes it may. */
  publicValuesOf(requestId: RequestId, attempt: number): { publicValues: ArtifactFile; limitBytes: number };
  /** Sets the program up, keeps the public values, and gives this process's word. Rejects with VERIFICATION_KEY_MISMATCH, PROGRAM_NOT_SIGNED_FOR and as lanes do. */
  vouch(input: StageInput, seen: Seen, signal: AbortSignal): Promise<Vouched>;
  /** False also for a program that is not signed for any more: the next execution says so. */
  isVouchedFor(request: ProofRequest, execution: RecordedExecution): boolean;
}

/** Verifying keys of programs that were set up in this life: 64 bytes and some each. */
const maxKeys = 4_096;

export function createVouching(parameters: VouchingParameters): Vouching {
  const { store, scheduling, artifacts, proofIds, vouchers, maxPublicValuesBytes, isSignedFor } = parameters;
  /** By the digest of the program artifact, oldest first. In memory, because a key that came from the disk would have to be believed. */
  const keys = new Map<Sha256, VkHash>();

  async function vkHashOf({ request, attempt }: StageInput, executed: Sha256, signal: AbortSignal): Promise<VkHash> {
    const known = keys.get(executed);
    if (known !== undefined) return known;
    const [ref, place] = loadProgram(store, request).file;
    if (ref.sha256 !== executed) throw new Error('the program was replaced while it ran');
    const { file, release } = await artifacts.localFile(ref, place, signal);
    const { requestId, requester, deadlineAt } = request;
    try {
      const outcome = await scheduling.run(
        { stage: 'setup', requestId, attempt, program: file },
        { requester, deadlineAt, resumed: false },
        { signal, onGranted: () => {}, onProgress: () => {} },
      );
      if (!outcome.ok) throw new FailureError(outcome.failure);
      const vk = parseVk(Buffer.from(outcome.value.vk, 'hex'));
      if (vk === undefined) throw new Error('the engine answered a key that is none');
      const vkHash = hashOfVk(vk);
      const [oldest] = keys.keys();
      if (oldest !== undefined && keys.size >= maxKeys) keys.delete(oldest);
      keys.set(executed, vkHash);
      return vkHash;
    } finally {
      release();
    }
  }

  return {
    publicValuesOf: (requestId, attempt) => ({
      publicValues: artifacts.output(proofIds(requestId, attempt, 'public values'), 'proof'),
      limitBytes: maxPublicValuesBytes,
    }),

    async vouch(input, { execution, program, publicValues }, signal) {
      const { request, attempt } = input;
      const vkHash = await vkHashOf(input, program, signal);
      // One that came with its request has no other key than this.
      if (request.program === undefined && vkHash !== request.vkHash)
        throw new FailureError(fail('VERIFICATION_KEY_MISMATCH', { vkHash: request.vkHash }));
      if (!isSignedFor(vkHash)) throw new FailureError(fail('PROGRAM_NOT_SIGNED_FOR', { vkHash }));
      const id = proofIds(request.requestId, attempt, 'public values');
      const kept = await artifacts.adopt(id, proofPlaceOf(request), publicValues);
      const vouched = { vkHash, programSha256: program, publicValues: kept };
      return { ...vouched, mac: vouchers.issue(factsOf(request, execution, vouched)) };
    },

    isVouchedFor(request, { vouched, ...execution }) {
      if (vouched === undefined || vouched.publicValues.sha256 !== execution.publicValuesHash) return false;
      if (!isSignedFor(vouched.vkHash)) return false;
      return vouchers.accepts(factsOf(request, execution, vouched), vouched.mac);
    },
  };
}

const factsOf = (
  { requestId, stdin, cycleLimit, gasLimit }: ProofRequest,
  { cycles, gas }: Execution,
  vouched: { readonly vkHash: VkHash; readonly programSha256: Sha256; readonly publicValues: ArtifactRef },
): VouchedFacts => ({
  requestId,
  vkHash: vouched.vkHash,
  programSha256: vouched.programSha256,
  stdinSha256: stdin.sha256,
  publicValuesSha256: vouched.publicValues.sha256,
  publicValuesBytes: vouched.publicValues.sizeBytes,
  cycleLimit,
  gasLimit,
  cycles,
  gas,
});
