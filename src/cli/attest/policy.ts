// `sealed-prover attest policy`: what a verified target shows, pinned, for a person to review. It knows what is there, not what ought to be.
import { pinnedPolicy } from '../../attestation/check/pinnedPolicy.js';
import { type Cli, CliError } from '../cli.js';
import type { AttestOptions } from './options.js';
import { notCheckedExitCode, printVerdict } from './outcome.js';
import { readShown } from './readShown.js';
import { untilInterrupted } from './untilInterrupted.js';
import { verifyTarget } from './verifyTarget.js';

/** Prints the policy and answers 0; prints the table and answers 1 or 3 for a target that is not genuine. */
export async function runAttestPolicy(cli: Cli, url: URL, options: AttestOptions): Promise<number> {
  return await untilInterrupted(cli, async (signal) => {
    const shown = await readShown(cli, { url, info: options.info, signal });
    const asked = { ...options, require: 'genuine' } as const;
    const { verdict } = await verifyTarget(cli, shown, asked, { policy: undefined, signal });
    if (verdict.verdict === 'accepted') {
      cli.output.print(JSON.stringify(await pinnedPolicy(verdict, shown.evidence), null, 2));
      for (const warning of verdict.warnings.filter((text) => !text.startsWith('No policy')))
        cli.output.note(`WARNING ${warning}`);
      return 0;
    }
    const exitCode = printVerdict({ output: { ...cli.output, print: cli.output.note } }, verdict, {});
    const why = exitCode === notCheckedExitCode ? 'could not be checked' : 'is not genuine';
    throw new CliError('ATTESTATION_REFUSED', `No policy was written: the target ${why}.`, exitCode);
  });
}
