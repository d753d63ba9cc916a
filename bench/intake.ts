// Intake: signed RequestProof calls acknowledged durable per second, 64 in flight on 8 connections, every call another request with
// another input. From the call's first byte to its trailers; the service's lanes are all busy. First of one requester, then of 5,000. Then
// polls of one of these requests. Beside them the floors of this machine, and on demand another server.
import { fromBinary } from '@bufbuild/protobuf';
import { RequestProofResponseSchema } from '../src/gen/network/network_pb.js';
import { measureBeside } from './beside.js';
import { type Figure, quantile } from './figures.js';
import { type Floors, measureFloors } from './floors.js';
import { load } from './load.js';
import { measurePolls } from './polls.js';
import { requestProofPath, seed, signedRequests } from './requests.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, scaled } from './setting.js';

const part = 'intake';
const connections = 8;
const inFlight = 8;
const manyRequesters = 5_000;
/** Until the JIT has settled. */
const warmUpCalls = 4_000;

export const measureIntake: Part = async (setting) => {
  const data = dataIn(setting, 'intake');
  const floors = await measureFloors(setting);
  // Never less: a service that has just started is another thing to measure.
  const warmUp = warmUpCalls;
  const measured = scaled(20_000, setting);
  setting.say(`intake: preparing ${warmUp + measured} signed requests`);
  const ids = await seed(data, warmUp + measured);
  const fewer = Math.ceil(measured / 2);
  const idsOfMany = await seed(data, fewer, manyRequesters);
  const { cli, folder } = setting;
  const flags = ['--max-open-requests', '1000000', '--max-open-requests-per-address', '1000000'];
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags });
  try {
    await service.lanesSettled();
    // Signed only now: a nonce is good for 15 minutes.
    const messages = signedRequests(ids);
    setting.say('intake: measuring');
    const requestIds: Uint8Array[] = [];
    const call = (some: readonly Uint8Array[]) =>
      load({
        ...service,
        path: requestProofPath,
        messages: some,
        connections,
        inFlight,
        onAnswer(_, message) {
          const requestId = fromBinary(RequestProofResponseSchema, message).body?.requestId;
          if (requestIds.length < 64 && requestId) requestIds.push(Uint8Array.from(requestId));
        },
      });
    await call(messages.slice(0, warmUp));
    const intake = await measure(service, floors, () => call(messages.slice(warmUp)));
    setting.say(`intake: of ${manyRequesters} requesters`);
    const many = await measureMany(service, () => call(signedRequests(idsOfMany, manyRequesters)));
    const polls = await measurePolls(service, requestIds[0] as Uint8Array, floors, setting);
    const ours = { requestsPerSecond: rateOf(intake), pollsPerSecond: rateOf(polls) };
    const beside = setting.beside === undefined ? [] : await measureBeside(setting.beside, ours, setting);
    return [...floors.figures, ...intake, ...many, ...polls, ...beside];
  } finally {
    await service.kill();
  }
};

/** By our generator, which is the only one that can put its load on both. */
const rateOf = (figures: readonly Figure[]) => figures.findLast(({ unit }) => unit === '/s')?.value ?? Number.NaN;

async function measure(service: RunningService, floors: Floors, run: () => ReturnType<typeof load>): Promise<Figure[]> {
  await service.resetProbe();
  const { seconds, latenciesMs, refused, generatorShare } = await run();
  const delay = await service.readProbe();
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  const count = latenciesMs.length;
  const p99 = quantile(latenciesMs, 0.99);
  const us = (1e6 * delay.cpuSeconds) / count;
  const note = `generator ${Math.round(100 * generatorShare)} % of a core`;
  return [
    { part, measure: 'RequestProof durable', value: count / seconds, unit: '/s', aim: { least: 6_000 }, note },
    { part, measure: 'latency p50', value: quantile(latenciesMs, 0.5), unit: 'ms' },
    { part, measure: 'latency p99', value: p99, unit: 'ms', aim: { most: 20 } },
    { part, measure: 'latency worst', value: quantile(latenciesMs, 1), unit: 'ms' },
    { part, measure: 'event-loop delay p99', value: delay.p99, unit: 'ms' },
    { part, measure: 'processor time per request, all threads', value: us, unit: 'µs' },
    { part, measure: 'the same / the sum of its floors', value: us / floors.requestUs, unit: '×', aim: { most: 2 } },
    { part, measure: 'latency p99 / p50 of one commit', value: p99 / floors.commitMs, unit: '×', aim: { most: 4 } },
    {
      part,
      measure: 'pages of 4 KiB written per request, answers and log included',
      value: delay.writtenBytes / 4096 / count,
      unit: 'pages',
    },
  ];
}

async function measureMany(service: RunningService, run: () => ReturnType<typeof load>): Promise<Figure[]> {
  await service.resetProbe();
  const { seconds, latenciesMs, refused } = await run();
  const { writtenBytes } = await service.readProbe();
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  const count = latenciesMs.length;
  return [
    { part, measure: `RequestProof durable, ${manyRequesters} requesters`, value: count / seconds, unit: '/s' },
    { part, measure: 'latency p99', value: quantile(latenciesMs, 0.99), unit: 'ms' },
    {
      part,
      measure: 'pages of 4 KiB written per request, answers and log included',
      value: writtenBytes / 4096 / count,
      unit: 'pages',
    },
  ];
}
