// The same load on another server, while ours is still warm: whatever speaks the network's wire, for example sp1-cluster's gateway in front
// of its cluster API. What it is asked is signed here, and every call has an input of its own, uploaded before anything is measured.
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { type Context, createContext } from '../src/client/context.js';
import { registerProgram } from '../src/client/registerProgram.js';
import { upload } from '../src/client/upload.js';
import { ArtifactType } from '../src/gen/artifact/artifact_pb.js';
import { RequestProofResponseSchema } from '../src/gen/network/network_pb.js';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { statusMessage, statusPath } from './polls.js';
import { elf, requestProofPath, signedMessages, signerKey, stdin, vk, vkHash } from './requests.js';
import { type Setting, scaled } from './setting.js';

const part = 'beside';
const connections = 8;
const inFlight = 8;
const uploadsAtOnce = 32;

export interface Ours {
  readonly requestsPerSecond: number;
  readonly pollsPerSecond: number;
}

/** Rows of the server at `url`, and ours as ratios to them. Throws when it refuses a call. */
export async function measureBeside(url: URL, ours: Ours, setting: Setting): Promise<Figure[]> {
  const warmUp = 4_000;
  const measured = scaled(20_000, setting);
  const messages = signedMessages(await uploadInputs(url, warmUp + measured, setting));
  const isSecure = url.protocol === 'https:';
  const server = {
    host: url.hostname,
    port: Number(url.port || (isSecure ? 443 : 80)),
    isSecure,
    connections,
    inFlight,
  };
  const ids = new Set<string>();
  const request = (some: readonly Uint8Array[]) =>
    load({
      ...server,
      path: requestProofPath,
      messages: some,
      onAnswer: (_, message) =>
        void ids.add(
          Buffer.from(fromBinary(RequestProofResponseSchema, message).body?.requestId ?? []).toString('hex'),
        ),
    });
  await request(messages.slice(0, warmUp));
  setting.say('beside: measuring');
  const intake = await request(messages.slice(warmUp));
  if (intake.refused > 0 || ids.size !== messages.length) {
    throw new Error(
      `${url.origin} made ${ids.size} requests of ${messages.length} calls and refused ${intake.refused}`,
    );
  }
  const poll = statusMessage(Buffer.from([...ids][0] as string, 'hex'));
  const ask = (count: number) =>
    load({ ...server, path: statusPath, messages: new Array<Uint8Array>(count).fill(poll) });
  await ask(scaled(20_000, setting));
  const polls = await ask(scaled(60_000, setting));
  if (polls.refused > 0) throw new Error(`${url.origin} refused ${polls.refused} polls`);
  const requestsPerSecond = measured / intake.seconds;
  const pollsPerSecond = polls.latenciesMs.length / polls.seconds;
  const note = url.origin;
  return [
    { part, measure: 'RequestProof of the server beside', value: requestsPerSecond, unit: '/s', note },
    { part, measure: 'latency p50', value: quantile(intake.latenciesMs, 0.5), unit: 'ms' },
    { part, measure: 'latency p99', value: quantile(intake.latenciesMs, 0.99), unit: 'ms' },
    {
      part,
      measure: 'RequestProof a second, ours / the server beside',
      value: ours.requestsPerSecond / requestsPerSecond,
      unit: '×',
      aim: { least: 2 },
    },
    { part, measure: 'GetProofRequestStatus of the server beside', value: pollsPerSecond, unit: '/s' },
    {
      part,
      measure: 'polls a second, ours / the server beside',
      value: ours.pollsPerSecond / pollsPerSecond,
      unit: '×',
      aim: { least: 2 },
    },
  ];
}

/** Registers the program and uploads as many inputs as are wanted. Answers their URIs. */
async function uploadInputs(url: URL, count: number, setting: Setting): Promise<string[]> {
  const plain = createContext({ url: url.origin, privateKey: signerKey });
  const context: Context = { ...plain, transfer: compressed(plain.transfer) };
  try {
    await registerProgram(context, { elf, vk, vkHash });
    const uris: string[] = [];
    const body = { sizeBytes: stdin.byteLength, open: () => Readable.from([stdin]) };
    while (uris.length < count) {
      if (uris.length % 4_000 === 0) setting.say(`beside: ${uris.length} of ${count} inputs uploaded`);
      const some = Array.from({ length: Math.min(uploadsAtOnce, count - uris.length) }, () =>
        upload(context, { type: ArtifactType.PRIVATE_STDIN, body }),
      );
      uris.push(...(await Promise.all(some)));
    }
    return uris;
  } finally {
    context.transport.close();
  }
}

/** As the SDK uploads. Not every server takes raw bytes, as ours does. */
const compressed =
  (transfer: Context['transfer']): Context['transfer'] =>
  async (method, url, { body, ...options }) => {
    if (body === undefined) return transfer(method, url, options);
    const bytes = zstdCompressSync(await buffer(body.open()));
    return transfer(method, url, {
      ...options,
      body: { sizeBytes: bytes.byteLength, open: () => Readable.from([bytes]) },
    });
  };
