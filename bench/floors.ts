// The least that a signed, durable call can cost on this machine, measured beside our own rows: the machine is named by these.
// - echo: a call of the same bytes over a bare node:http2 (echo.mjs), with the generator and the concurrency of our own rows.
// - recovery: one signer recovered by the native library.
// - commit: what 64 requests write, under keys that grow with time, in one durable commit of LMDB; 64 are in flight in our own rows.
// - flush: as many bytes appended to a file, and fdatasync.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { RequestProofRequestBodySchema, RequestProofRequestSchema } from '../src/gen/network/network_pb.js';
import { openLmdbPages } from '../src/store/lmdbPages.js';
import { sampleArtifactId } from '../src/testkit/sampleIds.js';
import { recoverAddress } from '../src/workers/recover.worker.js';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { statusMessage } from './polls.js';
import { signedRequests } from './requests.js';
import { startServer } from './service.js';
import { type Setting, scaled } from './setting.js';

export interface Floors {
  readonly figures: readonly Figure[];
  /** Of one RequestProof: echo, recovery and its share of a commit. Processor time in µs. */
  readonly requestUs: number;
  /** Of a commit until it is durable, p50. */
  readonly commitMs: number;
  /** Calls a second of a poll's bytes. */
  readonly pollsPerSecond: number;
}

const part = 'floor';
const groupSize = 64;
/** What a request writes: snapshot, artifact, journal entry, two indices and a mark, in bytes. */
const valueBytes = [900, 250, 60, 70, 70, 1];
const echo = fileURLToPath(new URL('./echo.mjs', import.meta.url));

export async function measureFloors(setting: Setting): Promise<Floors> {
  const [request] = signedRequests([sampleArtifactId()]) as [Uint8Array];
  setting.say('floors: echo, recovery, commit, flush');
  const calls = await measureEcho(setting, request);
  const polls = await measureEcho(setting, statusMessage(new Uint8Array(32).fill(7)));
  const recoveryUs = measureRecovery(request);
  const commit = await measureCommits(setting);
  const flushMs = measureFlushes(setting);
  const requestUs = calls.us + recoveryUs + commit.us;
  return {
    requestUs,
    commitMs: quantile(commit.ms, 0.5),
    pollsPerSecond: polls.perSecond,
    figures: [
      { part, measure: "bare HTTP/2 echo of a RequestProof's bytes", value: calls.perSecond, unit: '/s' },
      { part, measure: 'its processor time', value: calls.us, unit: 'µs' },
      { part, measure: "bare HTTP/2 echo of a poll's bytes", value: polls.perSecond, unit: '/s' },
      { part, measure: 'one native signature recovery', value: recoveryUs, unit: 'µs' },
      { part, measure: 'commit of 64 requests under growing keys, p50', value: quantile(commit.ms, 0.5), unit: 'ms' },
      { part, measure: 'the same, p99', value: quantile(commit.ms, 0.99), unit: 'ms' },
      { part, measure: 'its processor time a request', value: commit.us, unit: 'µs' },
      { part, measure: 'append of the same bytes and fdatasync, p50', value: quantile(flushMs, 0.5), unit: 'ms' },
      { part, measure: 'the same, p99', value: quantile(flushMs, 0.99), unit: 'ms' },
      { part, measure: 'processor time of all three a request', value: requestUs, unit: 'µs' },
    ],
  };
}

async function measureEcho(setting: Setting, message: Uint8Array): Promise<{ perSecond: number; us: number }> {
  const server = await startServer([echo], setting.folder);
  const call = (count: number) =>
    load({
      ...server,
      path: '/echo',
      messages: new Array<Uint8Array>(count).fill(message),
      connections: 8,
      inFlight: 8,
    });
  try {
    await call(4_000);
    await server.resetProbe();
    const { seconds } = await call(scaled(40_000, setting));
    const { cpuSeconds } = await server.readProbe();
    const count = scaled(40_000, setting);
    return { perSecond: count / seconds, us: (1e6 * cpuSeconds) / count };
  } finally {
    await server.kill();
  }
}

function measureRecovery(request: Uint8Array): number {
  const { body, signature } = fromBinary(RequestProofRequestSchema, request);
  if (body === undefined) throw new Error('the request has no body');
  const signed = { message: toBinary(RequestProofRequestBodySchema, body), signature };
  const count = 2_000;
  for (let time = 0; time < count; time += 1) recoverAddress(signed);
  const before = process.cpuUsage();
  for (let time = 0; time < count; time += 1) recoverAddress(signed);
  return microseconds(before) / count;
}

async function measureCommits(setting: Setting): Promise<{ ms: readonly number[]; us: number }> {
  const pages = openLmdbPages(join(setting.folder, 'floor-store'));
  const values = valueBytes.map((length) => Buffer.alloc(length, 7));
  const groups = scaled(500, setting);
  const ms: number[] = [];
  let requests = 0;
  const before = process.cpuUsage();
  for (let group = 0; group < groups; group += 1) {
    const startedAt = performance.now();
    await pages.commit(function* () {
      for (let n = 0; n < groupSize; n += 1) {
        const id = `${(requests++).toString(16).padStart(12, '0')}${'ab'.repeat(26)}`;
        for (const [bucket, bytes] of values.entries()) yield { key: [bucket + 1, id], bytes };
      }
    });
    ms.push(performance.now() - startedAt);
  }
  const us = microseconds(before) / requests;
  await pages.close();
  return { ms, us };
}

function measureFlushes(setting: Setting): readonly number[] {
  const bytes = Buffer.alloc(groupSize * valueBytes.reduce((sum, length) => sum + length, 0), 7);
  const file = openSync(join(setting.folder, 'floor-flush'), 'w');
  const ms: number[] = [];
  for (let time = 0; time < scaled(500, setting); time += 1) {
    writeSync(file, bytes);
    const startedAt = performance.now();
    fdatasyncSync(file);
    ms.push(performance.now() - startedAt);
  }
  closeSync(file);
  return ms;
}

function microseconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
