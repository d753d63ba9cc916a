// GET /feed: what Requests.Watch tells, as server-sent events (WHATWG HTML, "Server-sent events"), so that curl and pages can follow it.
import { Readable } from 'node:stream';
import { create, toJson } from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import {
  FilterSchema,
  type RequestsWatchRequest,
  RequestsWatchRequestSchema,
  RequestsWatchResponseSchema,
} from '../../../gen/admin/v1/requests_pb.js';
import type { Log } from '../../../log.js';
import type { Random } from '../../../random.js';
import { answerJson, type Exchange } from '../../../transport/http/exchange.js';
import type { Route } from '../../../transport/http/routes.js';
import type { Shown } from '../../connect/caller.js';
import { parseJson } from '../../connect/jsonRoute.js';
import { refusalOf } from '../../connect/refusalOf.js';
import { shownBy } from '../../connect/shownBy.js';
import type { EventMessage } from './events.js';

export interface FeedRouteParameters {
  /**
   * `request` is asked for when its caller may watch. Throws when it is read: what the door refuses with, NOT_UNDERSTOOD, CURSOR_AHEAD,
   * WATCHERS_FULL, DRAINING.
   */
  readonly watch: (
    request: () => RequestsWatchRequest,
    shown: Shown,
    left: AbortSignal,
  ) => AsyncGenerator<readonly EventMessage[]>;
  readonly log: Log;
  /** Names what is in the log for a caller that was told of an unexpected error. */
  readonly random: Random;
}

const path = '/feed';
const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

export const feedRoute = ({ watch, ...parts }: FeedRouteParameters): Route => ({
  methods: ['GET'],
  path,
  async answer(exchange) {
    const refuse = (thrown: unknown) => {
      const { status, body } = refusalOf(thrown, path, parts);
      return answerJson(exchange, status, body);
    };
    try {
      const events = watch(() => requestIn(exchange), shownBy(exchange), exchange.signal);
      // Refused before the head is sent.
      const first = await events.next();
      await exchange.answer({ status: 200, headers, body: Readable.from(told(first, events), { highWaterMark: 1 }) });
    } catch (thrown) {
      // A watcher leaves when it likes.
      if (!exchange.signal.aborted) await refuse(thrown);
    }
  },
});

/** Throws NOT_UNDERSTOOD. */
function requestIn({ query, headers }: Exchange): RequestsWatchRequest {
  const filter = query.get('filter');
  return create(RequestsWatchRequestSchema, {
    // A browser that comes back says so where it was.
    afterFeed: BigInt(numberIn('after', query.get('after') ?? headers['last-event-id']?.toString())),
    coalesceMs: Number(numberIn('coalesce_ms', query.get('coalesce_ms'))),
    kinds: wordsIn(query.get('kinds')),
    deliveryStates: wordsIn(query.get('delivery_states')),
    progress: numberIn('progress', query.get('progress')) !== '0',
    ...(filter !== null && { filter: parseJson(FilterSchema, filter, 'filter') }),
  });
}

/** By commas. What they mean is seen later. */
const wordsIn = (given: string | null): string[] => (given ?? '').split(',').filter((word) => word !== '');

function numberIn(field: string, given: string | null | undefined): string {
  const text = given ?? '0';
  if (/^\d{1,15}$/.test(text)) return text;
  throw new FailureError(fail('NOT_UNDERSTOOD', { field, problem: 'it is a whole number' }));
}

async function* told(first: IteratorResult<readonly EventMessage[]>, rest: AsyncGenerator<readonly EventMessage[]>) {
  try {
    if (first.done !== true) yield bytesOf(first.value);
    for await (const messages of rest) yield bytesOf(messages);
  } catch {
    // The service stops. The answer ends, and its reader comes again.
  } finally {
    await rest.return(undefined);
  }
}

/** Most are told to several watchers: many together to those who watch the same, and each to others. */
const writtenTogether = new WeakMap<readonly EventMessage[], Buffer>();
const written = new WeakMap<EventMessage, Buffer>();

function bytesOf(messages: readonly EventMessage[]): Buffer {
  const bytes = writtenTogether.get(messages) ?? Buffer.concat(messages.map(eventOf));
  writtenTogether.set(messages, bytes);
  return bytes;
}

function eventOf(message: EventMessage): Buffer {
  const known = written.get(message);
  if (known !== undefined) return known;
  const json = toJson(RequestsWatchResponseSchema, create(RequestsWatchResponseSchema, message), {
    alwaysEmitImplicit: true,
  });
  const id = message.feed === undefined ? '' : `id: ${message.feed}\n`;
  const bytes = Buffer.from(`${id}data: ${JSON.stringify(json)}\n\n`);
  written.set(message, bytes);
  return bytes;
}
