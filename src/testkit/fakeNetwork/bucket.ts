// The fake network's store by HTTP, path style: written with the token of a presigned URL, read with it or, of programs, without. A request
// that is signed for S3 is taken as any other.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import type { Clock } from '../../clock.js';
import { ArtifactType } from '../../gen/artifact/artifact_pb.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Faults, StoreMethod } from './faults.js';
import type { FakeArtifact, Ledger } from './ledger.js';
import type { FakeRecord } from './record.js';

const prefixOf: Partial<Record<ArtifactType, string>> = {
  [ArtifactType.PROGRAM]: 'programs',
  [ArtifactType.STDIN]: 'stdins',
  [ArtifactType.PROOF]: 'proofs',
  [ArtifactType.PRIVATE_STDIN]: 'private-stdins',
};

/** Within the bucket. */
export const keyOf = ({ id, type }: FakeArtifact): string => `${prefixOf[type] ?? 'artifacts'}/${id}`;

const path = /^\/fake\/[a-z-]+\/(artifact_[0-9a-f]+)$/;
/** A few KiB of it are as many bytes as no reader should hold. */
const bombBytes = 2 ** 28;

const xml = (exchange: Exchange, status: number, code: string): Promise<void> => {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
  return exchange.answer({
    status,
    headers: { 'content-type': 'application/xml', 'content-length': body.byteLength },
    body,
  });
};

interface Store {
  readonly ledger: Ledger;
  readonly record: FakeRecord;
  readonly faults: Faults;
  readonly clock: Clock;
}

export function bucketRoutes(store: Store): readonly Route[] {
  const { ledger, record } = store;
  return [
    {
      methods: ['PUT'],
      path,
      async answer(exchange, id) {
        const artifact = ledger.artifacts.get(id);
        if (artifact === undefined || exchange.query.get('token') !== artifact.token)
          return xml(exchange, 403, 'AccessDenied');
        const bytes = await buffer(exchange.body);
        record.received.push({ what: `upload of ${keyOf(artifact)}`, bytes });
        return faulty(store, { exchange, method: 'PutObject', bytes }, (taken) => {
          artifact.bytes = taken;
          artifact.puts += 1;
          record.changed();
          return exchange.answer({ status: 200, headers: { 'content-length': 0, etag: etagOf(taken) } });
        });
      },
    },
    {
      methods: ['GET', 'HEAD'],
      path,
      async answer(exchange, id) {
        const artifact = ledger.artifacts.get(id);
        if (artifact?.bytes === undefined) return xml(exchange, 404, 'NoSuchKey');
        const isPublic = artifact.type === ArtifactType.PROGRAM;
        if (!isPublic && exchange.query.get('token') !== artifact.token) return xml(exchange, 403, 'AccessDenied');
        return faulty(store, { exchange, method: 'GetObject', bytes: artifact.bytes }, (bytes) =>
          send(exchange, bytes),
        );
      },
    },
  ];
}

const etagOf = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** The whole of it, or the range that is asked for. */
function send(exchange: Exchange, bytes: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream', etag: etagOf(bytes), 'accept-ranges': 'bytes' };
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(exchange.headers.range ?? '') ?? [];
  if (from === undefined)
    return exchange.answer({ status: 200, headers: { ...headers, 'content-length': bytes.byteLength }, body: bytes });
  const first = Number(from);
  if (first >= bytes.byteLength) return xml(exchange, 416, 'InvalidRange');
  const last = Math.min(to ? Number(to) : bytes.byteLength, bytes.byteLength - 1);
  const body = bytes.subarray(first, last + 1);
  const range = { 'content-length': body.byteLength, 'content-range': `bytes ${first}-${last}/${bytes.byteLength}` };
  return exchange.answer({ status: 206, headers: { ...headers, ...range }, body });
}

/** Where wrong bytes are read or kept, they are as many as the right ones. */
async function faulty(
  { faults, clock }: Store,
  { exchange, method, bytes }: { exchange: Exchange; method: StoreMethod; bytes: Buffer },
  act: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  const fault = faults.nextOfStore(method);
  switch (fault?.kind) {
    case undefined:
      return act(bytes);
    case 'http':
      return xml(exchange, fault.status, fault.status === 403 ? 'AccessDenied' : 'SlowDown');
    case 'delayed':
      await new Promise<void>((resolve) => clock.wakeIn(fault.ms, resolve));
      return act(bytes);
    case 'wrongBytes':
      return act(Buffer.alloc(bytes.byteLength, 0x5a));
    case 'zipBomb':
      return act(zstdCompressSync(Buffer.alloc(bombBytes)));
    case 'cut':
      return cutWithin(exchange, bytes);
  }
}

/** Less than its length says. */
async function cutWithin(exchange: Exchange, bytes: Buffer): Promise<void> {
  async function* half() {
    yield bytes.subarray(0, bytes.byteLength >> 1);
    throw new Error('cut');
  }
  await exchange
    .answer({ status: 200, headers: { 'content-length': bytes.byteLength }, body: Readable.from(half()) })
    .catch(() => undefined);
}
