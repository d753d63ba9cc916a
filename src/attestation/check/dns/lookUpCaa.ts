// CAA records for a name: of the first name on the way to the root that has any. Answers that there are none, and silence, are different things.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../../clock.js';

export interface CaaRecord {
  readonly isCritical: boolean;
  readonly tag: string;
  readonly value: string;
}

export type CaaAnswer =
  | { readonly kind: 'records'; readonly name: string; readonly records: readonly CaaRecord[] }
  /** `why` ends a sentence. */
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'outOfReach'; readonly why: string };

export interface LookUpCaaParameters {
  readonly host: string;
  /** `HOST:PORT` with an address for a host; the system's when absent. */
  readonly server?: string | undefined;
  readonly clock: Pick<Clock, 'wakeIn'>;
}

const mostSteps = 8;
/** Of the whole climb. */
const stepMs = 10_000;
const queryMs = 2_500;

/** Never rejects. */
export async function lookUpCaa({ host, server, clock }: LookUpCaaParameters): Promise<CaaAnswer> {
  if (isIP(host) !== 0) return { kind: 'none', why: 'the target’s host is an address, which has no CAA records' };
  const resolver = new Resolver({ timeout: queryMs, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  const cancelTimer = clock.wakeIn(stepMs, () => resolver.cancel());
  try {
    const labels = host.replace(/\.$/, '').split('.');
    for (let i = 0; i < labels.length && i < mostSteps; i += 1) {
      const name = labels.slice(i).join('.');
      const records = await resolve(resolver, name);
      if (records.length > 0) return { kind: 'records', name, records };
    }
    return { kind: 'none', why: `neither ${host} nor a name above it has CAA records` };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ESERVFAIL') return { kind: 'none', why: `the DNS server fails for ${host} (SERVFAIL)` };
    return { kind: 'outOfReach', why: `DNS could not be asked (${code.slice(0, 40)})` };
  } finally {
    cancelTimer();
  }
}

/** Node answers `{critical, issue: '…'}`, a property for the tag. */
async function resolve(resolver: Resolver, name: string): Promise<readonly CaaRecord[]> {
  try {
    const found = await resolver.resolveCaa(name);
    return found.map((record) => {
      const { critical, ...rest } = record as unknown as { critical: number; type?: string } & Record<string, string>;
      const [tag, value] = Object.entries(rest).find(([key]) => key !== 'type') ?? ['', ''];
      return { isCritical: critical !== 0, tag: tag.toLowerCase(), value: String(value) };
    });
  } catch (error) {
    // There is nothing, which is an answer.
    if (['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
