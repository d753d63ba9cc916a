// Fetches a proof into a file that Rust's `SP1ProofWithPublicValues::load` reads.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CallParameters, Context } from './context.js';
import { ClientError, clientError } from './errors.js';
import { ExchangeFailed, exchange, readNotice } from './http.js';

/** `tee_proof: None`, the one field that SP1ProofWithPublicValues has beyond the ProofFromNetwork that is served. */
const noTeeProof = Buffer.of(0);

export interface DownloadParameters extends CallParameters {
  /** From a fulfilled status. */
  readonly proofUrl: string;
  /** Replaced whole, or not at all. */
  readonly path: string;
}

export interface DownloadedProof {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the proof as served, in hex. */
  readonly sha256: string;
}

/** Streams to disk and flushes. TRANSFER_REFUSED, TRANSFER_FAILED, ABORTED, or an error of the file system. */
export async function download(
  context: Context,
  { proofUrl, path, ...options }: DownloadParameters,
): Promise<DownloadedProof> {
  const partial = `${path}.part`;
  try {
    const fetched = await context.attempt('download', options, (_call, signal) => fetchTo(proofUrl, partial, signal));
    const file = await open(partial, 'a');
    try {
      await file.appendFile(noTeeProof);
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

async function fetchTo(url: string, path: string, signal: AbortSignal) {
  try {
    const response = await exchange('GET', url, { signal });
    const httpStatus = response.statusCode ?? 0;
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
    // A file system error is ours and final; everything else is the connection.
    if ((error as NodeJS.ErrnoException).syscall !== undefined && (error as NodeJS.ErrnoException).path !== undefined) {
      throw error;
    }
    const detail =
      error instanceof ExchangeFailed ? error.message : ((error as NodeJS.ErrnoException).code ?? 'cut short');
    throw clientError('TRANSFER_FAILED', { transfer: 'download', detail }, { cause: error });
  }
}
