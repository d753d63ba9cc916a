// Calls to the network, each with its code and its time: those of the main thread, and those of the thread that sends large proofs.
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import type { LargeReports } from './largeReports.js';
import type { NetworkWatch } from './networkWatch.js';
import { readsBy, type Upstream, type UpstreamAnswer } from './upstream.js';

export interface WatchedParameters {
  readonly upstream: Upstream;
  readonly largeReports?: LargeReports;
  readonly clock: Clock;
  readonly watch: Pick<NetworkWatch, 'called'>;
}

export function watchedUpstream({ upstream, largeReports, clock, watch }: WatchedParameters): {
  readonly upstream: Upstream;
  readonly largeReports: LargeReports | undefined;
} {
  async function timed(rpc: string, call: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    const from = clock.steady();
    const answer = await call();
    watch.called(rpc, answer.ok ? 0 : answer.code, clock.steady() - from);
    return answer;
  }
  const forward: Upstream['forward'] = (path, message) =>
    timed(path.slice(path.lastIndexOf('/') + 1), () => upstream.forward(path, message));
  const { fulfillProof } = ProverNetwork.method;
  return {
    upstream: { forward, read: readsBy({ forward, clock }), close: () => upstream.close() },
    largeReports: largeReports && {
      fulfil: (report) => timed(fulfillProof.name, () => largeReports.fulfil(report)),
      close: () => largeReports.close(),
    },
  };
}
