// Whose requests come to us: the network's reservations, as far as it tells them.
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress } from '../ids.js';
import type { Upstream } from './upstream.js';

/** `unknown`: it says nothing, and decides itself. */
export type Reservation = 'ours' | 'unknown' | { readonly other: Address };

const keptMs = 60_000;
/** So long it holds while it is asked for anew, so that only the first call of a requester waits for it (ms). */
const usedMs = 600_000;
const mostKept = 10_000;

export function createReservations({
  upstream,
  clock,
  owner,
}: {
  upstream: Pick<Upstream, 'read'>;
  clock: Clock;
  owner: () => Address | undefined;
}): (requester: Address) => Promise<Reservation> {
  const renewing = new Set<Address>();
  const known = new Map<Address, { readonly at: number; readonly found: Reservation }>();

  async function ask(requester: Address): Promise<Reservation> {
    try {
      const { getFilteredReservations } = ProverNetwork.method;
      const { reservations } = await upstream.read(getFilteredReservations, { requester: bytesOf(requester) }, 0);
      const fulfillers = reservations.map(({ fulfiller }) => parseAddress(fulfiller));
      if (fulfillers.some((each) => each === owner())) return 'ours';
      const other = fulfillers.find((each) => each !== undefined);
      return other === undefined ? 'unknown' : { other };
    } catch {
      // Not every network tells: then it refuses by itself what is not reserved.
      return 'unknown';
    }
  }

  async function renew(requester: Address): Promise<Reservation> {
    const found = await ask(requester);
    if (known.size >= mostKept) known.clear();
    known.set(requester, { at: clock.steady(), found });
    return found;
  }

  return async (requester) => {
    const kept = known.get(requester);
    const ageMs = kept === undefined ? usedMs : clock.steady() - kept.at;
    // The network decides in the end. What it was not ours may be by now, and is asked for before it is refused.
    if (kept === undefined || ageMs >= usedMs || (ageMs >= keptMs && kept.found !== 'ours')) return renew(requester);
    if (ageMs >= keptMs && !renewing.has(requester)) {
      renewing.add(requester);
      void renew(requester).finally(() => renewing.delete(requester));
    }
    return kept.found;
  };
}
