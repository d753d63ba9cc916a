// What a gateway answers itself, and what it passes on: everything else, whatever its path.
import type { Log } from '../log.js';
import type { Through } from '../relay/relay.js';
import { grpcFormOf } from '../transport/grpc/contentType.js';
import { answerJson, type Exchange, type Routes } from '../transport/http/exchange.js';
import { createRoutes, type Route } from '../transport/http/routes.js';

const isOwn = ({ path = '' }: Exchange): boolean =>
  path === '/health' || path === '/.well-known/attestation' || path.startsWith('/evidences/');

export function gatewayRoutes({ own, relay, log }: { own: readonly Route[]; relay: Routes; log: Log }): Routes {
  const routes = createRoutes({ routes: own, otherwise: nothingHere, log });
  return (exchange) => {
    const isCall = grpcFormOf(exchange.headers['content-type']) !== undefined;
    return isOwn(exchange) && !isCall ? routes(exchange) : relay(exchange);
  };
}

export const nothingHere = (exchange: Exchange): Promise<void> =>
  answerJson(exchange, 404, { error: { code: 'NOT_FOUND', message: 'The gateway has nothing at this path.' } });

/**
 * So that the upstream makes URLs that lead here: what it hears is another connection. A client that says itself where it wants to be led,
 * as our own proxy does, is not contradicted.
 */
export const throughGateway: Through = (request, ask, { connection }) => {
  const { headers, authority } = request;
  if (headers['forwarded'] !== undefined) return ask(request);
  const told = {
    'x-forwarded-for': connection.peer.address,
    'x-forwarded-proto': connection.isEncrypted ? 'https' : 'http',
    ...(authority !== '' && { 'x-forwarded-host': authority }),
  };
  return ask({ ...request, headers: { ...headers, ...told } });
};
