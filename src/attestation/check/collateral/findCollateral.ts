// The collateral for a quote: what was given, what the target brought, what is cached, or what Intel or a PCCS answers.
import type { Clock } from '../../../clock.js';
import { AttestationError } from '../../verify/failure.js';
import { type Check, failedCheck, skipped } from '../../verify/verdict/checks.js';
import { OutOfReach } from '../http/getBytes.js';
import type { CachedCollateral, CollateralCache } from './collateralCache.js';
import { type CollateralWindow, collateralWindow, isOlder } from './collateralWindow.js';
import { fetchCollateral } from './fetchCollateral.js';
import { platformOf } from './platformOf.js';

export type FoundCollateral =
  | { readonly text: string; readonly from: 'given' | 'target' | 'cache' | 'fetched' }
  | { readonly missing: Check };

export interface FindCollateralParameters {
  readonly quote: Uint8Array | undefined;
  /** By the person who asks: nothing else is looked at. */
  readonly given?: string | undefined;
  /** By the target itself. */
  readonly shown?: string | undefined;
  readonly cache?: CollateralCache | undefined;
  readonly pccs?: URL | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly signal?: AbortSignal | undefined;
}

const missing = (why: string): FoundCollateral => ({
  missing: failedCheck('collateral.freshness', 'COLLATERAL_UNAVAILABLE', why),
});

/** Never rejects but by `signal`. A set that is cached and holds is used without a network; from half of its time on it is fetched anew. */
export async function findCollateral(of: FindCollateralParameters): Promise<FoundCollateral> {
  const { given, quote, shown, cache, pccs, now } = of;
  if (given !== undefined) return { text: given, from: 'given' };
  const platform = quote && platformOf(quote);
  if (platform === undefined)
    return shown === undefined
      ? { missing: skipped('collateral.freshness', 'No quote says which platform it would be for.') }
      : { text: shown, from: 'target' };
  const cached = cache?.find(platform);
  const holding = cached && holds(cached.window, now) ? cached : undefined;
  if (shown !== undefined && pccs === undefined) return newerOf(shown, holding);
  if (holding && now < holding.window.refreshAt) return { text: holding.text, from: 'cache' };
  try {
    const text = await fetchCollateral({ ...of, platform });
    const window = collateralWindow(text);
    if (cached && isOlder(window, cached.window)) return tooOld(window, cached.window);
    return { text, from: 'fetched' };
  } catch (error) {
    if (!(error instanceof OutOfReach) && !(error instanceof AttestationError)) throw error;
    if (holding) return { text: holding.text, from: 'cache' };
    const why = error instanceof OutOfReach ? error.message : error.detail.replace(/\.$/, '');
    return missing(`No collateral for ${platform.fmspc}: ${why}.`);
  }
}

const holds = ({ beginsAt, endsAt }: CollateralWindow, now: number) => beginsAt <= now && now <= endsAt;

/** A target may bring what it likes, and may not hide what we know already. */
function newerOf(shown: string, holding: CachedCollateral | undefined): FoundCollateral {
  try {
    if (holding && isOlder(collateralWindow(shown), holding.window)) return { text: holding.text, from: 'cache' };
  } catch (error) {
    // What cannot be read is refused by its own rule.
    if (!(error instanceof AttestationError)) throw error;
  }
  return { text: shown, from: 'target' };
}

const tooOld = (window: CollateralWindow, known: CollateralWindow): FoundCollateral => ({
  missing: failedCheck(
    'collateral.freshness',
    'COLLATERAL_TOO_OLD',
    `The answer has the evaluation data numbers ${window.tcb.number} and ${window.qe.number}, and is older than the set that is cached, with ${known.tcb.number} and ${known.qe.number}.`,
  ),
});
