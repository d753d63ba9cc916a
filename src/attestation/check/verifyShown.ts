// One look at a target: what it shows, the collateral for it, and the verdict. What was fetched and holds is kept for the next time.
import type { Clock } from '../../clock.js';
import type { ReadPolicy } from '../verify/policy/parsePolicy.js';
import type { Level } from '../verify/policy/policy.js';
import type { Check, CheckId } from '../verify/verdict/checks.js';
import type { Verdict } from '../verify/verdict/verdict.js';
import { appraiseShown } from './appraiseShown.js';
import type { CollateralCache } from './collateral/collateralCache.js';
import { type FoundCollateral, findCollateral } from './collateral/findCollateral.js';
import { platformOf } from './collateral/platformOf.js';
import { appraiseDns } from './dns/appraiseDns.js';
import type { Generations } from './generations.js';
import { hostOf } from './target/appraiseFiles.js';
import { checkDomains } from './target/checkDomains.js';
import type { Shown } from './target/shown.js';

/** What a target is compared with, and where the rest comes from. */
export interface Verifying {
  readonly policy?: ReadPolicy | undefined;
  /** Instead of the policy's level. */
  readonly require?: Exclude<Level, 'none'> | undefined;
  /** SHA-256 of the roots that are believed instead of Intel's. */
  readonly roots?: readonly string[] | undefined;
  /** Collateral that a person has given: nothing is fetched then. */
  readonly collateral?: string | undefined;
  readonly pccs?: URL | undefined;
  /** The DNS server that is asked for CAA records. */
  readonly dns?: string | undefined;
  /** Verify as of then: seconds since 1970. */
  readonly time?: number | undefined;
  readonly cache?: CollateralCache | undefined;
  /** For live targets. */
  readonly generations?: Generations | undefined;
  readonly clock: Clock;
}

export interface Verified {
  readonly verdict: Verdict;
  readonly shown: Shown;
  readonly collateral: FoundCollateral;
  /** The check of DNS failed because nobody answered. */
  readonly isDnsOutOfReach: boolean;
}

/** Never rejects but by `signal`. */
export async function verifyShown(shown: Shown, of: Verifying, signal: AbortSignal): Promise<Verified> {
  const { policy, roots, pccs, cache, clock } = of;
  const now = of.time ?? Math.floor(clock.now() / 1000);
  const { quote, collateral: brought } = shown;
  const given = of.collateral;
  const collateral = await findCollateral({ quote, given, shown: brought, cache, pccs, now, clock, signal });
  const tls = policy?.policy.tls;
  const dns = await appraiseDns({ shown, tls, server: of.dns, clock });
  const appraise = (...more: readonly Check[]) =>
    appraiseShown({
      shown,
      collateral,
      policy,
      require: of.require,
      now,
      roots,
      more: [dns.check, ...checkDomains(shown, tls), ...more],
      warnings: warningsOf(shown),
    });
  const verdict = await withGeneration(appraise, isLive(shown) ? of.generations : undefined);
  if ('text' in collateral && collateral.from === 'fetched' && isVerified(verdict) && quote) {
    const platform = platformOf(quote);
    if (platform) cache?.put(platform, collateral.text);
  }
  return { verdict, shown, collateral, isDnsOutOfReach: dns.isOutOfReach };
}

/** The statement is the quote's when the rest was appraised: only then is it worth a comparison. */
async function withGeneration(
  appraise: (...more: readonly Check[]) => Promise<Verdict>,
  generations: Generations | undefined,
): Promise<Verdict> {
  if (generations === undefined) return await appraise();
  const verdict = await appraise(generations.check(await appraise()));
  if (verdict.verdict === 'accepted') generations.remember(verdict);
  return verdict;
}

/** A saved one is as old as it is. */
const isLive = ({ evidence }: Shown): boolean =>
  evidence.target.kind === 'sealed-prover' && evidence.binding?.isSaved !== true;

function warningsOf({ evidence, certificate }: Shown): readonly string[] {
  const { kind, url } = evidence.target;
  const host = hostOf(url) ?? '';
  const isAlone =
    kind === 'quote' || certificate !== undefined || host === '' || /^(localhost|127\.[\d.]+|::1)$/.test(host);
  return isAlone ? [] : ['The connection has no TLS: whoever is on the way reads and changes what is sent.'];
}

const ofCollateral: readonly CheckId[] = [
  'certificates.chain',
  'certificates.revocation',
  'collateral.signature',
  'collateral.freshness',
  'collateral.match',
];

/** What the cache has is what later sets are compared with: a forged one would keep good ones out. */
const isVerified = ({ checks }: Verdict): boolean =>
  ofCollateral.every((id) => checks.some((check) => check.id === id && check.status === 'ok'));
