// Fetches a proof into a file that Rust's `SP1ProofWithPublicValues::load` reads.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FailureError } from '../failures/failureError.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { CallParameters, Context } from './context.js';
import { ClientError, clientError } from './errors.js';
import { assertExpected, type ExpectedProof, isTeeProof } from './expectedProof.js';
import { ExchangeFailed, readNotice } from './http.js';
import { isOfSealing } from './sealing.js';

/** `tee_proof: None`, the one field that SP1ProofWithPublicValues has beyond the ProofFromNetwork that is served. */
const noTeeProof = Buffer.of(0);

export interface DownloadParameters extends CallParameters {
  /** From a fulfilled status. */
  readonly proofUrl: string;
  /** Replaced whole, or not at all. */
  readonly path: string;
  /** What it has to be a proof of. Anything else is not kept. The file is then read into memory once. Default: anything. */
  readonly expected?: ExpectedProof;
}

export interface DownloadedProof {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the proof as served, in hex. */
  readonly sha256: string;
}

/**
 * Streams to disk and flushes. PROOF_MISMATCH, TRANSFER_REFUSED, TRANSFER_FAILED, ABORTED, or an error of the file system.
 * @internal
 */
export async function download(
  context: Context,
  { proofUrl, path, expected, ...options }: DownloadParameters,
): Promise<DownloadedProof> {
  const partial = `${path}.part`;
  try {
    const fetched = await context.attempt('download', options, (_call, signal) =>
      fetchTo(context, proofUrl, partial, signal),
    );
    if (expected !== undefined) assertExpected(await readFile(partial), expected);
    const file = await open(partial, 'a+');
    try {
      const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: 0 });
      if (!isTeeProof(buffer)) await file.appendFile(noTeeProof);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    return { path, ...fetched };
  } finally {
    await rm(partial, { force: true });
  }
}

async function fetchTo({ transfer }: Context, url: string, path: string, signal: AbortSignal) {
  try {
    const { httpStatus, body: response } = await transfer('GET', url, { signal });
    if (httpStatus < 200 || httpStatus > 299) {
      const detail = await readNotice(response);
      throw clientError('TRANSFER_REFUSED', { transfer: 'download', httpStatus, detail });
    }
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    await pipeline(response, count, createWriteStream(path), { signal });
    return { sizeBytes, sha256: hash.digest('hex') };
  } catch (error) {
    if (error instanceof ClientError) throw error;
    if (signal.aborted) throw clientError('ABORTED', {}, { cause: signal.reason });
    if (error instanceof FailureError && isOfSealing(error.failure)) {
      const { code: reason } = error.failure;
      throw clientError('SEALED_BODY_REFUSED', { url: new URL(url).origin, reason, detail: sentenceOf(error.failure) });
    }
    // A file system error is ours and final. Everything else is the connection.
    if ((error as NodeJS.ErrnoException).syscall !== undefined && (error as NodeJS.ErrnoException).path !== undefined) {
      throw error;
    }
    const detail =
      error instanceof ExchangeFailed ? error.message : ((error as NodeJS.ErrnoException).code ?? 'cut short');
    throw clientError('TRANSFER_FAILED', { transfer: 'download', detail }, { cause: error });
  }
}
