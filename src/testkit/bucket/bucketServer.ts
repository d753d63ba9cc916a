// An object store on a real port: s3rver behind a server of ours that can be away, answer with errors, or cut a transfer.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { type Bucket, createBucket } from '../../artifacts/s3/bucket.js';
import { createS3Client } from '../../artifacts/s3/client.js';
import { createLog } from '../../log.js';

/**
 * `away`: connections are cut at once. `unavailable`: 503 with S3's text. `cut`: the transfer breaks off in its
 * middle; of an upload nothing is kept then, as S3 has it. */
export type BucketFault = 'away' | 'unavailable' | 'denied' | 'cut';

export interface BucketRequest {
  readonly method: string;
  /** Without the bucket. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
}

export interface BucketServer {
  readonly endpoint: string;
  readonly bucket: string;
  readonly requests: BucketRequest[];
  /** What goes wrong with requests from now on. Undefined: nothing. */
  fault: BucketFault | undefined;
  keys(): Promise<string[]>;
  /** An object's bytes and headers, as any client would get them. */
  read(key: string): Promise<{ status: number; body: Buffer; headers: Headers }>;
  stop(): Promise<void>;
}

const bucket = 'proofs';
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** A bucket of the server as the service uses it. The server has one, under the name of `server.bucket`. */
export const openBucket = (server: Pick<BucketServer, 'endpoint'>, prefix: string, name = bucket): Bucket =>
  createBucket({
    client: createS3Client({ endpoint: server.endpoint, region: 'us-east-1', credentials }),
    bucket: name,
    prefix,
    log: createLog('silent'),
  });

export async function startBucketServer(): Promise<BucketServer> {
  const directory = await mkdtemp(join(tmpdir(), 'bucket-'));
  const store = new S3rver({
    directory,
    silent: true,
    vhostBuckets: false,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  await store.configureBuckets();
  const serve = store.callback();
  const requests: BucketRequest[] = [];
  const state: { fault: BucketFault | undefined } = { fault: undefined };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    requests.push({
      method: request.method ?? '',
      key: decodeURIComponent(pathname.slice(bucket.length + 2)),
      headers: { ...request.headers },
    });
    if (state.fault === 'away') request.socket.destroy();
    else if (state.fault === 'unavailable') refuse(response, 503, 'SlowDown');
    else if (state.fault === 'denied') refuse(response, 403, 'AccessDenied');
    else if (state.fault === 'cut' && request.method === 'PUT') request.once('data', () => request.socket.destroy());
    else {
      if (state.fault === 'cut') sendHalf(request, response);
      serve(request, response);
    }
  });
  // Large bodies ask first. s3rver knows nothing of that.
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
  // A suite that has failed before it could stop it must still end.
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;

  return Object.assign(state, {
    endpoint,
    bucket,
    requests,
    async keys() {
      const listing = await (await fetch(`${endpoint}/${bucket}?list-type=2`)).text();
      return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '').sort();
    },
    async read(key: string) {
      const answer = await fetch(`${endpoint}/${bucket}/${key}`);
      return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()), headers: answer.headers };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(directory, { recursive: true, force: true });
    },
  });
}

/** With a text that must never come to a client of ours. */
function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>bucket ${bucket} says no</Message></Error>`);
}

function sendHalf(request: IncomingMessage, response: ServerResponse): void {
  const write = response.write.bind(response) as (chunk: Uint8Array, sent: () => void) => boolean;
  response.write = ((chunk: Uint8Array) =>
    write(chunk.subarray(0, chunk.byteLength / 2), () => request.socket.destroy())) as typeof response.write;
}
