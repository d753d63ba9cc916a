// `sealed-prover prove`: submits a program and its input to a service, waits, saves and verifies the proof.

import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ByteSource, Client, FulfilledRequest, RequestId, RequestMode } from '../client/client.js';
import { parseProofFile } from '../client/client.js';
import { fileProblem, isFileError } from '../fileProblem.js';
import { type Cli, CliError, interruptedExitCode } from './cli.js';
import { isTeeProof, reportTee } from './collectTee.js';
import { connect, type ServiceOptions, serviceUrl } from './connect.js';
import { formatDuration, formatSize } from './format.js';
import { toJson } from './output.js';
import { readProgram } from './parse.js';
import { programKeyOf } from './programKey.js';
import { createProgressView, type ProgressView } from './progressView.js';
import { checkProofPath, unwritable } from './proofPath.js';
import { verifyProof } from './verify.js';

export interface ProveOptions extends ServiceOptions {
  readonly program?: string;
  readonly mode: RequestMode;
  readonly timeout: number;
  readonly cycleLimit?: bigint;
  readonly gasLimit?: bigint;
  readonly out?: string;
  /** False for `--no-wait`. */
  readonly wait: boolean;
  /** An earlier request to go on waiting for. */
  readonly request?: RequestId;
  readonly engine?: string;
  readonly json?: true;
}

export async function runProve(cli: Cli, options: ProveOptions, inputs: readonly ByteSource[]): Promise<number> {
  if (options.program === undefined && options.request === undefined) {
    throw new CliError('USAGE', 'Name what to prove: --program ELF, or --request ID for an earlier request.', 2);
  }
  // Before a service is asked: a slip here is a slip at once.
  if (options.program !== undefined) readProgram(options.program);
  if (options.wait) checkProofPath(resolve(options.out ?? '.', options.out === undefined ? 'x.proof' : ''));
  let requestId = options.request;
  const view = createProgressView(cli.output, cli.clock);
  try {
    return await cli.interruptible(async (signal) => {
      const client = await connect(cli, options, { signal, onRetry: view.retrying });
      try {
        requestId ??= await submit(cli, client, options, inputs, signal);
        if (!options.wait) {
          cli.output.print(options.json ? toJson({ requestId }) : `Requested 0x${requestId}`);
          if (!options.json) cli.output.note(howToResume(cli, options, requestId));
          return 0;
        }
        return await collect(cli, client, options, { requestId, signal, view });
      } finally {
        client.close();
      }
    });
  } catch (error) {
    view.end();
    const interrupted = (error as { failure?: { code?: string } }).failure?.code === 'ABORTED';
    if (!interrupted) throw error;
    if (requestId !== undefined) {
      cli.output.note(`The service goes on. ${howToResume(cli, options, requestId)}`);
      cli.output.note(
        `Or give it up with:\n  sealed-prover request cancel 0x${requestId} --url ${serviceUrl(options, cli)}`,
      );
    }
    return interruptedExitCode;
  } finally {
    view.end();
  }
}

function howToResume(cli: Cli, options: ProveOptions, requestId: RequestId): string {
  const parts = ['sealed-prover prove', `--request 0x${requestId}`, `--url ${serviceUrl(options, cli)}`];
  if (options.program !== undefined) parts.push(`--program ${options.program}`);
  if (options.out !== undefined) parts.push(`--out ${options.out}`);
  return `Pick it up with:\n  ${parts.join(' ')}`;
}

async function submit(
  cli: Cli,
  client: Client,
  options: ProveOptions,
  inputs: readonly ByteSource[],
  signal: AbortSignal,
): Promise<RequestId> {
  const elf = readProgram(options.program as string);
  const key = await programKeyOf(cli, elf, { engine: options.engine, signal });
  const { registered } = await client.registerProgram({ elf, ...key }, { signal });
  cli.output.note(`Program 0x${key.vkHash} ${registered ? 'registered' : 'was registered before'}`);
  const { mode, timeout, cycleLimit, gasLimit } = options;
  const limits = { ...(cycleLimit !== undefined && { cycleLimit }), ...(gasLimit !== undefined && { gasLimit }) };
  const requestId = await client.requestProof({
    vkHash: key.vkHash,
    mode,
    inputs,
    timeoutMs: timeout,
    signal,
    ...limits,
  });
  cli.output.note(`Request 0x${requestId}`);
  return requestId;
}

async function collect(
  cli: Cli,
  client: Client,
  options: ProveOptions,
  { requestId, signal, view }: { requestId: RequestId; signal: AbortSignal; view: ProgressView },
): Promise<number> {
  const startedAt = cli.clock.steady();
  const request = await client.waitProof(requestId, { signal, onUpdate: view.update });
  const path = resolve(options.out ?? defaultPath(options, request));
  const { sizeBytes } = await client.download({ proofUrl: request.proofUrl, path, signal }).catch((error: unknown) => {
    if (!isFileError(error)) throw error;
    throw unwritable(
      path,
      fileProblem(error),
      `The service keeps it. ${howToResume(cli, { ...options, out: 'FILE' }, requestId)}`,
    );
  });
  view.end();
  const tookMs = cli.clock.steady() - startedAt;
  const file = await readFile(path);
  const { program, engine } = options;
  if (isTeeProof(file)) return await reportTee(cli, { requestId, path, file, tookMs }, options, signal);
  const verdict = program === undefined ? undefined : await verifyProof(cli, { file, program, engine, signal });
  if (verdict?.ok === false) {
    throw new CliError('PROOF_INVALID', `THE PROOF DOES NOT VERIFY: ${verdict.reason} It is in ${path}.`);
  }
  const proof = verdict?.proof ?? parseProofFile(file, request.publicValuesHash);
  if (options.json) {
    const { mode, version, publicValues, publicValuesHash } = proof;
    const verified = verdict !== undefined;
    const facts = { requestId, path, sizeBytes, mode, version, publicValues, publicValuesHash, verified, tookMs };
    cli.output.print(toJson(facts));
    return 0;
  }
  cli.output.print(`Proof          ${path} (${proof.mode}, ${formatSize(sizeBytes)}, ${formatDuration(tookMs)})`);
  cli.output.print(`Public values  0x${Buffer.from(proof.publicValues).toString('hex')}`);
  cli.output.print(
    verdict === undefined
      ? `Not verified here, because that takes the program: sealed-prover verify ${path} --program ELF`
      : 'Verified on this machine.',
  );
  return 0;
}

function defaultPath({ program, mode }: ProveOptions, { requestId }: FulfilledRequest): string {
  if (program === undefined) return `${requestId.slice(-12)}.proof`;
  return `${basename(program).replace(/\.elf$/, '')}.${mode}.proof`;
}
