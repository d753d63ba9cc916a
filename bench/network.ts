// Network mode on a fake network of this process: what the front adds to a call, how soon it proves and reports, what it asks while clients
// wait, how soon it serves with many open reports, and what memory large inputs and proofs take. The service is compiled from the sources,
// with a fake engine that proves at once.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createSigner } from '../src/client/signer.js';
import { systemClock } from '../src/clock.js';
import {
  FulfillmentStatus,
  GetFilteredProofRequestsRequestSchema,
  GetProofRequestStatusRequestSchema,
  ProverNetwork,
} from '../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../src/testkit/fakeNetwork/networkRig.js';
import { bodyBytes, createRawCaller, envelope } from '../src/testkit/service/serviceCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../src/testkit/service/serviceRequests.js';
import type { LogLine } from '../src/testkit/service/serviceRig.js';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { measureMemory } from './networkMemory.js';
import { measureOpenDeliveries } from './openDeliveries.js';
import { statusPath } from './polls.js';
import { type Part, type Setting, scaled } from './setting.js';

const part = 'network';
/** As the SDK does. */
const pollMs = 2_000;
const waiting = 'waits for ever';
const failing = 'fails in its guest';
const sha256Of = (text: string) => createHash('sha256').update(stdinOf(text)).digest('hex');

export const measureNetwork: Part = async (setting) => [
  ...(await withRig((made) => measureRequests(made, setting))),
  ...(await withRig((made) => measureBurst(made, setting))),
  ...(await withRig((made) => measureWaiting(made, setting))),
  ...(await measureOpenDeliveries(setting)),
  ...(await measureMemory(setting)),
];

async function withRig(measure: (made: NetworkRig) => Promise<Figure[]>): Promise<Figure[]> {
  const made = await startNetworkRig({
    script: {
      rules: [
        { on: 'prove', stdinSha256: sha256Of(waiting), act: { kind: 'hang' } },
        { on: 'execute', stdinSha256: sha256Of(failing), act: { kind: 'guestFailure', cause: 1, exitCode: 1 } },
      ],
    },
  });
  try {
    return await measure(made);
  } finally {
    await made.end();
  }
}

const isFulfilled = ({ network }: NetworkRig, id: RequestId) =>
  network.ledger.requests.get(id)?.fulfillment === FulfillmentStatus.FULFILLED;

/** One after the other: what each step takes when nothing else is to be done. */
async function measureRequests(made: NetworkRig, setting: Setting): Promise<Figure[]> {
  const count = scaled(200, setting);
  setting.say(`network: ${count} requests, one after the other`);
  const requester = made.requester(1);
  await requester.register();
  const direct = createRequester(made.network.url, { clock: systemClock, keyByte: 2 });
  made.network.control.addReservation(direct.address, made.prover);
  const front = createRawCaller(made.rig.port);
  const network = createRawCaller(Number(new URL(made.network.url).port));
  const through: number[] = [];
  const past: number[] = [];
  const hasProof: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const stdinUri = await requester.uploadStdin(stdinOf(`one after the other ${i}`));
    past.push(await ask(network, direct, { key: 2, stdinUri: `https://elsewhere.example.org/${i}` }));
    through.push(await ask(front, requester, { key: 1, stdinUri }));
    const id = [...made.network.ledger.requests.keys()].at(-1) as RequestId;
    await requester.client.waitProof(id, { pollMs: 1 });
    hasProof.push(systemClock.now() - momentOf(await fulfilledLine(made, id)));
    await made.network.record.waitFor(() => isFulfilled(made, id));
  }
  direct.close();
  front.close();
  network.close();
  const guest = await measureGuest(made, requester);
  const { lines } = made.service;
  const starts = paired(lines, '', 'executing.running');
  const reports = reportDelays(made);
  // The first ones warm both processes up.
  const warm = <T>(all: readonly T[]) => all.slice(Math.min(20, all.length >> 1));
  const p = (all: readonly number[], share: number) => quantile(warm(all), share);
  const round = p(past, 0.5);
  return [
    { part, measure: 'RequestProof at the network itself, p50', value: round, unit: 'ms' },
    { part, measure: 'added to it by the front, p50', value: p(through, 0.5) - round, unit: 'ms', aim: { most: 5 } },
    {
      part,
      measure: 'the same, p99',
      value: p(through, 0.99) - p(past, 0.99),
      unit: 'ms',
      aim: { most: 20 },
      note: 'of the two p99',
    },
    { part, measure: 'accepted → prover starts, p99', value: p(starts, 0.99), unit: 'ms', aim: { most: 20 } },
    { part, measure: 'proof made → client has it, p99', value: p(hasProof, 0.99), unit: 'ms', aim: { most: 50 } },
    {
      part,
      measure: 'proof made → FulfillProof has arrived, p99',
      value: p(reports, 0.99),
      unit: 'ms',
      aim: { most: 50 },
    },
    guest,
  ];
}

async function ask(
  caller: ReturnType<typeof createRawCaller>,
  requester: ServiceRequester,
  { key, stdinUri }: { key: number; stdinUri: string },
): Promise<number> {
  const body = bodyBytes(await requester.bodyFor(stdinUri, reserved));
  const signer = createSigner(Buffer.alloc(32, key).toString('hex'));
  const message = envelope(signer.sign(body), body);
  const from = performance.now();
  const { status, detail } = await caller.call(ProverNetwork.method.requestProof, message);
  if (status !== 'OK') throw new Error(`RequestProof: ${status} ${detail}`);
  return performance.now() - from;
}

const momentOf = ({ at }: LogLine): number => Date.parse(at ?? '');

const fulfilledLine = ({ service }: NetworkRig, id: RequestId): Promise<LogLine> =>
  service.until(({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'fulfilled');

/** From each request's transition out of one state to its first one into another (ms). */
function paired(lines: readonly LogLine[], from: string, to: string): number[] {
  const begun = new Map<string, number>();
  const found: number[] = [];
  for (const line of lines) {
    if (line.event !== 'request.transition' || line.requestId === undefined) continue;
    if (line.from === from) begun.set(line.requestId, momentOf(line));
    const at = line.to === to ? begun.get(line.requestId) : undefined;
    if (at === undefined) continue;
    found.push(momentOf(line) - at);
    begun.delete(line.requestId);
  }
  return found;
}

/** From "fulfilled" here to the arrival of its FulfillProof (ms). Both processes read one clock. */
function reportDelays({ service, network }: NetworkRig): number[] {
  const made = service.lines.filter(({ event, to }) => event === 'request.transition' && to === 'fulfilled');
  const arrived = network.record.of('FulfillProof');
  return made.map((line, i) => (arrived[i]?.at ?? Number.NaN) - momentOf(line));
}

async function measureGuest(made: NetworkRig, requester: ServiceRequester): Promise<Figure> {
  const id = await requester.submit(stdinOf(failing), reserved);
  const from = performance.now();
  await requester.client.waitProof(id, { pollMs: 10 }).then(
    () => Promise.reject(new Error('its guest did not fail')),
    () => undefined,
  );
  const value = performance.now() - from;
  await made.network.record.waitFor(() => made.network.ledger.requests.get(id)?.error === 1);
  return { part, measure: 'guest fails → its client reads it', value, unit: 'ms', aim: { most: 5_000 } };
}

/** A hundred proofs of one key: what is lost of them, and how long the prover is idle between two. */
async function measureBurst(made: NetworkRig, setting: Setting): Promise<Figure[]> {
  const count = scaled(100, setting);
  setting.say(`network: ${count} proofs at once`);
  const requester = made.requester(1);
  await requester.register();
  const uris: string[] = [];
  for (let i = 0; i < count; i += 1) uris.push(await requester.uploadStdin(stdinOf(`at once ${i}`)));
  const ids: RequestId[] = [];
  for (const uri of uris) ids.push(await requester.ask(uri, reserved));
  await made.network.record.waitFor(() => ids.every((id) => isFulfilled(made, id)));
  const lost = ids.filter((id) => !isFulfilled(made, id)).length;
  const most = Math.max(...ids.map((id) => made.network.ledger.requests.get(id)?.accepted ?? 0));
  const refused = made.network.record.of('FulfillProof').filter(({ verdict }) => verdict !== 'accepted').length;
  const broken = made.network.invariants();
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return [
    { part, measure: `proofs lost of ${count} of one key`, value: lost, unit: '', aim: { most: 0 } },
    {
      part,
      measure: 'accepted FulfillProofs of a request, most',
      value: most,
      unit: '',
      aim: { most: 1 },
      note: `${refused} refused`,
    },
    {
      part,
      measure: 'prover idle while proofs are queued, p99',
      value: quantile(idleTimes(made), 0.99),
      unit: 'ms',
      aim: { most: 20 },
    },
  ];
}

/** Of the lane that proves: from the end of one job to the begin of the next, where that was queued before (ms). */
function idleTimes({ service }: NetworkRig): number[] {
  const queued = new Set<string>();
  const idle: number[] = [];
  let ready: number | undefined;
  for (const line of service.lines) {
    if (line.event === 'lane.transition' && line.laneId?.includes('prove')) {
      if (line.to === 'ready') ready = queued.size > 0 ? momentOf(line) : undefined;
      else if (line.to === 'busy' && ready !== undefined) idle.push(momentOf(line) - ready);
    }
    if (line.event !== 'request.transition' || line.requestId === undefined) continue;
    if (line.to === 'proving.waiting') queued.add(line.requestId);
    if (line.to === 'proving.running') queued.delete(line.requestId);
  }
  return idle;
}

/** T42. */
async function measureWaiting(made: NetworkRig, setting: Setting): Promise<Figure[]> {
  const clients = scaled(1_000, setting);
  const requester = made.requester(1);
  await requester.register();
  const id = await requester.submit(stdinOf(waiting), reserved);
  await made.service.until(
    ({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'proving.running',
  );
  const message = toBinary(
    GetProofRequestStatusRequestSchema,
    create(GetProofRequestStatusRequestSchema, { requestId: bytesOf(id) }),
  );
  const rounds = scaled(30, setting);
  setting.say(`network: ${clients} clients ask every two seconds, ${rounds} times`);
  const before = made.network.record.calls.length;
  const from = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    const messages = new Array<Uint8Array>(clients).fill(message);
    const of = { host: '127.0.0.1', port: made.rig.port, path: statusPath, messages };
    const { refused } = await load({ ...of, connections: 8, inFlight: clients / 8 });
    if (refused > 0) throw new Error(`${refused} polls were refused`);
    await sleep(Math.max(0, from + round * pollMs - performance.now()));
  }
  const seconds = (performance.now() - from) / 1_000;
  const calls = made.network.record.calls.slice(before);
  const kinds = new Map<number | undefined, number>();
  for (const { raw } of calls.filter(({ method }) => method === 'GetFilteredProofRequests')) {
    const { fulfillmentStatus: kind } = fromBinary(GetFilteredProofRequestsRequestSchema, raw);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const others = calls.filter(({ method }) => method !== 'GetFilteredProofRequests').length;
  const note = `${clients} clients, ${Math.round(seconds)} s, ${kinds.size} kinds of lists`;
  return [
    {
      part,
      measure: 'lists of one kind in 5 s while clients wait',
      value: (5 * Math.max(0, ...kinds.values())) / seconds,
      unit: '×',
      aim: { most: 1.1 },
      note,
    },
    { part, measure: 'other calls to the network meanwhile', value: others, unit: '', aim: { most: 0 } },
  ];
}
