// One prefix of one bucket: whole objects in and out. The only file that sees the store's own errors. Beyond it they are Failures.
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { parseSha256, type Sha256 } from '../../ids.js';
import type { Log } from '../../log.js';
import { copyOut } from '../../storedBytes/copyStored.js';
import type { StoredFile } from '../../storedBytes/storedFile.js';

export interface ObjectFacts {
  readonly sizeBytes: number;
  /** As noted when it was put. Undefined for objects that are not ours. */
  readonly sha256: Sha256 | undefined;
}

/** Keys are relative to the prefix. Everything rejects with BUCKET_UNAVAILABLE, or ABORTED by the signal. */
export interface Bucket {
  /** One request: the object is there whole, or not at all. The store compares the bytes with the digest, which is signed. */
  put(key: string, file: StoredFile, signal?: AbortSignal): Promise<void>;
  putText(key: string, text: string): Promise<void>;
  /** Undefined when there is no such object. */
  head(key: string): Promise<ObjectFacts | undefined>;
  get(key: string, signal: AbortSignal): Promise<{ body: Readable; sizeBytes: number } | undefined>;
  /** Idempotent. */
  remove(key: string): Promise<void>;
  /** Everything under a folder of the prefix, with the epoch ms of its last change. */
  list(folder: string): AsyncIterable<{ readonly key: string; readonly changedAt: number }>;
  /** A URL that lets its holder do this one thing for so many seconds. Besides that, only the host is signed. */
  presign(method: 'GET' | 'PUT', key: string, forS: number): Promise<string>;
  /** Converts what broke while a body was read. */
  failureOf(operation: string, thrown: unknown): FailureError;
  close(): void;
}

export function createBucket({
  client,
  bucket,
  prefix,
  log,
}: {
  client: S3Client;
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  log: Log;
}): Bucket {
  const at = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` });
  let isComplaining = false;

  /** The reason is for the log alone: its name and status, not its text, which holds keys and hosts. */
  function failureOf(operation: string, thrown: unknown): FailureError {
    if (thrown instanceof FailureError) return thrown;
    const { name, code, $metadata } = thrown as {
      name?: string;
      code?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const facts = { operation, error: name, code, httpStatus: $metadata?.httpStatusCode };
    log[isComplaining ? 'debug' : 'error'](
      { event: 'bucket.unavailable', ...facts },
      'the bucket does not answer as it should',
    );
    isComplaining = true;
    return new FailureError(fail('BUCKET_UNAVAILABLE'), { cause: thrown });
  }

  async function call<T>(operation: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const answer = await work();
      if (isComplaining) log.info({ event: 'bucket.available' }, 'the bucket answers again');
      isComplaining = false;
      return answer;
    } catch (thrown) {
      if (signal?.aborted) throw new FailureError(fail('ABORTED'), { cause: thrown });
      throw failureOf(operation, thrown);
    }
  }

  return {
    put: (key, file, signal) =>
      call(
        'put',
        async () => {
          const { body, sha256, sizeBytes } = await copyOut(file);
          const unreadable = new AbortController();
          // A file that cannot be read on would otherwise leave the request waiting for the rest of its body.
          body.on('error', (error) => unreadable.abort(error));
          const command = new PutObjectCommand({
            ...at(key),
            Body: body,
            ContentLength: sizeBytes,
            Metadata: { sha256: file.sha256 },
          });
          command.middlewareStack.add(
            (next) => (args) => {
              (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
              return next(args);
            },
            { step: 'build', name: 'signedDigest' },
          );
          const abortSignal = signal === undefined ? unreadable.signal : AbortSignal.any([signal, unreadable.signal]);
          await client.send(command, { abortSignal }).finally(() => body.destroy());
        },
        signal,
      ),

    async putText(key, text) {
      await call('put', () => client.send(new PutObjectCommand({ ...at(key), Body: text })));
    },

    head: (key) =>
      call('head', async () => {
        const found = await client.send(new HeadObjectCommand(at(key))).catch(missing);
        if (found === undefined) return undefined;
        return { sizeBytes: found.ContentLength ?? 0, sha256: parseSha256(found.Metadata?.['sha256'] ?? '') };
      }),

    get: (key, signal) =>
      call(
        'get',
        async () => {
          const found = await client.send(new GetObjectCommand(at(key)), { abortSignal: signal }).catch(missing);
          if (found === undefined) return undefined;
          // The reader gets the error when the body breaks off. Before it is read, the error does not matter.
          const body = (found.Body as Readable).on('error', () => undefined);
          return { body, sizeBytes: found.ContentLength ?? 0 };
        },
        signal,
      ),

    async remove(key) {
      await call('remove', () => client.send(new DeleteObjectCommand(at(key))));
    },

    async *list(folder) {
      const query = { Bucket: bucket, Prefix: `${prefix}${folder}/` };
      const pages = paginateListObjectsV2({ client }, query)[Symbol.asyncIterator]();
      for (;;) {
        const page = await call('list', () => pages.next());
        if (page.done) return;
        for (const { Key, LastModified } of page.value.Contents ?? [])
          yield { key: (Key ?? '').slice(prefix.length), changedAt: LastModified?.getTime() ?? 0 };
      }
    },

    presign: (method, key, expiresIn) =>
      call('presign', () => {
        const command = method === 'GET' ? new GetObjectCommand(at(key)) : new PutObjectCommand(at(key));
        return getSignedUrl(client, command, { expiresIn });
      }),

    failureOf,
    close: () => client.destroy(),
  };
}

/** 404 of the object. That of the bucket has a name of its own and is an error. */
function missing(thrown: unknown): undefined {
  const { name } = thrown as { name?: string };
  if (name === 'NoSuchKey' || name === 'NotFound') return undefined;
  throw thrown;
}
