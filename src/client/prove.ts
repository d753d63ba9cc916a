// The whole way from a program and its input to a proof on disk.
import type { Attestation } from '../attestation/attested/modes.js';
import type { RequestId } from '../ids.js';
import type { Context } from './context.js';
import { type DownloadedProof, download } from './download.js';
import type { ByteSource } from './encode.js';
import { type ProgramKey, registerProgram } from './registerProgram.js';
import { type RequestProofParameters, requestProof } from './requestProof.js';
import { type FulfilledRequest, type WaitProofParameters, waitProof } from './waitProof.js';

export interface ProveParameters extends Omit<RequestProofParameters, 'vkHash'>, WaitProofParameters {
  readonly elf: ByteSource;
  /** Computes the program's key, as the SDK's `setup` does: seconds of work, worth caching by the ELF's digest. */
  readonly setup: (elf: ByteSource) => Promise<ProgramKey>;
  /** Where the proof goes. */
  readonly path: string;
  /** Called once the request is durable. Any client can take up the wait again with this id. */
  readonly onRequested?: (requestId: RequestId) => void;
}

export interface ProvenRequest extends DownloadedProof {
  readonly request: FulfilledRequest;
  /** What is known of the service that has had the input. */
  readonly attestation: Attestation;
}

/** Registers, requests, waits and downloads. Rejects as each of these does. @internal */
export async function prove(context: Context, parameters: ProveParameters): Promise<ProvenRequest> {
  const { elf, setup, path, signal, onRequested } = parameters;
  const options = signal === undefined ? {} : { signal };
  const key = await setup(elf);
  await registerProgram(context, { elf, ...key }, options);
  const requestId = await requestProof(context, { ...parameters, vkHash: key.vkHash });
  onRequested?.(requestId);
  const request = await waitProof(context, requestId, parameters);
  const { proofUrl, publicValuesHash } = request;
  const expected = { vkHash: key.vkHash, ...(publicValuesHash !== undefined && { publicValuesHash }) };
  const downloaded = await download(context, { ...options, proofUrl, path, expected });
  const attestation = await context.attempt('attestation', options, (_call, signal) => context.attestation(signal));
  return { request, attestation, ...downloaded };
}
