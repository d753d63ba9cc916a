import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../gen/grpc/health/v1/health_pb.js';
import type { CallContext } from '../transport/grpc/call.js';
import { code, StatusError } from '../transport/grpc/code.js';
import { healthMethods } from './health.js';

const gate = { state: 'serving', outage: undefined, onChange: () => () => undefined } as const;
const known = ['', 'network.ProverNetwork', 'artifact.ArtifactStore'];

const callOf = (service: string) =>
  ({
    raw: toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    signal: AbortSignal.abort(),
  }) as CallContext;
const statusIn = (bytes: Uint8Array) => fromBinary(HealthCheckResponseSchema, bytes).status;

describe('health', () => {
  it('answers for each service, and a check of an unknown one fails', async () => {
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
      for await (const bytes of watch.stream(callOf(service))) sent.push(statusIn(bytes));
      assert.deepEqual(sent, [expected]);
    }
  });

  describe('to a watcher', () => {
    /** A readiness that a test changes. */
    function scripted() {
      const listeners = new Set<() => void>();
      const readiness = {
        state: 'starting' as 'starting' | 'serving' | 'draining',
        outage: undefined,
        onChange(listener: () => void) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      };
      const advance = (state: typeof readiness.state) => {
        readiness.state = state;
        for (const listener of listeners) listener();
      };
      const watch = healthMethods(readiness).find((method) => 'stream' in method);
      assert.ok(watch && 'stream' in watch);
      const { stream } = watch;
      const begin = (signal: AbortSignal) => {
        const messages = stream({ ...callOf(''), signal } as CallContext)[Symbol.asyncIterator]();
        return async () => {
          const next = await messages.next();
          return next.done ? 'end' : statusIn(next.value);
        };
      };
      return { advance, begin, listeners };
    }

    it('every change is sent that it has room for, and the last one ends the stream', async () => {
      const { advance, begin, listeners } = scripted();
      const next = begin(new AbortController().signal);
      assert.equal(await next(), Serving.NOT_SERVING);
      const change = next();
      advance('serving');
      assert.equal(await change, Serving.SERVING);
      const last = next();
      advance('draining');
      assert.deepEqual([await last, await next(), listeners.size], [Serving.NOT_SERVING, 'end', 0]);
    });

    it('that does not read, the state of that moment is sent once it reads', async () => {
      const { advance, begin } = scripted();
      const next = begin(new AbortController().signal);
      assert.equal(await next(), Serving.NOT_SERVING);
      for (let change = 0; change < 1_000; change++) advance('serving');
      assert.equal(await next(), Serving.SERVING);
      const change = next();
      advance('draining');
      assert.deepEqual([await change, await next()], [Serving.NOT_SERVING, 'end']);
    });

    it('that leaves, nothing is kept for', async () => {
      const { begin, listeners } = scripted();
      const gone = new AbortController();
      const watchers = Array.from({ length: 64 }, () => begin(gone.signal));
      for (const next of watchers) assert.equal(await next(), Serving.NOT_SERVING);
      await assert.rejects(begin(gone.signal)(), /Too many watch already/);
      const ends = watchers.map((next) => next());
      gone.abort();
      assert.deepEqual([new Set(await Promise.all(ends)), listeners.size], [new Set(['end']), 0]);
      assert.equal(await begin(AbortSignal.abort())(), Serving.NOT_SERVING);
    });
  });
});
