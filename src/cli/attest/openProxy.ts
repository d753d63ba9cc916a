// The connections of `attest proxy` and `attest run` to their target, and the first look at it: nothing listens before it is accepted.
import { join } from 'node:path';
import type { Look } from '../../attestation/attested/attestor.js';
import type { Attestation } from '../../attestation/attested/modes.js';
import { openTarget, type OpenedTarget as Target } from '../../attestation/attested/openTarget.js';
import { AttestationRefused } from '../../attestation/attested/refusal.js';
import { NotReached } from '../../attestation/check/target/askTarget.js';
import type { AttestationFailure } from '../../attestation/verify/failure.js';
import { systemRandom } from '../../random.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { stateFolder } from '../folders.js';
import { readPolicy, readTextInput } from './inputs.js';
import { notCheckedExitCode, printVerdict } from './outcome.js';
import type { ProxyOptions } from './proxyOptions.js';
import { verifyingOf } from './verifyTarget.js';

export interface OpenedTarget {
  readonly connections: Target;
  /** Of the last look: what was wrong, where the mode only observes. */
  observed(): AttestationFailure | undefined;
}

const mostPemBytes = 65_536;

/** `onKey`: told of each key that is attested, once. Throws CliError for files that cannot be used. Connects to nothing yet. */
export async function openProxyTarget(
  cli: Cli,
  target: URL,
  options: ProxyOptions,
  onKey: (look: Look) => void = () => {},
): Promise<OpenedTarget> {
  const policy = await readPolicy(options.policy);
  const folder = stateFolder(cli.environment);
  const { mode, reattest, sealedBodies } = options;
  if (sealedBodies === 'on' && mode !== 'require')
    throw new CliError(
      'USAGE',
      'Bodies are sealed to an attested key: --sealed-bodies on needs --mode require.',
      usageExitCode,
    );
  let observed: AttestationFailure | undefined;
  const keys = new Set<string>();
  const connections = openTarget({
    url: target,
    mode,
    isSealed: sealedBodies === 'on',
    verifying: verifyingOf(cli, options, policy),
    statePath: options.state ?? (folder && join(folder, 'attestation', 'endpoints.json')),
    verdictMs: reattest,
    clientCertificate: clientCertificateOf(options),
    onLook(look) {
      observed = look.observed;
      if (keys.has(look.spki)) return;
      keys.add(look.spki);
      onKey(look);
    },
    clock: cli.clock,
    random: systemRandom,
  });
  return { connections, observed: () => observed };
}

function clientCertificateOf({ tlsClientCert, tlsClientKey }: ProxyOptions) {
  if (tlsClientCert === undefined && tlsClientKey === undefined) return undefined;
  if (tlsClientCert === undefined || tlsClientKey === undefined)
    throw new CliError('USAGE', '--tls-client-cert and --tls-client-key belong together.', usageExitCode);
  return { cert: readTextInput(tlsClientCert, mostPemBytes), key: readTextInput(tlsClientKey, mostPemBytes) };
}

/** Prints the verdict. Throws CliError: 1 when the target is refused, 3 when it could not be checked. */
export async function firstLook(
  { output }: Pick<Cli, 'output'>,
  { connections }: OpenedTarget,
  { signal, show }: { signal: AbortSignal; show: (attestation: Attestation) => void },
): Promise<void> {
  try {
    show(await connections.attest(signal));
  } catch (error) {
    if (error instanceof NotReached) throw new CliError(error.code, error.message, notCheckedExitCode);
    if (!(error instanceof AttestationRefused)) throw error;
    if (error.verdict !== undefined) printVerdict({ output: { ...output, print: output.note } }, error.verdict, {});
    throw new CliError('ATTESTATION_REFUSED', `Refused, and nothing was sent. ${error.message}`, 1);
  }
}
