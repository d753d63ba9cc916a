// Attestation: one verification beside that of dcap-qvl, and what evidence costs those who poll. All ratios are of one run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { examineQuote } from '../src/attestation/verify/attestation.js';
import { RequestProofResponseSchema } from '../src/gen/network/network_pb.js';
import { startOracle } from '../src/testkit/attestation/oracle.js';
import { findSamples, readQuoteFile, samples } from '../src/testkit/attestation/samples.js';
import { type Figure, quantile } from './figures.js';
import { measureFirstCall } from './firstCall.js';
import { measureGateway, measureProxy } from './gateway.js';
import { load } from './load.js';
import { statusMessage, statusPath } from './polls.js';
import { requestProofPath, seed, signedRequests } from './requests.js';
import { measureSealedBodies } from './sealedBodies.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, type Setting, scaled } from './setting.js';

const part = 'attestation';

export const measureAttestation: Part = async (setting) => [
  ...(await measureVerification(setting)),
  ...(await measureEvidence(setting)),
  ...(await measureFirstCall(setting)),
  ...(await measureSealedBodies(setting)),
  ...(await measureGateway(setting)),
  ...(await measureProxy(setting)),
];

async function measureVerification(setting: Setting): Promise<readonly Figure[]> {
  if (process.env['ATTESTATION_ORACLE'] === undefined) {
    setting.say('attestation: no oracle here, so nothing to compare a verification with');
    return [];
  }
  setting.say('attestation: verifying a quote');
  const [sample] = samples;
  if (sample === undefined) throw new Error('there are no samples');
  const folder = findSamples();
  const collateral = readFileSync(join(folder, sample.collateral), 'utf8');
  const of = { quote: readQuoteFile(join(folder, sample.quote)), collateral, now: sample.now };
  const oracle = startOracle();
  const ours: number[] = [];
  const theirs: number[] = [];
  const travel: number[] = [];
  for (let i = 0; i < scaled(400, setting) + 100; i += 1) {
    const take = async (into: number[], work: () => Promise<unknown>) => {
      const from = performance.now();
      await work();
      // The first hundred are for the JIT.
      if (i >= 100) into.push(performance.now() - from);
    };
    await take(ours, () => examineQuote(of));
    await take(theirs, () => oracle.ask(of));
    // What it refuses before a signature: the way there and back, and the reading of the question.
    await take(travel, () => oracle.ask({ ...of, quote: new Uint8Array(of.quote.byteLength) }));
  }
  await oracle.end();
  const own = quantile(ours, 0.5);
  const other = quantile(theirs, 0.5) - quantile(travel, 0.5);
  return [
    { part, measure: 'one verification, cached collateral, p50', value: own, unit: 'ms' },
    { part, measure: 'the same by dcap-qvl, p50', value: other, unit: 'ms', note: 'without the way to its process' },
    { part, measure: 'ours / dcap-qvl', value: own / other, unit: '×', aim: { most: 8 } },
  ];
}

const kinds = {
  off: [],
  dev: ['--attest', 'dev'],
  always: ['--attest', 'dev', '--attest-header', 'always'],
} as const;
type Kind = keyof typeof kinds;
const rounds = 7;

/** One service a kind, all at once, in turn under load: what the machine does besides hits all of them. */
async function measureEvidence(setting: Setting): Promise<readonly Figure[]> {
  const services = new Map<Kind, { service: RunningService; message: Uint8Array }>();
  try {
    for (const kind of Object.keys(kinds) as Kind[]) {
      setting.say(`attestation: starting a service, ${kind}`);
      const data = dataIn(setting, `attest-${kind}`);
      const ids = await seed(data, 1);
      const { cli, folder } = setting;
      const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags: kinds[kind] });
      services.set(kind, { service, message: new Uint8Array() });
      await service.lanesSettled();
      services.set(kind, { service, message: statusMessage(await request(service, signedRequests(ids))) });
    }
    const rates = new Map<Kind, number[]>();
    const costs = new Map<Kind, number[]>();
    for (let round = 0; round <= rounds; round += 1) {
      setting.say(`attestation: polling, round ${round} of ${rounds}`);
      for (const [kind, { service, message }] of services) {
        await service.resetProbe();
        const calls = scaled(20_000, setting);
        const rate = await poll(service, message, calls);
        const { cpuSeconds } = await service.readProbe();
        // The first one warms up.
        if (round === 0) continue;
        rates.set(kind, [...(rates.get(kind) ?? []), rate]);
        costs.set(kind, [...(costs.get(kind) ?? []), (1e6 * cpuSeconds) / calls]);
      }
    }
    const median = (kind: Kind) => quantile(rates.get(kind) ?? [], 0.5);
    const off = median('off');
    const costOf = (kind: Kind) => `${Math.round(quantile(costs.get(kind) ?? [], 0.5))} µs of processor time each`;
    return [
      { part, measure: 'polls, attestation off', value: off, unit: '/s', note: costOf('off') },
      {
        part,
        measure: 'with dev and no nonce sent / off',
        value: (100 * median('dev')) / off,
        unit: '%',
        aim: { least: 95 },
        note: costOf('dev'),
      },
      {
        part,
        measure: 'with --attest-header always / off',
        value: (100 * median('always')) / off,
        unit: '%',
        aim: { least: 80 },
        note: costOf('always'),
      },
    ];
  } finally {
    for (const { service } of services.values()) await service.kill();
  }
}

async function request(service: RunningService, messages: readonly Uint8Array[]): Promise<Uint8Array> {
  let requestId: Uint8Array | undefined;
  await load({
    ...service,
    path: requestProofPath,
    messages,
    connections: 1,
    inFlight: 1,
    onAnswer(_, message) {
      requestId = fromBinary(RequestProofResponseSchema, message).body?.requestId;
    },
  });
  if (requestId === undefined) throw new Error('no request was taken');
  return Uint8Array.from(requestId);
}

async function poll(service: RunningService, message: Uint8Array, count: number): Promise<number> {
  const messages = new Array<Uint8Array>(count).fill(message);
  const { latenciesMs, seconds, refused } = await load({
    ...service,
    path: statusPath,
    messages,
    connections: 8,
    inFlight: 8,
  });
  if (refused > 0) throw new Error(`${refused} polls were refused`);
  return latenciesMs.length / seconds;
}
