// Watchers of the feed by both transports of an admin socket, or of their port: what they have seen so far, and how it ended for them.
import { type IncomingHttpHeaders, request } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { create, fromBinary, fromJsonString, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  Requests,
  RequestsWatchRequestSchema,
  type RequestsWatchResponse,
  RequestsWatchResponseSchema,
} from '../../gen/admin/v1/requests_pb.js';
import { framed } from '../../transport/grpc/message.js';
import { session } from '../transport/listenerRig.js';
import { pathOf, reachedAt } from './adminCalls.js';

const prefixBytes = 5;

export class Watched {
  readonly seen: RequestsWatchResponse[] = [];
  readonly #looks = new Set<() => void>();
  /** gRPC's status, or HTTP's and what came with it. */
  readonly ended: Promise<string>;
  #end: (how: string) => void = () => {};
  leave = () => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  take(event: RequestsWatchResponse): void {
    this.seen.push(event);
    for (const look of this.#looks) look();
  }

  end(how: string): void {
    this.#end(how);
  }

  /** Resolves when one that fits has come, or had. */
  until(fits: (event: RequestsWatchResponse) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.seen.some(fits)) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** `id:from>to` of requests and lanes, `delivery id:from>to` of deliveries, and the kinds of all else. */
  get told(): string[] {
    return this.seen.map(({ event }) => {
      if (event.case === 'request')
        return `${event.value.row?.id.slice(-6)}:${event.value.entry?.from}>${event.value.entry?.to}`;
      if (event.case === 'delivery') {
        const { delivery, transition } = event.value;
        return `delivery ${delivery?.id.slice(-6)}:${transition?.from}>${transition?.to}`;
      }
      if (event.case === 'signer') return `signer:${event.value.transition?.from}>${event.value.transition?.to}`;
      if (event.case === 'lane') return `${event.value.lane?.id}:${event.value.from}>${event.value.to}`;
      return event.case ?? '';
    });
  }

  /** The last number to go on behind. */
  get cursor(): bigint {
    return this.seen.reduce((last, { feed }) => (feed > last ? feed : last), 0n);
  }
}

export function watchGrpc(
  to: NetConnectOpts,
  given: MessageInitShape<typeof RequestsWatchRequestSchema>,
  headers: IncomingHttpHeaders = {},
): Watched {
  const watched = new Watched();
  const client = session(to);
  const stream = client
    .request({
      ':method': 'POST',
      ':path': pathOf(Requests.method.watch as never),
      'content-type': 'application/grpc',
      ...headers,
    })
    .on('error', () => undefined);
  let status = '';
  const say = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] !== undefined)
      status = `${String(headers['grpc-status'])} ${decodeURIComponent(String(headers['grpc-message'] ?? ''))}`;
  };
  let bytes = Buffer.alloc(0);
  stream.on('response', say).on('trailers', say);
  stream.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= prefixBytes && bytes.length >= prefixBytes + bytes.readUInt32BE(1)) {
      const end = prefixBytes + bytes.readUInt32BE(1);
      watched.take(fromBinary(RequestsWatchResponseSchema, bytes.subarray(prefixBytes, end)));
      bytes = bytes.subarray(end);
    }
  });
  stream.on('close', () => {
    watched.end(status);
    client.destroy();
  });
  watched.leave = () => stream.close();
  stream.end(framed(toBinary(RequestsWatchRequestSchema, create(RequestsWatchRequestSchema, given))));
  return watched;
}

export function watchEvents(to: NetConnectOpts, query = '', headers: Readonly<Record<string, string>> = {}): Watched {
  const watched = new Watched();
  const sent = request({ ...reachedAt(to), path: `/feed${query}`, headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (response.statusCode !== 200) return;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
        const event = fromJsonString(RequestsWatchResponseSchema, fields['data'] ?? '');
        if ((fields['id'] ?? '0') !== String(event.feed)) throw new Error(`id ${fields['id']} of number ${event.feed}`);
        watched.take(event);
      }
    });
    response.on('error', () => undefined).on('close', () => watched.end(`${response.statusCode} ${text}`));
  });
  sent.on('error', () => watched.end('')).end();
  watched.leave = () => sent.destroy();
  return watched;
}
