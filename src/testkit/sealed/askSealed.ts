// A client that seals, and does not look at what it is asked to send: requests of HTTP/1.1 and calls of gRPC with sealed bodies, whole or
// spoilt on purpose. Answers come as they are opened.
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { connect } from 'node:http2';
import { request as requestSecure } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { OpenedBody } from '../../sealedBodies/openedBody.js';
import { sealedBody } from '../../sealedBodies/sealBody.js';
import { type SealedRequest, sealRequest } from '../../sealedBodies/sealRequest.js';
import { framed } from '../../transport/grpc/message.js';

export interface SealedAsk {
  readonly method?: string;
  readonly path: string;
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What of the sealed body is sent instead. */
  readonly spoil?: (sealed: Buffer) => Uint8Array;
  /** And what instead of its header. */
  readonly spoilHeader?: (header: string) => string;
}

export interface SealedAnswered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came. */
  readonly raw: Buffer;
  /** Of a call. */
  readonly trailers: Readonly<Record<string, string>>;
  /** Opened, or what has become of it. Rejects with the refusal of the answer. */
  body(raw?: Buffer): Promise<Buffer>;
}

const same = (header: string): string => header;
const untouched = (sealed: Buffer): Uint8Array => sealed;

export async function askSealed(origin: string, publicKey: Uint8Array, of: SealedAsk): Promise<SealedAnswered> {
  const { method = 'PUT', path, body = new Uint8Array(), contentType, headers = {}, spoil = untouched } = of;
  const { spoilHeader = same } = of;
  const sealed = await sealRequest(publicKey, { method, path, contentType });
  const bytes = spoil(await sealedBody(body, sealed.seal));
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    method,
    agent: false,
    rejectUnauthorized: false,
    headers: {
      'content-length': bytes.byteLength,
      ...(contentType !== undefined && { 'content-type': contentType }),
      'sealed-body': spoilHeader(sealed.header),
      ...headers,
    },
  };
  const asking = (origin.startsWith('https:') ? requestSecure : requestPlain)(`${origin}${path}`, options).end(bytes);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const raw = await buffer(response);
  return answered(sealed, response.statusCode ?? 0, response.headers, raw);
}

/** One message, without its frame. */
export async function callSealed(
  origin: string,
  publicKey: Uint8Array,
  { path, body = new Uint8Array(), headers = {}, spoil = untouched, spoilHeader = same }: SealedAsk,
): Promise<SealedAnswered> {
  const contentType = 'application/grpc';
  const sealed = await sealRequest(publicKey, { method: 'POST', path, contentType });
  const session = connect(origin, { rejectUnauthorized: false });
  try {
    const head = { ':method': 'POST', ':path': path, 'content-type': contentType, te: 'trailers', ...headers };
    const stream = session.request({ ...head, 'sealed-body': spoilHeader(sealed.header) });
    let trailers = {};
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.end(spoil(await sealedBody(framed(body), sealed.seal)));
    const [received] = (await once(stream, 'response')) as [Record<string, string>];
    const raw = await buffer(stream);
    return { ...answered(sealed, Number(received[':status']), received, raw), trailers };
  } finally {
    session.close();
  }
}

const answered = (
  sealed: SealedRequest,
  status: number,
  headers: SealedAnswered['headers'],
  raw: Buffer,
): SealedAnswered => ({
  status,
  headers,
  raw,
  trailers: {},
  async body(given = raw) {
    const header = headers['sealed-body'];
    const facts = { status, contentType: headers['content-type'] as string | undefined };
    const open = await sealed.openAnswer(header === undefined ? undefined : `${header}`, facts);
    return buffer(new OpenedBody({ source: Readable.from([given]), open }));
  },
});
