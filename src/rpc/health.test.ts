import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../gen/grpc/health/v1/health_pb.js';
import type { CallContext } from './grpc/call.js';
import { code, StatusError } from './grpc/code.js';
import { healthMethods } from './health.js';

const gate = { state: 'serving', onChange: () => () => undefined } as const;
const known = ['', 'network.ProverNetwork', 'artifact.ArtifactStore'];

const callOf = (service: string) =>
  ({
    raw: toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    signal: AbortSignal.abort(),
  }) as CallContext;
const statusIn = (bytes: Uint8Array) => fromBinary(HealthCheckResponseSchema, bytes).status;

describe('health', () => {
  it('is told of each service, and a check of another one fails', async () => {
    const check = healthMethods(gate).find((method) => 'answer' in method);
    assert.ok(check && 'answer' in check);
    for (const service of known) assert.equal(statusIn(await check.answer(callOf(service))), Serving.SERVING);
    assert.throws(
      () => check.answer(callOf('network.Other')),
      (error) => error instanceof StatusError && error.status.code === code.notFound,
    );
  });

  it('says to a watcher that a service is unknown', async () => {
    const watch = healthMethods(gate).find((method) => 'stream' in method);
    assert.ok(watch && 'stream' in watch);
    for (const [service, expected] of [
      ['', Serving.SERVING],
      ['network.Other', Serving.SERVICE_UNKNOWN],
    ] as const) {
      const sent: Serving[] = [];
      await watch.stream(callOf(service), (bytes) => sent.push(statusIn(bytes)));
      assert.deepEqual(sent, [expected]);
    }
  });
});
