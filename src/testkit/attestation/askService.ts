// Requests and calls to a running service whose heads matter: by HTTP/1.1, HTTP/2 and gRPC, with the TLS key that the connection shows.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type RequestOptions, request as requestPlain } from 'node:http';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { request as requestSecure } from 'node:https';
import { TLSSocket } from 'node:tls';

export interface Answered {
  /** Of HTTP; of a call the status of gRPC. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** SHA-256 of the key that the connection has shown; undefined in the clear. */
  readonly spki: Uint8Array | undefined;
}

export async function ask(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    method,
    headers,
    agent: false,
    // The quote vouches for the key.
    rejectUnauthorized: false,
  };
  const asking = (url.startsWith('https:') ? requestSecure : requestPlain)(url, options).end();
  const [response] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
  const spki = keyOf(response.socket);
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, body, spki };
}

export const askByHttp2 = (origin: string, path: string, headers: Record<string, string> = {}): Promise<Answered> =>
  exchange(origin, { ...headers, ':path': path });

/** `message` of a unary call, without its frame. */
export async function callGrpc(
  origin: string,
  path: string,
  headers: Record<string, string> = {},
  message: Uint8Array = new Uint8Array(),
): Promise<Answered> {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.byteLength, 1);
  const head = { ...headers, ':path': path, ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
  const answered = await exchange(origin, head, Buffer.concat([frame, message]));
  return { ...answered, status: Number(answered.headers['grpc-status']) };
}

async function exchange(origin: string, headers: Record<string, string>, body?: Uint8Array): Promise<Answered> {
  const session: ClientHttp2Session = connect(origin, { rejectUnauthorized: false });
  try {
    await once(session, 'connect');
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    let trailers = {};
    stream.on('trailers', (received) => {
      trailers = received;
    });
    const [head] = (await once(stream, 'response')) as [Record<string, string>];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const all = { ...trailers, ...head } as Record<string, string>;
    const status = Number(all[constants.HTTP2_HEADER_STATUS]);
    return { status, headers: all, body: Buffer.concat(chunks).toString(), spki: keyOf(session.socket) };
  } finally {
    session.close();
  }
}

function keyOf(socket: unknown): Uint8Array | undefined {
  // A session's socket is a stand-in that tells what the real one is.
  const secure = socket as Partial<TLSSocket>;
  if (!(socket instanceof TLSSocket) && secure.encrypted !== true) return undefined;
  const key = secure.getPeerX509Certificate?.()?.publicKey.export({ type: 'spki', format: 'der' });
  return key && new Uint8Array(createHash('sha256').update(key).digest());
}
