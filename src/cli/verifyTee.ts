// `sealed-prover tee verify`: every check of a TEE proof by name, and one verdict.
import { type TeeVerdict, verifyTeeProof, verifyTeeProofOnChain } from '../client/client.js';
import { shownId } from '../ids.js';
import { type Cli, CliError, usageExitCode } from './cli.js';
import { readProof } from './inspect.js';
import { toJson } from './output.js';
import { readProgram } from './parse.js';
import { programKeyOf } from './programKey.js';

export interface TeeVerifyOptions {
  readonly program?: string;
  readonly vkHash?: string;
  readonly vkey?: string;
  readonly signer?: readonly string[];
  readonly publicValues?: Uint8Array;
  readonly rpc?: URL;
  readonly chainId?: number;
  readonly registry?: string;
  readonly measurement?: readonly string[];
  readonly dcapVerifier?: readonly string[];
  readonly tcbStatus?: readonly number[];
  readonly quote?: string;
  readonly policy?: string;
  readonly collateral?: string;
  readonly pccs?: URL;
  readonly time?: number;
  readonly insecureDevRoot?: string;
  readonly engine?: string;
  readonly json?: true;
}

export async function runTeeVerify(cli: Cli, path: string, options: TeeVerifyOptions): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const { program, engine, vkey, publicValues, signer } = options;
    const proof = await readProof(path);
    const vkHash =
      program === undefined
        ? options.vkHash
        : (await programKeyOf(cli, readProgram(program), { engine, signal })).vkHash;
    const parameters = {
      proof,
      ...(vkHash !== undefined && { vkHash }),
      ...(vkey !== undefined && { programVKey: vkey }),
      ...(publicValues !== undefined && { publicValues }),
      ...(signer !== undefined && { signers: signer }),
    };
    const chain = chainOf(options);
    const shown =
      chain === undefined ? verifyTeeProof(parameters) : await verifyTeeProofOnChain({ ...parameters, ...chain });
    const verdict = await withQuote(cli, shown, options, signal);
    cli.output.print(options.json ? toJson(verdict) : linesOf(verdict).join('\n'));
    return verdict.ok ? 0 : 1;
  });
}

/** The quote stands for the key, as a registry does: without one of them a key has to be named. */
async function withQuote(
  cli: Cli,
  verdict: TeeVerdict,
  options: TeeVerifyOptions,
  signal: AbortSignal,
): Promise<TeeVerdict> {
  if (options.quote === undefined) {
    if (options.policy !== undefined)
      throw new CliError('USAGE', '--policy is for the quote of the key: name it with --quote.', usageExitCode);
    return verdict;
  }
  const { checkTeeQuote } = await import('./checkTeeQuote.js');
  const check = await checkTeeQuote(cli, { ...options, quote: options.quote }, verdict.signer, signal);
  const others = verdict.checks.filter(({ id }) => id !== 'signer' || options.signer !== undefined);
  const checks = [...others, check];
  return { ...verdict, ok: checks.every(({ ok }) => ok), checks };
}

/** Half of a chain is a mistake, and no reason to verify without one. */
function chainOf(options: TeeVerifyOptions) {
  const { rpc, chainId, registry, measurement, dcapVerifier, tcbStatus } = options;
  const given = [rpc, chainId, registry, measurement, dcapVerifier, tcbStatus];
  if (given.every((option) => option === undefined)) return undefined;
  if (rpc === undefined || chainId === undefined || registry === undefined)
    throw new CliError('USAGE', 'To ask a registry, name --rpc, --chain-id and --registry.', usageExitCode);
  return {
    rpcUrl: rpc.href,
    chainId,
    registry,
    ...(measurement !== undefined && { measurements: measurement }),
    ...(dcapVerifier !== undefined && { dcapVerifiers: dcapVerifier }),
    ...(tcbStatus !== undefined && { tcbStatuses: tcbStatus }),
  };
}

const linesOf = ({ ok, checks, vkHash, publicValues, signer }: TeeVerdict): string[] => [
  ...checks.map((check) => `${check.ok ? 'ok  ' : 'FAIL'}  ${check.id.padEnd(12)}  ${check.detail}`),
  '',
  `Program        ${shownId(vkHash)}`,
  `Public values  0x${Buffer.from(publicValues).toString('hex')}`,
  `Signer         ${signer === undefined ? 'none' : shownId(signer)}`,
  ok
    ? 'Verified: this key says that it has executed the program, and that it committed to these public values.'
    : 'DOES NOT VERIFY.',
];
