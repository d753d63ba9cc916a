// FulfillProof with a proof of many megabytes. A thread of its own hashes the message, and sends it once it is signed: neither that thread nor
// this one ever holds the proof, and this one serves clients meanwhile.
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Piscina } from 'piscina';
import type { Signer } from '../client/signer.js';
import { FulfillProofRequestBodySchema, MessageFormat, ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../ids.js';
import type { ReportAnswer, ReportTask } from '../workers/report/task.js';
import { workerUrl } from '../workers/workerUrl.js';
import type { Reachability } from './reachability.js';
import { answerOf, isFromNetwork, type UpstreamAnswer } from './upstream.js';

/** A proof up to this size is signed and sent by the main thread: some milliseconds, less than a thread takes to start (bytes). */
export const largestHeldBytes = 4 * 2 ** 20;
/** A thread that has nothing to do ends (ms). */
const idleMs = 30_000;

export interface LargeReport {
  readonly networkId: RequestId;
  readonly nonce: bigint;
  readonly signer: Signer;
  readonly sizeBytes: number;
  /** Each time from its beginning. */
  readonly open: () => Promise<Readable>;
}

export interface LargeReports {
  /** One try. Rejects when nothing was sent whole: the proof cannot be read. */
  fulfil(report: LargeReport): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

/** `note` is called when the network has answered, or has not. */
export function createLargeReports({ url, note = () => {} }: { url: URL; note?: Reachability['note'] }): LargeReports {
  let pool: Piscina<ReportTask, Uint8Array | ReportAnswer> | undefined;

  function started(): Piscina<ReportTask, Uint8Array | ReportAnswer> {
    if (pool !== undefined) return pool;
    pool = new Piscina({
      filename: workerUrl(import.meta.url, '../workers/report.worker'),
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: idleMs,
    });
    // A thread that dies shows in the task that it ran; unheard, this event would end the process.
    pool.on('error', () => {});
    return pool;
  }

  /** A task that reads the proof from its beginning. */
  async function run(open: LargeReport['open'], taskOf: (port: MessagePort) => ReportTask) {
    const { port1, port2 } = new MessageChannel();
    const body = await open();
    const pumped = pump(port1, body);
    try {
      return await started().run(taskOf(port2), { transferList: [port2] });
    } finally {
      port1.close();
      body.destroy();
      await pumped;
    }
  }

  return {
    async fulfil({ networkId, nonce, signer, sizeBytes, open }) {
      const body = bodyHead(networkId, nonce, sizeBytes);
      const messageBytes = body.byteLength + sizeBytes;
      const signed = Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${messageBytes}`), body]);
      const digest = (await run(open, (port) => ({ kind: 'digest', port, head: signed }))) as Uint8Array;
      const head = Buffer.concat([envelopeHead(signer.signDigest(digest), messageBytes), body]);
      const { typeName } = ProverNetwork;
      const path = `/${typeName}/${ProverNetwork.method.fulfillProof.name}`;
      const answer = await run(open, (port) => ({
        kind: 'send',
        port,
        url: url.origin,
        path,
        head,
        proofBytes: sizeBytes,
      }));
      const told = answerOf(answer as ReportAnswer);
      note('writes', isFromNetwork(told), told.ok ? undefined : told.text);
      return told;
    },
    async close() {
      await pool?.destroy();
    },
  };
}

/** Chunk by chunk, as they are asked for. A proof that cannot be read closes the port. */
async function pump(port: MessagePort, body: Readable): Promise<void> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new Promise((resolve) => {
    port.once('close', resolve);
    port.on('message', (asked: unknown) => {
      if (asked === undefined) return;
      chunks.next().then(
        ({ value, done }) => port.postMessage(done ? undefined : value),
        () => port.close(),
      );
    });
  });
}

/** The body up to the bytes of the proof, which is its last field. */
function bodyHead(networkId: RequestId, nonce: bigint, sizeBytes: number): Uint8Array {
  const before = create(FulfillProofRequestBodySchema, { nonce, requestId: bytesOf(networkId) });
  const { proof } = FulfillProofRequestBodySchema.field;
  const tag = new BinaryWriter().tag(proof.number, WireType.LengthDelimited).uint32(sizeBytes).finish();
  return Buffer.concat([toBinary(FulfillProofRequestBodySchema, before), tag]);
}

/** The envelope up to its body, which is its last field. */
const envelopeHead = (signature: Uint8Array, bodyBytes: number): Uint8Array =>
  new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(MessageFormat.BINARY)
    .tag(2, WireType.LengthDelimited)
    .bytes(signature)
    .tag(3, WireType.LengthDelimited)
    .uint32(bodyBytes)
    .finish();
