// GET /.well-known/attestation?nonce=: the whole evidence, for everybody who can reach the port. Without a nonce it is a cached one.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { networkOf } from '../../transport/connection.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Reports, SentReport } from '../reports/reports.js';
import { parseNonce } from './nonce.js';
import { createRateLimit } from './rateLimit.js';
import { sendJson, sendPassing } from './sendPassing.js';
import { tlsKeyOf } from './tlsKeyOf.js';

export function attestationRoute({ reports, clock }: { reports: Reports; clock: Pick<Clock, 'steady'> }): Route {
  const rateLimit = createRateLimit(clock);

  async function find({ query, connection }: Exchange): Promise<SentReport> {
    if ([...query.keys()].some((name) => name !== 'nonce')) throw malformed('query', 'it may have nothing but nonce');
    const [first, ...others] = query.getAll('nonce');
    const nonce = first === undefined ? undefined : parseNonce(others.length === 0 ? first : [first, ...others]);
    if (!rateLimit.take(networkOf(connection.peer.address))) throw new FailureError(fail('QUOTE_BUSY'));
    const tlsKey = tlsKeyOf(connection);
    return nonce === undefined ? await reports.cached(tlsKey) : await reports.fresh(nonce, tlsKey);
  }

  return {
    methods: ['GET', 'HEAD'],
    path: '/.well-known/attestation',
    answer: (exchange) => sendPassing(exchange, async () => sendJson(exchange, 200, (await find(exchange)).evidence)),
  };
}
