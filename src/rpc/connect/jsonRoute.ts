// A method of the wire as JSON over POST, so that curl and scripts need no gRPC: the protobuf JSON of its request in, that of its answer out.

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Log } from '../../log.js';
import { printable } from '../../printable.js';
import type { Random } from '../../random.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { readBody } from '../../transport/http/readBody.js';
import type { Route } from '../../transport/http/routes.js';
import type { Admit, Caller } from './caller.js';
import type { ConnectError } from './connectStatus.js';
import { refusalOf } from './refusalOf.js';
import { shownBy } from './shownBy.js';

export interface JsonParameters {
  readonly clock: Clock;
  readonly log: Log;
  /** Names what is in the log for a caller that was told of an unexpected error. */
  readonly random: Random;
  readonly limitBytes: number;
  readonly admit: Admit;
}

/** Of what is wrong with somebody's JSON, so much is shown. */
const shownLength = 200;

/** `answer`: as for gRPC. What it throws becomes an error of Connect. */
export function jsonRoute<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>, caller: Caller) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
  { clock, log, random, limitBytes, admit }: JsonParameters,
): Route {
  const path = `/${method.parent.typeName}/${method.name}`;

  async function answered(exchange: Exchange): Promise<{ status: number; body: unknown }> {
    const refused = (status: number, code: string, message: string): ConnectError => ({
      status,
      body: { code, message },
    });
    const caller = admit(shownBy(exchange));
    if (!/^application\/json\s*(;|$)/i.test(exchange.headers['content-type'] ?? ''))
      return refused(415, 'invalid_argument', 'Send it with the header content-type: application/json.');
    const bytes = await readBody(exchange.body, { limitBytes, clock });
    if (bytes === 'too large') return refused(413, 'resource_exhausted', `A call has at most ${limitBytes} bytes.`);
    if (typeof bytes === 'string') return refused(408, 'unavailable', `The call did not arrive whole: ${bytes}.`);
    const message = await answer(parsed(method.input, bytes), caller);
    return { status: 200, body: toJson(method.output, create(method.output, message), { alwaysEmitImplicit: true }) };
  }

  return {
    methods: ['POST'],
    path,
    async answer(exchange) {
      const { status, body } = await answered(exchange).catch((thrown: unknown) =>
        refusalOf(thrown, path, { log, random }),
      );
      await answerJson(exchange, status, body);
    },
  };
}

/** An empty body is an empty message. Throws NOT_UNDERSTOOD. */
const parsed = <I extends DescMessage>(schema: I, bytes: Buffer): MessageShape<I> =>
  parseJson(schema, bytes.toString('utf8').trim() || '{}', 'The JSON of this call');

/** `field`: what the text is, for who wrote it. Throws NOT_UNDERSTOOD. */
export function parseJson<I extends DescMessage>(schema: I, text: string, field: string): MessageShape<I> {
  try {
    return fromJson(schema, JSON.parse(text) as JsonValue);
  } catch (error) {
    const problem = printable((error as Error).message, shownLength);
    throw new FailureError(fail('NOT_UNDERSTOOD', { field, problem }), { cause: error });
  }
}

/** For every other path of a listener that speaks so. */
export const noSuchMethod = (exchange: Exchange): Promise<void> =>
  answerJson(exchange, 404, {
    code: 'unimplemented',
    message:
      'No such method is served here. Methods are called by POST /sealed.admin.v1.SERVICE/METHOD; see docs/operating.md.',
  });
