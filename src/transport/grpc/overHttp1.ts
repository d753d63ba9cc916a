// A call that came by HTTP/1.x, most often because a proxy in between speaks no HTTP/2 to us. There are no trailers to serve it with.
// Its client gets a status that says so and that it does not try again.
import type { Exchange } from '../http/exchange.js';
import { code, type Status } from './code.js';
import { grpcFormOf } from './contentType.js';
import { grpcStatusOf } from './failureStatus.js';
import { statusAlone } from './statusAlone.js';

export const needsHttp2: Status = {
  code: code.failedPrecondition,
  details: 'gRPC needs HTTP/2, and this call came by HTTP/1. A proxy in between must speak HTTP/2 to this service.',
};

/** Undefined when it is no call at all. */
export function answerOverHttp1(exchange: Exchange): Promise<void> | undefined {
  const form = grpcFormOf(exchange.headers['content-type']);
  if (form === undefined) return undefined;
  const status = exchange.refusal === undefined ? needsHttp2 : grpcStatusOf(exchange.refusal);
  const { headers, body } = statusAlone(form, status);
  const answer = { status: 200, headers: { ...headers, 'content-length': body.byteLength }, body };
  // A client that has gone meanwhile needs no answer.
  return exchange.answer(answer).catch(() => undefined);
}
