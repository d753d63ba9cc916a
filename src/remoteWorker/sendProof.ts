// A proof to the front, piece by piece. Each piece is an answered call, and one whose answer was lost is sent again.
import { status } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import { Work } from '../gen/work/v1/work_pb.js';
import { pause } from '../pause.js';
import { openStored } from '../storedBytes/openStored.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import { LinkFailed } from './frontLink.js';
import type { LeaseLink } from './inputs.js';

/** Below the most that the front reads of one call. */
const pieceBytes = 256 * 1024;
/** A piece takes milliseconds. The line may be slow, or away for a moment. */
const pieceTimeoutMs = 20_000;
const againMs = 500;

/** Answers whether it counts. Rejects with a LinkFailed when the lease is lost, and after the signal. */
export async function sendProof(
  { link, epoch, lease }: LeaseLink,
  proof: StoredFile,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const insist = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const isOver = !(error instanceof LinkFailed) || error.isFinal || overCodes.has(error.code);
        if (signal.aborted || isOver) throw error;
        await pause(clock, againMs, signal);
      }
    }
  };
  const options = { signal, timeoutMs: pieceTimeoutMs };
  const reader = await openStored(proof);
  let offset = 0;
  try {
    for await (const chunk of reader.pieces()) {
      for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
        const piece = new Uint8Array(chunk.subarray(at, at + pieceBytes));
        const from = BigInt(offset);
        await insist(() => link.call(Work.method.write, { epoch, lease, offset: from, piece }, options));
        offset += piece.byteLength;
      }
    }
  } finally {
    await reader.close();
  }
  const { sha256, sizeBytes } = proof;
  const whole = { epoch, lease, sha256, sizeBytes: BigInt(sizeBytes) };
  return (await insist(() => link.call(Work.method.complete, whole, options))).counts;
}

/** The lease is lost, or the epoch is. */
const overCodes = new Set<number>([status.ABORTED, status.NOT_FOUND]);
