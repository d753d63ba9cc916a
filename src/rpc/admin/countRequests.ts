// Requests.Counts: how many there are in each state.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RequestsCountsResponseSchema } from '../../gen/admin/v1/requests_pb.js';
import type { AdminDependencies } from './dependencies.js';

export const countRequests =
  ({ counts, setAside }: Pick<AdminDependencies, 'counts' | 'setAside'>) =>
  (): MessageInitShape<typeof RequestsCountsResponseSchema> => {
    const { open, ended } = counts();
    return { byState: open, quarantined: setAside.size, endedSinceStart: inBigInts(ended) };
  };

/** Counts that grow as long as the service runs have 64 bits on the wire. */
export const inBigInts = (counts: Readonly<Record<string, number>>): Record<string, bigint> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
