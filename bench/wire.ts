// How clients of all ages hold on to the service: one signed RequestProof sent again and again (an SDK whose answers are lost), and v5
// clients, a thousand of them, with a new connection for every poll; and what is left of it in memory and file descriptors.
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { RequestProofResponseSchema } from '../src/gen/network/network_pb.js';
import { type Figure, quantile } from './figures.js';
import { h2load, hasH2load } from './h2load.js';
import {
  callBytes,
  endStream,
  frameHeaderBytes,
  frameType,
  headerBlock,
  openingBytes,
  writeCall,
} from './http2Frames.js';
import { load } from './load.js';
import { statusMessage, statusPath } from './polls.js';
import { requestProofPath, seed, signedRequests } from './requests.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, scaled } from './setting.js';

const part = 'wire';
const clients = 1_000;
/** Polls under way at once; a thousand clients that poll every two seconds have far fewer. */
const atOnce = 64;
/** Connections whose client has hung up are closed by then, on a busy machine too. */
const restMs = 2_000;

export const measureWire: Part = async (setting) => {
  const { cli, folder } = setting;
  const data = dataIn(setting, 'wire');
  const ids = await seed(data, 1);
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder });
  try {
    await service.lanesSettled();
    const [message] = signedRequests(ids) as [Uint8Array];
    const requestId = await firstAnswer(service, message);
    const figures: Figure[] = [];
    if (hasH2load()) {
      setting.say('wire: one request again and again');
      const calls = scaled(40_000, setting);
      const value = await h2load({
        service,
        path: requestProofPath,
        message,
        calls,
        connections: 8,
        inFlight: 8,
        folder,
      });
      figures.push({ part, measure: 'RequestProof repeated, same bytes', value, unit: '/s', note: 'h2load -c 8 -m 8' });
    }
    setting.say(`wire: ${clients} clients with a connection for each poll`);
    const poll = statusMessage(requestId);
    const polls = scaled(20 * clients, setting);
    // As many before: until then the heap grows to the size that the collector lets it have, and keeps it. What a connection left behind
    // would come on top of that.
    const idle = usage(service.pid);
    await pollOnNewConnections(service, poll, polls);
    const before = await rest(service.pid, idle);
    const { seconds, latenciesMs } = await pollOnNewConnections(service, poll, polls);
    const after = await rest(service.pid, before);
    return [
      ...figures,
      {
        part,
        measure: 'polls, a new connection each',
        value: latenciesMs.length / seconds,
        unit: '/s',
        // A thousand clients that poll every two seconds.
        aim: { least: 500 },
        note: `${atOnce} at once`,
      },
      { part, measure: 'latency p99, connection included', value: quantile(latenciesMs, 0.99), unit: 'ms' },
      {
        part,
        measure: 'file descriptors left',
        value: after.descriptors - before.descriptors,
        unit: '',
        aim: { most: 5 },
      },
      { part, measure: 'memory left', value: (after.bytes - before.bytes) / 2 ** 20, unit: 'MiB', aim: { most: 64 } },
    ];
  } finally {
    await service.kill();
  }
};

async function firstAnswer(service: RunningService, message: Uint8Array): Promise<Uint8Array> {
  let requestId: Uint8Array | undefined;
  const onAnswer = (_: number, bytes: Buffer) => {
    requestId = Uint8Array.from(fromBinary(RequestProofResponseSchema, bytes).body?.requestId ?? []);
  };
  await load({ ...service, path: requestProofPath, messages: [message], connections: 1, inFlight: 1, onAnswer });
  if (requestId?.byteLength !== 32) throw new Error('the request was not accepted');
  return requestId;
}

async function pollOnNewConnections(service: RunningService, message: Uint8Array, count: number) {
  const headers = headerBlock(`${service.host}:${service.port}`, statusPath);
  const opening = openingBytes();
  const bytes = Buffer.alloc(opening.length + callBytes(headers, message));
  bytes.set(opening);
  writeCall(bytes, opening.length, 1, headers, message);
  const latenciesMs = new Float64Array(count);
  let next = 0;
  const startedAt = performance.now();
  const client = async () => {
    while (next < count) {
      const index = next++;
      const at = performance.now();
      await pollOnce(service, bytes);
      latenciesMs[index] = performance.now() - at;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { seconds: (performance.now() - startedAt) / 1000, latenciesMs };
}

/** Connects, calls, waits for the trailers and hangs up. */
function pollOnce({ host, port }: RunningService, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    socket.on('connect', () => socket.write(bytes)).on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      let at = 0;
      while (received.length - at >= frameHeaderBytes) {
        const end = at + frameHeaderBytes + received.readUIntBE(at, 3);
        if (end > received.length) return;
        const isLast = received[at + 3] === frameType.headers && ((received[at + 4] as number) & endStream) !== 0;
        if (isLast) {
          socket.destroy();
          return resolve();
        }
        at = end;
      }
    });
    socket.on('close', () => reject(new Error('the connection was closed before its answer')));
  });
}

/** What the last clients held is given back a moment after they have gone. */
async function rest(pid: number, before: Usage): Promise<Usage> {
  for (const startedAt = performance.now(); ; await sleep(20)) {
    const now = usage(pid);
    if (now.descriptors <= before.descriptors || performance.now() - startedAt > restMs) return now;
  }
}

interface Usage {
  readonly bytes: number;
  readonly descriptors: number;
}

function usage(pid: number): Usage {
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { bytes: Number(resident) * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
