// The demonstration of `attest verify`: on a service with development quotes, before anything private is sent to it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSaved, writeSaved } from '../attestation/check/target/saved.js';
import type { Shown } from '../attestation/check/target/shown.js';
import { printVerdict } from './attest/outcome.js';
import { readShown } from './attest/readShown.js';
import { verifyTarget } from './attest/verifyTarget.js';
import { type Cli, CliError } from './cli.js';

export interface AttestDemonstration {
  readonly url: string;
  /** Of the service: its development root lies in it. */
  readonly data: string;
  readonly signal: AbortSignal;
}

/** Throws CliError when a verdict is another than it has to be. */
export async function demonstrateAttestation(cli: Cli, { url, data, signal }: AttestDemonstration): Promise<void> {
  const insecureDevRoot = join(data, 'dev-root.der');
  const shown = await readShown(cli, { url: new URL(url), signal });
  const verify = (of: Shown, options = {}) => verifyTarget(cli, of, options, { policy: undefined, signal });

  cli.output.print(`\n$ sealed-prover attest verify ${url} --insecure-dev-root ${insecureDevRoot}\n`);
  const { verdict } = await verify(shown, { insecureDevRoot });
  if (printVerdict(cli, verdict, {}) !== 0) throw wrong('with its root named');
  cli.output.print(`\n${'With the root'.padEnd(18)} exit code 0`);
  await refused(cli, 'Without the root', verify(shown));
  const folder = join(data, 'demo-evidence');
  writeSaved(folder, shown, new Map());
  changeOneByte(join(folder, 'evidence.json'));
  await refused(cli, 'One byte changed', verify(readSaved(folder), { insecureDevRoot }));
  cli.output.print('');
}

async function refused(cli: Cli, what: string, verified: ReturnType<typeof verifyTarget>): Promise<void> {
  const { verdict } = await verified;
  const failed = verdict.checks.find(({ status }) => status === 'fail');
  if (verdict.verdict === 'accepted' || failed?.status !== 'fail') throw wrong(what);
  cli.output.print(`${what.padEnd(18)} exit code 1: ${failed.id} ${failed.code}`);
}

const wrong = (what: string) => new CliError('DEMO_FAILED', `The service's evidence was judged wrongly: ${what}.`);

/** Within the quote, which is base64. */
function changeOneByte(path: string): void {
  const text = readFileSync(path, 'utf8');
  const at = text.indexOf('"quote":"') + 800;
  writeFileSync(path, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
}
