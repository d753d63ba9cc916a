// grpc.health.v1: SERVING only while requests are accepted. Watch answers every change, as load balancers expect.

import { create, toBinary } from '@bufbuild/protobuf';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js';
import type { Method } from './grpc/call.js';
import { code, StatusError } from './grpc/code.js';
import { parseMessage, unary } from './unary.js';

/** Whether requests are accepted, and a way to hear of changes. */
export interface Gate {
  readonly state: 'starting' | 'serving' | 'draining';
  onChange(listener: () => void): () => void;
}

/** The names that may be asked for; the empty one is the server as a whole. */
const services = new Set(['', 'network.ProverNetwork', 'artifact.ArtifactStore']);

/** Load balancers watch with a stream or two each; each costs a few KB for as long as its client likes. */
const mostWatching = 64;

export function healthMethods(gate: Gate): readonly Method[] {
  const statusOf = (service: string) => {
    if (!services.has(service)) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
    return gate.state === 'serving'
      ? HealthCheckResponse_ServingStatus.SERVING
      : HealthCheckResponse_ServingStatus.NOT_SERVING;
  };
  let watching = 0;
  const answer = (service: string) =>
    toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: statusOf(service) }));

  return [
    unary(Health.method.check, ({ service }) => {
      // The protocol's difference: a check fails, a watcher waits, as the service may come.
      if (!services.has(service))
        throw new StatusError({ code: code.notFound, details: 'There is no such service here.' });
      return { status: statusOf(service) };
    }),
    {
      path: `/${Health.typeName}/${Health.method.watch.name}`,
      async stream({ raw, signal }, send) {
        const { service } = parseMessage(HealthCheckRequestSchema, raw);
        if (watching >= mostWatching)
          throw new StatusError({ code: code.unavailable, details: 'Too many watch already. Use Check.' });
        watching += 1;
        send(answer(service));
        await new Promise<void>((resolve) => {
          const stop = () => {
            watching -= 1;
            unsubscribe();
            signal.removeEventListener('abort', stop);
            resolve();
          };
          const unsubscribe = gate.onChange(() => {
            send(answer(service));
            // A stream left open would keep the server from ever stopping.
            if (gate.state === 'draining') stop();
          });
          signal.addEventListener('abort', stop, { once: true });
          if (signal.aborted) stop();
        });
      },
    },
  ];
}
