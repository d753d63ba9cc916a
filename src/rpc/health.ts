// grpc.health.v1: SERVING only while requests are accepted. Watch answers every change, as load balancers expect.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js';
import type { Log } from '../log.js';
import { addMethods } from './network/service.js';
import { unary } from './unary.js';

/** Whether requests are accepted, and a way to hear of changes. */
export interface Gate {
  readonly state: 'starting' | 'serving' | 'draining';
  onChange(listener: () => void): () => void;
}

/** The names that may be asked for; the empty one is the server as a whole. */
const services = new Set(['', 'network.ProverNetwork', 'artifact.ArtifactStore']);

export function addHealth(server: Server, gate: Gate, log: Log): void {
  const statusOf = (service: string) => {
    if (!services.has(service)) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
    return gate.state === 'serving'
      ? HealthCheckResponse_ServingStatus.SERVING
      : HealthCheckResponse_ServingStatus.NOT_SERVING;
  };
  addMethods(server, [unary(log, Health.method.check, ({ service }) => ({ status: statusOf(service) }))]);

  server.register(
    `/${Health.typeName}/${Health.method.watch.name}`,
    (call: ServerWritableStream<Uint8Array, Uint8Array>) => {
      let service: string;
      try {
        service = fromBinary(HealthCheckRequestSchema, call.request).service;
      } catch {
        call.end();
        return;
      }
      const send = () =>
        void call.write(
          toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: statusOf(service) })),
        );
      const stop = gate.onChange(() => {
        send();
        // A stream left open would keep the server from ever stopping.
        if (gate.state === 'draining') call.end();
      });
      call.on('cancelled', stop);
      call.on('close', stop);
      send();
    },
    (bytes) => Buffer.from(bytes as Uint8Array),
    (bytes) => bytes,
    'serverStream',
  );
}
