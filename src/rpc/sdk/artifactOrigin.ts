// Where a client finds artifacts: at the `attest proxy` that it comes through; else at the configured origin, or the one by which it has just
// reached us. Never weaker than its call: what came by https gets no plain URL, and where that is not known there is none at all.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import type { Log } from '../../log.js';
import { isHost, looksLikeHost } from '../../transport/origin/host.js';
import type { Reached } from '../../transport/origin/reached.js';

/** Throws PUBLIC_URL_NEEDED, or MALFORMED_REQUEST where the call itself names no host. */
export type ArtifactOrigin = (reached: Reached) => string;

/** Warns once of each origin that is not our own. Callers choose these names, so the number of warnings is bounded. */
const mostWarnings = 32;

export function createArtifactOrigin({ publicUrl, log }: { publicUrl: string | undefined; log: Log }): ArtifactOrigin {
  const warned = new Set<string>();

  function warn(origin: string, problem: string): void {
    if (warned.has(origin) || warned.size >= mostWarnings) return;
    warned.add(origin);
    log.warn({ event: 'origin.foreign', origin }, `${problem}. Name the URL that clients use with --public-url`);
  }

  return ({ scheme, host, authority, isForeign, ownProxy }) => {
    // It is about the answer to this call alone, and whoever has written it can read that answer anyway.
    if (ownProxy !== undefined) return ownProxy;
    if (publicUrl !== undefined) return publicUrl;
    const isNamed = host !== undefined && isHost(host);
    if (scheme === undefined || (!isNamed && scheme === 'https')) {
      const unknown = scheme === undefined ? 'scheme' : 'host';
      const name = looksLikeHost(authority) ? authority : 'unknown';
      warn(`?://${name}`, `A call through a proxy was refused: it does not tell the ${unknown} that its client used`);
      throw new FailureError(fail('PUBLIC_URL_NEEDED', { unknown }));
    }
    if (!isNamed) throw malformed(':authority', 'it is not host[:port]');
    const origin = `${scheme}://${host}`;
    if (isForeign) warn(origin, `Clients reach this service by ${origin}, where it does not listen itself`);
    return origin;
  };
}

/** A URL of somebody else's that would carry in the clear what our own would not. */
export const isWeaker = (url: string, origin: string): boolean =>
  origin.startsWith('https:') && !url.startsWith('https:');
