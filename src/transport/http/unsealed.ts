// The same routes for bodies that come sealed: they see the plaintext, and their answers are sealed, refusals too. No route knows of it.
import { Readable } from 'node:stream';
import type { Failure } from '../../failures/catalog.js';
import { FailureError } from '../../failures/failureError.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import type { OpenedRequest } from '../../sealedBodies/bodyKey.js';
import type { BodyReceiver } from '../../sealedBodies/bodyReceiver.js';
import { sealedBytesOf } from '../../sealedBodies/frames.js';
import { sealedBodyHeader } from '../../sealedBodies/headers.js';
import { OpenedBody } from '../../sealedBodies/openedBody.js';
import { sealedBody, sealedFrames } from '../../sealedBodies/sealBody.js';
import { type GrpcForm, grpcFormOf } from '../grpc/contentType.js';
import { grpcStatusOf } from '../grpc/failureStatus.js';
import { statusAlone } from '../grpc/statusAlone.js';
import { errorBody } from './errorBody.js';
import type { Answer, Exchange, Routes } from './exchange.js';
import { problemOf } from './problem.js';

/** Without a receiver these are the routes as they are. */
export function unsealed(routes: Routes, receiver: BodyReceiver | undefined): Routes {
  if (receiver === undefined) return routes;
  return async (exchange) => {
    const opened = await received(exchange, receiver);
    // A client that has left meanwhile needs no answer.
    if (opened !== 'refused' && !exchange.signal.aborted) await routes(opened);
  };
}

async function received(exchange: Exchange, receiver: BodyReceiver): Promise<Exchange | 'refused'> {
  try {
    const opening = receiver.receive({ method: exchange.method, path: exchange.target, headers: exchange.headers });
    return opening === undefined ? exchange : plain(exchange, await opening);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    // Why it is not served at all comes before how its body is sealed.
    if (exchange.refusal !== undefined) return exchange;
    await refuse(exchange, error.failure);
    return 'refused';
  }
}

/** In clear: there is no key to seal it with. */
function refuse(exchange: Exchange, failure: Failure): Promise<void> {
  const form = grpcFormOf(exchange.headers['content-type']);
  const inForm = () => (form === undefined ? refusalOf(failure) : callRefusalOf(failure, form));
  const answer = failure.code === 'BODY_KEY_UNKNOWN' ? problemOf(failure) : inForm();
  return exchange.answer(answer).catch(() => undefined);
}

function callRefusalOf(failure: Failure, form: GrpcForm): Answer {
  const { headers, body } = statusAlone(form, grpcStatusOf(failure));
  return { status: 200, headers, ...(body.byteLength > 0 && { body }) };
}

function refusalOf(failure: Failure): Answer & { readonly body: Buffer } {
  const body = Buffer.from(`${JSON.stringify(errorBody(failure))}\n`);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  };
  return { status: httpStatusOf(failure), headers, body };
}

function plain(exchange: Exchange, opened: OpenedRequest): Exchange {
  const body = new OpenedBody({ source: exchange.body, open: opened.open });
  // Only its reader needs to see it.
  body.on('error', () => undefined);
  // How long the plaintext is, nothing says before its end.
  const { 'content-length': _, [sealedBodyHeader]: __, ...headers } = exchange.headers;
  return {
    ...exchange,
    headers,
    body,
    async answer(answer) {
      // A route sees a body that breaks off. Why it did is known here.
      const said = body.failure === undefined ? answer : refusalOf(body.failure);
      body.destroy();
      await exchange.answer(await sealed(said, opened));
    },
  };
}

async function sealed(answer: Answer, opened: OpenedRequest): Promise<Answer> {
  const { status, headers = {}, body } = answer;
  // There is no body that could be sealed. Its client does not believe it.
  if (status === 204 || status === 304) return answer;
  const contentType = headers['content-type'];
  const seal = opened.sealerFor({ status, contentType: contentType === undefined ? undefined : `${contentType}` });
  const { 'content-length': length, ...rest } = headers;
  const head = { ...rest, [sealedBodyHeader]: opened.answerHeader };
  if (!(body instanceof Readable)) {
    const bytes = await sealedBody(body ?? new Uint8Array(), seal);
    return { ...answer, headers: { ...head, 'content-length': bytes.byteLength }, body: bytes };
  }
  const as = length === undefined ? 'live' : 'whole';
  const frames = Readable.from(sealedFrames(body, seal, as), { objectMode: false });
  return {
    ...answer,
    headers: length === undefined ? head : { ...head, 'content-length': sealedBytesOf(Number(length)) },
    body: frames,
  };
}
