// Asks an upstream with sealed bodies: what goes out is sealed to a key that was attested, and what comes back is opened, or is no answer.
import { Readable } from 'node:stream';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { sealedBytesOf, truncated } from '../sealedBodies/frames.js';
import { sealedBodyHeader } from '../sealedBodies/headers.js';
import { OpenedBody } from '../sealedBodies/openedBody.js';
import { sealedFrames } from '../sealedBodies/sealBody.js';
import { type SealedRequest, sealRequest } from '../sealedBodies/sealRequest.js';
import type { HeaderFields } from '../transport/http/exchange.js';
import { heldBody } from './heldBody.js';
import { readRefusal } from './readRefusal.js';
import type { Ask, AskParameters, RelayedAnswer, RelayedRequest } from './upstream.js';

export interface SealedAskParameters {
  readonly ask: Ask;
  /** The key that is attested now. */
  bodyKey(signal: AbortSignal): Promise<Uint8Array>;
  /** The upstream does not have this key, or what stands before it hides what it has said: attests once more. Answers the key of now. */
  lookAgain(signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * What has no body goes in clear, and so does its answer: a POST has a sealed one. Rejects, beside what `ask` does, with RESPONSE_NOT_SEALED,
 * BODY_KEY_UNKNOWN, and with ABORTED for a large body that has to be sent again, to a key that is attested by then. Bodies of answers fail with
 * BODY_MALFORMED and BODY_TRUNCATED.
 */
export function createSealedAsk({ ask, bodyKey, lookAgain }: SealedAskParameters): Ask {
  async function askOnce(key: Uint8Array, request: RelayedRequest, parameters: AskParameters): Promise<RelayedAnswer> {
    const { method, target, headers } = request;
    const sealed = await sealRequest(key, { method, path: target, contentType: contentTypeOf(headers) });
    const answer = await ask(sealedOf(request, sealed), parameters);
    return answer.headers[sealedBodyHeader] === undefined ? answer : await openedOf(answer, sealed);
  }

  /** Rejects for all but what may be tried once more: then it answers the key to try it with. */
  async function refused(answer: RelayedAnswer, used: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const refusal = await readRefusal(answer);
    if (refusal === 'other') throw notSealed(answer);
    const now = await lookAgain(signal);
    const isSame = Buffer.compare(now, used) === 0;
    if (refusal === 'hidden' && isSame) throw notSealed(answer);
    if (refusal === 'hidden' || isSame) throw keyUnknown();
    return now;
  }

  return async (request, parameters) => {
    if (request.method === 'GET' || request.method === 'HEAD') return await ask(request, parameters);
    const { signal } = parameters;
    const held = await heldBody(request);
    const key = await bodyKey(signal);
    const first = await askOnce(key, { ...request, body: held.open() }, parameters);
    if (isOpened(first)) return first;
    const next = await refused(first, key, signal);
    if (!held.isWhole) throw new FailureError(fail('ABORTED'));
    const second = await askOnce(next, { ...request, body: held.open() }, parameters);
    if (isOpened(second)) return second;
    throw (await readRefusal(second)) === 'key unknown' ? keyUnknown() : notSealed(second);
  };
}

const keyUnknown = () => new FailureError(fail('BODY_KEY_UNKNOWN'));
const notSealed = ({ status }: RelayedAnswer) => new FailureError(fail('RESPONSE_NOT_SEALED', { status }));
const isOpened = ({ body }: RelayedAnswer): boolean => body instanceof OpenedBody;

function contentTypeOf(headers: HeaderFields): string | undefined {
  const type = headers['content-type'];
  return type === undefined ? undefined : `${type}`;
}

function sealedOf(request: RelayedRequest, { header, seal }: SealedRequest): RelayedRequest {
  const { 'content-length': length, ...rest } = request.headers;
  const { body } = request;
  // One that ends with its head has an empty body, so that its answer can be sealed.
  const isSized = body === undefined || length !== undefined;
  const frames = Readable.from(sealedFrames(body ?? [], seal, isSized ? 'whole' : 'live'), { objectMode: false });
  const sized = isSized && { 'content-length': sealedBytesOf(Number(length ?? 0)) };
  return { ...request, headers: { ...rest, ...sized, [sealedBodyHeader]: header }, body: frames };
}

async function openedOf(answer: RelayedAnswer, sealed: SealedRequest): Promise<RelayedAnswer> {
  const { status, headers, body } = answer;
  const { [sealedBodyHeader]: header, 'content-length': _, ...rest } = headers;
  try {
    const open = await sealed.openAnswer(`${header}`, { status, contentType: contentTypeOf(headers) });
    if (body === undefined) throw truncated();
    const opened = new OpenedBody({ source: body, open });
    // Its reader sees it. It may fail before there is one.
    opened.on('error', () => undefined);
    return { ...answer, headers: rest, body: opened };
  } catch (error) {
    body?.destroy();
    throw error;
  }
}
