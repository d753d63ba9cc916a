// A typed client of SP1's prover network wire, as sealed-prover serves it. This is what the npm package exports.
import type { Attestation } from '../attestation/attested/modes.js';
import type { RequestId } from '../ids.js';
import { cancelRequest } from './cancelRequest.js';
import { type CallParameters, type ClientParameters, createContext } from './context.js';
import { details, type ListParameters, list, type RequestDetails } from './details.js';
import { type DownloadedProof, type DownloadParameters, download } from './download.js';
import { givenRequestId } from './givenId.js';
import { nonce } from './nonce.js';
import { type ProvenRequest, type ProveParameters, prove } from './prove.js';
import { type Program, type Registration, registerProgram } from './registerProgram.js';
import { type RequestProofParameters, requestProof } from './requestProof.js';
import { type RequestStatus, status } from './status.js';
import { type FulfilledRequest, type WaitProofParameters, waitProof } from './waitProof.js';
import { type RequestUpdate, type WatchParameters, watch } from './watch.js';

/**
 * Every call takes a signal, tries again as the SDK does, and rejects with a ClientError. Ids are taken with 0x or without, in either
 * case (ID_INVALID else), and given without, in lower case.
 */
export interface Client {
  /**
   * Makes a program known. Uploads its ELF if it is not.
   * @example
   * ```ts
   * const { vk, vkHash } = await setup(elf);
   * const { registered } = await client.registerProgram({ elf, vk, vkHash });
   * ```
   */
  registerProgram(program: Program, options?: CallParameters): Promise<Registration>;
  /**
   * Uploads an input and asks for a proof. Resolves once the request is durable.
   * @example
   * ```ts
   * const requestId = await client.requestProof({ vkHash, mode: 'compressed', inputs: [u32Buffer(20)] });
   * ```
   */
  requestProof(parameters: RequestProofParameters): Promise<RequestId>;
  /**
   * Gives a request of this key up. Resolves once that is durable.
   * @example
   * ```ts
   * await client.cancelRequest(requestId);
   * ```
   */
  cancelRequest(requestId: string, options?: CallParameters): Promise<void>;
  /**
   * What the status call can tell apart.
   * @example
   * ```ts
   * const status = await client.status(requestId);
   * if (status.state === 'fulfilled') console.log(status.proofUrl);
   * ```
   */
  status(requestId: string, options?: CallParameters): Promise<RequestStatus>;
  /**
   * Everything that the service says about a request.
   * @example
   * ```ts
   * const { cycleLimit, state, createdAt } = await client.details(requestId);
   * console.log(state, cycleLimit, new Date(createdAt));
   * ```
   */
  details(requestId: string, options?: CallParameters): Promise<RequestDetails>;
  /**
   * Requests, newest first.
   * @example
   * ```ts
   * for (const { requestId, state } of await client.list()) console.log(requestId, state);
   * ```
   */
  list(parameters?: ListParameters): Promise<readonly RequestDetails[]>;
  /**
   * A nonce that the service takes for the next signed call of this key. The other calls fetch their own.
   * @example
   * ```ts
   * const nonce = await client.nonce();
   * ```
   */
  nonce(options?: CallParameters & { retryBudgetMs?: number }): Promise<bigint>;
  /**
   * The present status and then each change, until the last state.
   * @example
   * ```ts
   * for await (const { state, detail } of client.watch(requestId)) console.log(state, detail?.state);
   * ```
   */
  watch(requestId: string, parameters?: WatchParameters): AsyncGenerator<RequestUpdate, void, void>;
  /**
   * Resolves when the proof can be downloaded. Rejects with the reason when there will be none.
   * @example
   * ```ts
   * const { proofUrl } = await client.waitProof(requestId, { onUpdate: ({ state }) => console.log(state) });
   * ```
   */
  waitProof(requestId: string, parameters?: WaitProofParameters): Promise<FulfilledRequest>;
  /**
   * Streams a proof into a file of the SDK's own format.
   * @example
   * ```ts
   * const { proofUrl } = await client.waitProof(requestId);
   * const { sizeBytes, sha256 } = await client.download({ proofUrl, path: 'fib.proof' });
   * ```
   */
  download(parameters: DownloadParameters): Promise<DownloadedProof>;
  /**
   * All of it: register, request, wait, download.
   * @example
   * ```ts
   * const { path } = await client.prove({ elf, setup, mode: 'core', inputs: [u32Buffer(20)], path: 'fib.proof' });
   * ```
   */
  prove(parameters: ProveParameters): Promise<ProvenRequest>;
  /**
   * What is known of the service that this client speaks to, by its `attestation`. Looks now, where it was not looked at yet.
   * @example
   * ```ts
   * const { status, level, verdict } = await client.attestation();
   * ```
   */
  attestation(options?: CallParameters): Promise<Attestation>;
  /**
   * Closes the connection. Calls that run end by their signal only.
   * @example
   * ```ts
   * client.close();
   * ```
   */
  close(): void;
}

/**
 * Connects on the first call. Throws URL_INVALID or KEY_INVALID.
 * @example
 * ```ts
 * const client = createClient({ url: 'http://127.0.0.1:8080', privateKey });
 * try {
 *   const elf = { path: 'fibonacci.elf' };
 *   await client.prove({ elf, setup, mode: 'core', inputs: [u32Buffer(20)], path: 'fib.proof' });
 * } catch (error) {
 *   if (error instanceof ClientError) console.error(error.failure.code, error.message);
 * } finally {
 *   client.close();
 * }
 * ```
 */
export function createClient(parameters: ClientParameters): Client {
  const context = createContext(parameters);
  return {
    registerProgram: (program, options) => registerProgram(context, program, options),
    requestProof: (of) => requestProof(context, of),
    cancelRequest: async (requestId, options) => cancelRequest(context, givenRequestId(requestId), options),
    status: async (requestId, options) => status(context, givenRequestId(requestId), options),
    details: async (requestId, options) => details(context, givenRequestId(requestId), options),
    list: (of) => list(context, of),
    nonce: (options) => nonce(context, options),
    watch: (requestId, options) => watch(context, givenRequestId(requestId), options),
    waitProof: async (requestId, options) => waitProof(context, givenRequestId(requestId), options),
    download: (of) => download(context, of),
    prove: (of) => prove(context, of),
    attestation: (options = {}) =>
      context.attempt('attestation', options, (_call, signal) => context.attestation(signal)),
    close: () => context.transport.close(),
  };
}

export type { Attestation, Mode } from '../attestation/attested/modes.js';
export { type ProofMode, proofModes, type RequestMode, requestModes } from '../engines/jobs.js';
export {
  type Address,
  parseRequestId,
  parseSha256,
  parseVkHash,
  type RequestId,
  type Sha256,
  type VkHash,
} from '../ids.js';
export type { ClientAttestation } from './attestation.js';
export type { CallParameters, ClientParameters } from './context.js';
export type { ListParameters, RequestDetails } from './details.js';
export type { DownloadedProof, DownloadParameters } from './download.js';
export { type ByteSource, u32Buffer } from './encode.js';
export { ClientError, type ClientErrorCode, type ClientFailure } from './errors.js';
export { type Finding, type InspectParameters, inspectProofFile, type ProofInspection } from './inspectProofFile.js';
export type { RequestProgress } from './progress.js';
export {
  encodeProofFile,
  outlineProofFile,
  type ProofFile,
  type ProofOutline,
  parseProofFile,
} from './proofFile.js';
export type { ProvenRequest, ProveParameters } from './prove.js';
export type { Program, ProgramKey, Registration } from './registerProgram.js';
export type { RequestProofParameters } from './requestProof.js';
export type { Retry } from './retry.js';
export { isFinal, type RequestStatus } from './status.js';
export { parseTeeProof, type TeeProofFile } from './teeProofFile.js';
export { type TeeCheck, type TeeVerdict, type VerifyTeeProofParameters, verifyTeeProof } from './verifyTeeProof.js';
export {
  type TeeVerdictByQuote,
  type VerifyTeeProofByQuoteParameters,
  verifyTeeProofByQuote,
} from './verifyTeeProofByQuote.js';
export {
  type TeeVerdictOnChain,
  type VerifyTeeProofOnChainParameters,
  verifyTeeProofOnChain,
} from './verifyTeeProofOnChain.js';
export type { FulfilledRequest, WaitProofParameters } from './waitProof.js';
export type { RequestUpdate, WatchParameters } from './watch.js';
