// The answer to a call of gRPC ends with a status, whatever its upstream does: what breaks off, and what comes to its end without one, gets
// one from here, so that no client takes it for whole.
import type { FailureError } from '../failures/failureError.js';
import { StatusError } from '../transport/grpc/code.js';
import { grpcStatusOf } from '../transport/grpc/failureStatus.js';
import { trailersOf } from '../transport/grpc/statusAlone.js';
import type { HeaderFields } from '../transport/http/exchange.js';
import { broken, brokenBy } from './brokenAnswer.js';
import type { RelayedAnswer } from './upstream.js';

/** An answer with what is said after its body, if that has broken off for a reason too. Throws where its client's answer must break off. */
export interface EndingAnswer extends Omit<RelayedAnswer, 'trailers'> {
  trailers(reason: unknown): HeaderFields;
}

const withoutStatus = broken('it came to its end without a status');

/** Throws UPSTREAM_BROKEN for an answer that has ended with its head and has no status there. */
export function endingWithStatus(answer: RelayedAnswer): EndingAnswer {
  const hasStatusIn = (fields: HeaderFields) => fields['grpc-status'] !== undefined;
  if (answer.body === undefined && !hasStatusIn(answer.headers)) throw withoutStatus;
  return {
    ...answer,
    trailers(reason) {
      try {
        if (reason !== undefined) throw reason;
        const trailers = answer.trailers();
        return hasStatusIn(trailers) || hasStatusIn(answer.headers) ? trailers : statusOf(withoutStatus);
      } catch (error) {
        return error instanceof StatusError ? trailersOf(error.status) : statusOf(brokenBy(error));
      }
    },
  };
}

const statusOf = ({ failure }: FailureError): HeaderFields => trailersOf(grpcStatusOf(failure));

/** What breaks off breaks off. */
export const endingAsItIs = (answer: RelayedAnswer): EndingAnswer => ({
  ...answer,
  trailers(reason) {
    if (reason !== undefined) throw reason;
    return answer.trailers();
  },
});
