// A collector of OpenTelemetry on a real port: takes OTLP by HTTP in JSON, reads it strictly, and answers as a test says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as it came, with its attributes as an object. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Milliseconds from its beginning to its end. */
  readonly ms: number;
  readonly attributes: Readonly<Record<string, string | boolean>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string | boolean>>;
  }[];
  readonly status?: { readonly code: number; readonly message: string };
}

/** One answer. `hang`: none is ever given. */
export type CollectorReply = { readonly status: number; readonly headers?: Record<string, string> } | 'hang';

export interface FakeCollector {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT would be. */
  readonly endpoint: string;
  /** Bodies of calls, whole, in order. */
  readonly bodies: readonly string[];
  /** Of accepted calls, in order. */
  readonly spans: readonly ReceivedSpan[];
  readonly resource: Readonly<Record<string, string | boolean>>;
  /** Calls that have no answer yet. */
  readonly open: number;
  /** For the next calls, one each; then 200. */
  reply(...replies: readonly CollectorReply[]): void;
  /** For all further calls. */
  replyAlways(reply: CollectorReply): void;
  /** Resolves when so many calls have come, whole. */
  called(times: number): Promise<void>;
  close(): Promise<void>;
}

type Listed = readonly { readonly key: string; readonly value: Readonly<Record<string, string | boolean>> }[];

function plain(attributes: Listed) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [[kind, held] = [], ...more] = Object.entries(value);
      assert.ok(kind === 'stringValue' || kind === 'intValue' || kind === 'boolValue', `no kind of a value: ${kind}`);
      assert.equal(more.length, 0);
      assert.equal(typeof held, kind === 'boolValue' ? 'boolean' : 'string');
      if (kind === 'intValue') assert.match(String(held), /^-?\d{1,19}$/);
      return [key, held as string | boolean];
    }),
  );
}

interface SentSpan extends Omit<ReceivedSpan, 'ms' | 'attributes' | 'events'> {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Listed;
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes: Listed }[];
}

function receivedOf({ startTimeUnixNano, endTimeUnixNano, attributes, events, ...span }: SentSpan): ReceivedSpan {
  assert.match(span.traceId, /^(?!0+$)[0-9a-f]{32}$/);
  assert.match(span.spanId, /^(?!0+$)[0-9a-f]{16}$/);
  for (const time of [startTimeUnixNano, endTimeUnixNano, ...events.map(({ timeUnixNano }) => timeUnixNano)])
    assert.match(time, /^\d{19}$/);
  const ms = Number((BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1_000_000n);
  assert.ok(ms >= 0, 'it ends before it begins');
  return {
    ...span,
    ms,
    attributes: plain(attributes),
    events: events.map(({ name, attributes }) => ({ name, attributes: plain(attributes) })),
  };
}

/** `port`: by default a free one. */
export async function startFakeCollector(port = 0): Promise<FakeCollector> {
  const bodies: string[] = [];
  const spans: ReceivedSpan[] = [];
  const problems: unknown[] = [];
  let resource: FakeCollector['resource'] = {};
  let replies: readonly CollectorReply[] = [];
  let otherwise: CollectorReply = { status: 200 };
  let open = 0;
  const waiting = new Set<() => void>();

  function accept(body: string): void {
    const { resourceSpans } = JSON.parse(body);
    for (const { resource: sent, scopeSpans } of resourceSpans) {
      resource = plain(sent.attributes);
      for (const { scope, spans: some } of scopeSpans) {
        assert.equal(scope.name, 'sealed-prover');
        spans.push(...some.map(receivedOf));
      }
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    const body = await text(request);
    const reply = replies[0] ?? otherwise;
    replies = replies.slice(1);
    try {
      assert.deepEqual([request.method, request.url], ['POST', '/v1/traces']);
      assert.equal(request.headers['content-type'], 'application/json');
      if (reply !== 'hang' && reply.status === 200) accept(body);
    } catch (error) {
      problems.push(error);
    }
    bodies.push(body);
    for (const look of [...waiting]) look();
    if (reply !== 'hang') response.writeHead(reply.status, reply.headers).end('{}');
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => {}));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    get spans() {
      assert.deepEqual(problems, []);
      return spans;
    },
    get resource() {
      return resource;
    },
    get open() {
      return open;
    },
    reply(...next) {
      replies = next;
    },
    replyAlways(reply) {
      otherwise = reply;
    },
    called: (times) =>
      new Promise((resolve) => {
        const look = () => {
          if (bodies.length < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
