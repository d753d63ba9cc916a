// `sealed-prover verify`: checks a proof against a program, with the local engine alone.
import { outlineProofFile, type ProofFile, parseProofFile } from '../client/client.js';
import { type Cli, CliError } from './cli.js';
import { readProof } from './inspect.js';
import { withLocalEngine } from './localEngine.js';
import { locateEngine } from './locateEngine.js';
import { toJson } from './output.js';
import { readProgram } from './parse.js';
import { programKeyOf } from './programKey.js';

export interface VerifyOptions {
  readonly program: string;
  readonly engine?: string;
  readonly json?: true;
}

export type Verdict = { readonly vkHash: string } & (
  | { readonly ok: true; readonly proof: ProofFile }
  | { readonly ok: false; readonly reason: string }
);

/** `file`: a proof with or without the SDK's trailing byte. Throws CliError where there is no engine or no ELF, PROOF_MALFORMED. */
export async function verifyProof(
  cli: Cli,
  parameters: { file: Uint8Array; program: string; engine: string | undefined; signal: AbortSignal },
): Promise<Verdict> {
  const { file, program, engine, signal } = parameters;
  const { mode, served } = outlineProofFile(file);
  const located = locateEngine({ given: engine, environment: cli.environment });
  if (!located.found) {
    const without = 'What can be said without one: sealed-prover inspect FILE';
    throw new CliError('ENGINE_MISSING', `${located.problem}\n${without}`);
  }
  const { vk, vkHash } = await programKeyOf(cli, readProgram(program), { engine, signal });
  const answer = await withLocalEngine(located.path, { clock: cli.clock, signal }, (local) => local.verify(vk, served));
  if (!answer.ok) return { ok: false, vkHash, reason: answer.text };
  if (answer.mode !== mode) return { ok: false, vkHash, reason: 'its mode is another one than the file says' };
  // Shown are the values that the engine found the proof to commit to, not what the file may say otherwise.
  return { ok: true, vkHash, proof: parseProofFile(file, answer.publicValuesHash) };
}

export async function runVerify(cli: Cli, path: string, options: VerifyOptions): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const file = await readProof(path);
    const verdict = await verifyProof(cli, { file, program: options.program, engine: options.engine, signal });
    const { vkHash } = verdict;
    if (verdict.ok) {
      const { mode, version, publicValues, publicValuesHash } = verdict.proof;
      if (options.json) {
        cli.output.print(toJson({ verified: true, mode, version, vkHash, publicValues, publicValuesHash }));
      } else {
        cli.output.print(`Verified: a ${mode} proof of circuit ${version}`);
        cli.output.print(`Program        0x${vkHash}`);
        cli.output.print(`Public values  0x${Buffer.from(publicValues).toString('hex')}`);
      }
      return 0;
    }
    cli.output.print(
      options.json
        ? toJson({ verified: false, reason: verdict.reason, vkHash })
        : `DOES NOT VERIFY: ${verdict.reason}\nProgram        0x${vkHash}`,
    );
    return 1;
  });
}
