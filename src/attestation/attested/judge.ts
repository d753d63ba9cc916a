// From what a connection has shown, and a mode, to whether a byte of a request may go over it. Nothing that a server says chooses the mode.
import { NotReached } from '../check/target/askTarget.js';
import { parseBinding } from '../check/target/parseBinding.js';
import type { Shown } from '../check/target/shown.js';
import { type Verified, type Verifying, verifyShown } from '../check/verifyShown.js';
import { textOfBytes, toHex } from '../verify/bytes.js';
import { AttestationError, type AttestationFailure } from '../verify/failure.js';
import { type Level, levels } from '../verify/policy/policy.js';
import type { Check } from '../verify/verdict/checks.js';
import type { Verdict } from '../verify/verdict/verdict.js';
import type { SeenAs } from './endpoints.js';
import type { Attestation, Mode } from './modes.js';
import { AttestationRefused } from './refusal.js';

export interface JudgeParameters {
  readonly shown: Shown;
  readonly mode: Exclude<Mode, 'off'>;
  /** As what this endpoint was seen before. */
  readonly seen: SeenAs | undefined;
  readonly verifying: Verifying;
  /** Bodies are sealed to the key that it shows for them. */
  readonly isSealed: boolean;
  /** Whether the certificate that TLS has shown is of an authority that this machine knows, and for this name. */
  readonly isAuthorized: boolean;
  readonly signal: AbortSignal;
}

export interface Judgement {
  readonly attestation: Attestation;
  /** What was wrong, where the mode only observes. */
  readonly observed?: AttestationFailure;
}

/** Rejects with AttestationRefused, and with NotReached when nobody can be blamed. */
export async function judge(parameters: JudgeParameters): Promise<Judgement> {
  const { mode, seen, shown } = parameters;
  if (mode === 'require' || seen === 'bound') return { attestation: await required(parameters) };
  try {
    const attestation = isAbsent(shown) ? absent(parameters) : await present(parameters);
    return { attestation };
  } catch (error) {
    if (mode !== 'observe' || seen !== undefined || !(error instanceof AttestationRefused)) throw error;
    const { code, detail, verdict } = error;
    assertAuthorized(parameters);
    const attestation = { status: 'unchecked', level: verdict?.level ?? 'none', ...(verdict && { verdict }) } as const;
    return { attestation, observed: { code, detail } };
  }
}

async function required(parameters: JudgeParameters): Promise<Attestation> {
  const { shown, verifying, seen, isSealed, signal } = parameters;
  if (isAbsent(shown))
    throw seen === undefined
      ? new AttestationRefused('REPORT_MISSING', 'It shows neither evidence nor a report.')
      : downgraded('It shows no report now.');
  assertBindingKnown(shown);
  if (isSealed) return await sealed(parameters);
  if (shown.evidence.target.tlsSpkiSha256 === undefined)
    throw new AttestationRefused('TLS_KEY_WRONG', 'The connection has no TLS, so nothing ties it to the quoted VM.');
  const verified = await verifyShown(shown, { ...verifying, require: levelOf(verifying) }, signal);
  if (seen !== undefined && isBoundToNothing(verified)) throw downgraded('Its report is bound to nothing now.');
  return accepted(verified);
}

/** What matters is the key for bodies. Whoever ends TLS sees paths and tokens, so it has to be the quoted VM or somebody with a name. */
async function sealed(parameters: JudgeParameters): Promise<Attestation> {
  const { shown, verifying, signal } = parameters;
  const { hint, own, isSealed } = shown.evidence.binding ?? {};
  const verified = await verifyShown(shown, { ...verifying, require: levelOf(verifying) }, signal);
  const attestation = accepted(verified);
  if (!isSealed || own?.body === undefined)
    throw new AttestationRefused('BODY_KEY_WRONG', 'It shows no key for sealed bodies.', verified.verdict);
  const spki = shown.evidence.target.tlsSpkiSha256;
  if (spki !== undefined && (hint?.spki === undefined || toHex(hint.spki) !== spki)) assertAuthorized(parameters);
  return { ...attestation, bodyKey: toHex(own.body) };
}

/** Never below `bound`. */
function levelOf({ require, policy }: Verifying): Exclude<Level, 'none' | 'genuine'> {
  const level = require ?? policy?.policy.require ?? 'bound';
  return level === 'genuine' ? 'bound' : level;
}

async function present(parameters: JudgeParameters): Promise<Attestation> {
  const { shown, verifying, signal } = parameters;
  assertBindingKnown(shown);
  const verified = await verifyShown(shown, { ...verifying, require: levelOf(verifying) }, signal);
  if (!isBoundToNothing(verified)) return accepted(verified);
  // A report as it was before there were bindings: it says that somebody has a genuine VM.
  const { binding: _, ...evidence } = shown.evidence;
  const legacy = await verifyShown(
    { ...shown, evidence },
    { ...verifying, policy: undefined, require: 'genuine' },
    signal,
  );
  const { verdict } = legacy;
  if (verdict.verdict !== 'accepted') return accepted(legacy);
  assertAuthorized(parameters);
  return { status: 'genuine', level: 'genuine', verdict };
}

function absent(parameters: JudgeParameters): Attestation {
  if (parameters.seen !== undefined) throw downgraded('It shows no report now.');
  assertAuthorized(parameters);
  return { status: 'absent', level: 'none' };
}

function accepted({ verdict, isDnsOutOfReach }: Verified): Attestation {
  if (verdict.verdict === 'accepted') return { status: 'verified', level: verdict.level, verdict };
  const failed = verdict.checks.flatMap((check) => (check.status === 'fail' ? [check] : []));
  const isUnreached = ({ id, code }: Check & { code: string }) =>
    code === 'COLLATERAL_UNAVAILABLE' || (id === 'dns.caa' && isDnsOutOfReach);
  if (failed.length > 0 && failed.every(isUnreached))
    throw new NotReached('QUOTE_UNAVAILABLE', failed.map(({ code, detail }) => `${code}: ${detail}`).join(' '));
  const [first] = failed.filter((check) => !isUnreached(check));
  throw first === undefined
    ? new AttestationRefused(
        codeOfLevel(verdict),
        `The level is ${verdict.level}, and ${verdict.required} is asked for.`,
        verdict,
      )
    : new AttestationRefused(first.code, first.detail, verdict);
}

/** No check failed, and too little could be checked. */
const codeOfLevel = ({ level }: Verdict) =>
  levels.indexOf(level) < levels.indexOf('bound') ? 'REPORT_DATA_WRONG' : 'MEASUREMENT_UNKNOWN';

/** Nothing came at all; what came and cannot be read is something else. */
const isAbsent = ({ quote, checks = [] }: Shown): boolean =>
  quote === undefined &&
  checks.length > 0 &&
  checks.every((check) => check.status !== 'fail' || check.code === 'REPORT_MISSING');

/** A report in a header, without a word of what it is for, and for something else than us. */
const isBoundToNothing = ({ shown, verdict }: Verified): boolean =>
  shown.raw.has('report.txt') &&
  !shown.raw.has('binding.txt') &&
  verdict.checks.some((check) => check.id === 'binding.report_data' && check.status === 'fail');

/** A version of the binding that is not ours would be settled for by believing less. */
function assertBindingKnown({ raw }: Shown): void {
  const binding = raw.get('binding.txt');
  if (binding !== undefined && parseBinding(textOfBytes(binding) ?? '') === undefined)
    throw downgraded('It offers another binding than version 1.');
}

/** What no quote vouches for must be vouched for by somebody else. */
function assertAuthorized({ isAuthorized }: JudgeParameters): void {
  if (!isAuthorized)
    throw new AttestationRefused(
      'TLS_KEY_WRONG',
      'No quote vouches for the connection’s key, and no authority that is known here vouches for its certificate.',
    );
}

const downgraded = (detail: string) =>
  new AttestationRefused('DOWNGRADE_REFUSED', `${detail} This endpoint was seen attested before.`);

/** What a state that cannot be read says is a refusal like others. */
export function refusedState<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof AttestationError) throw new AttestationRefused(error.code, error.detail);
    throw error;
  }
}
