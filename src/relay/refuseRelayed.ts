// What a relay says itself, in the form that the client understands: a call of gRPC gets HTTP 200 and a status in its headers, because
// clients show any other status of HTTP as an unknown error.
import type { Failure } from '../failures/catalog.js';
import { httpStatusOf } from '../failures/httpStatus.js';
import type { Status } from '../transport/grpc/code.js';
import type { GrpcForm } from '../transport/grpc/contentType.js';
import { grpcStatusOf } from '../transport/grpc/failureStatus.js';
import { statusAlone } from '../transport/grpc/statusAlone.js';
import { errorBody } from '../transport/http/errorBody.js';
import { answerJson, type Exchange } from '../transport/http/exchange.js';

export function refuseRelayed(exchange: Exchange, form: GrpcForm | undefined, failure: Failure): Promise<void> {
  if (form !== undefined) return refuseCall(exchange, form, grpcStatusOf(failure));
  return answerJson(exchange, httpStatusOf(failure), errorBody(failure));
}

export function refuseCall(exchange: Exchange, form: GrpcForm, status: Status): Promise<void> {
  const { headers, body } = statusAlone(form, status);
  if (body.byteLength === 0) return exchange.answer({ status: 200, headers });
  return exchange.answer({ status: 200, headers: { ...headers, 'content-length': body.byteLength }, body });
}
