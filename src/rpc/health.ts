// grpc.health.v1: SERVING only while requests are accepted and can be worked on. Watch answers every change, as load balancers expect.

import { create, toBinary } from '@bufbuild/protobuf';
import type { Failure } from '../failures/catalog.js';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js';
import type { Method } from '../transport/grpc/call.js';
import { code, StatusError } from '../transport/grpc/code.js';
import { parseMessage, unary } from '../transport/grpc/unary.js';

/** Whether requests are accepted, and a way to hear of changes. */
export interface Readiness {
  readonly state: 'starting' | 'serving' | 'draining';
  /** What keeps every request from being worked on; undefined when nothing does. */
  readonly outage: Failure | undefined;
  onChange(listener: () => void): () => void;
}

/** The names that may be asked for; the empty one is the server as a whole. */
const services = new Set(['', 'network.ProverNetwork', 'artifact.ArtifactStore']);

/** Load balancers watch with a stream or two each; each costs a few KB for as long as its client likes. */
const mostWatching = 64;

export function healthMethods(readiness: Readiness): readonly Method[] {
  const statusOf = (service: string) => {
    if (!services.has(service)) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
    return readiness.state === 'serving' && readiness.outage === undefined
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
      async *stream({ raw, signal }) {
        const { service } = parseMessage(HealthCheckRequestSchema, raw);
        if (watching >= mostWatching)
          throw new StatusError({ code: code.unavailable, details: 'Too many watch already. Use Check.' });
        let isChanged = false;
        let wake = () => {};
        const unsubscribe = readiness.onChange(() => {
          isChanged = true;
          wake();
        });
        const leave = () => wake();
        signal.addEventListener('abort', leave, { once: true });
        watching += 1;
        try {
          for (;;) {
            isChanged = false;
            // A stream left open would keep the server from ever stopping.
            const isLast = signal.aborted || readiness.state === 'draining';
            // A watcher that did not read gets the state of now, not every change in between.
            yield answer(service);
            if (isLast) return;
            if (!isChanged && !signal.aborted)
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
            if (signal.aborted) return;
          }
        } finally {
          watching -= 1;
          unsubscribe();
          signal.removeEventListener('abort', leave);
        }
      },
    },
  ];
}
