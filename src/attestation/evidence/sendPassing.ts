// Refusals of evidence that pass by themselves are 503 with a time to come back, and not the 504 of uploads: nothing but clients of evidence
// asks there, and they know what it means.
import type { Failure } from '../../failures/catalog.js';
import { FailureError } from '../../failures/failureError.js';
import { errorBody } from '../../transport/http/errorBody.js';
import type { Exchange } from '../../transport/http/exchange.js';

const retryAfterSeconds = 5;

/** What else `answer` throws is thrown again. */
export async function sendPassing(exchange: Exchange, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof FailureError) || !passes(error.failure)) throw error;
    await sendJson(exchange, 503, JSON.stringify(errorBody(error.failure)), { 'retry-after': retryAfterSeconds });
  }
}

const passes = ({ code }: Failure): boolean => code === 'QUOTE_BUSY' || code === 'QUOTE_UNAVAILABLE';

/** JSON text, as it is. */
export function sendJson(
  exchange: Exchange,
  status: number,
  json: string,
  more: Readonly<Record<string, number>> = {},
): Promise<void> {
  const body = Buffer.from(json);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
    ...more,
  };
  return exchange.answer({ status, headers, body });
}
