// What `prove --mode tee` has got: no proof, but a signature, which is worth what vouches for its key.
import { verifyTeeProof } from '../client/client.js';
import { shownId } from '../ids.js';
import { type Cli, CliError } from './cli.js';
import { formatDuration } from './format.js';
import { toJson } from './output.js';
import { readProgram } from './parse.js';
import { programKeyOf } from './programKey.js';

/** An earlier request may have been in another mode than is asked for now. A proof begins with a small number. */
export const isTeeProof = (file: Uint8Array): boolean => file[0] === '{'.charCodeAt(0);

export interface CollectedTee {
  readonly requestId: string;
  readonly path: string;
  readonly file: Uint8Array;
  readonly tookMs: number;
}

/** Throws PROOF_INVALID when it is no signature, or not over this program. Whether its signer is to be trusted is not known here. */
export async function reportTee(
  cli: Cli,
  { requestId, path, file, tookMs }: CollectedTee,
  { program, engine, json }: { program?: string; engine?: string; json?: true },
  signal: AbortSignal,
): Promise<number> {
  const key = program === undefined ? undefined : await programKeyOf(cli, readProgram(program), { engine, signal });
  const verdict = verifyTeeProof({ proof: file, ...(key && { vkHash: key.vkHash }) });
  const wrong = verdict.checks.find(({ id, ok }) => !ok && id !== 'signer' && (id !== 'vk' || key !== undefined));
  if (wrong !== undefined)
    throw new CliError('PROOF_INVALID', `THE SIGNATURE DOES NOT VERIFY: ${wrong.detail} It is in ${path}.`);
  const { vkHash, publicValues, signer = '' } = verdict;
  if (json) {
    cli.output.print(toJson({ requestId, path, mode: 'tee', vkHash, publicValues, signer, tookMs }));
    return 0;
  }
  cli.output.print(`TEE proof      ${path} (${formatDuration(tookMs)})`);
  cli.output.print(`Public values  0x${Buffer.from(publicValues).toString('hex')}`);
  cli.output.print(`Signer         ${shownId(signer as typeof vkHash)}`);
  cli.output.note(
    `A signature is worth what vouches for its key: sealed-prover tee verify ${path} --program ELF --signer ADDRESS`,
  );
  return 0;
}
