// What `attest proxy` does to each exchange: it makes sure of the connection first, says where its client is, and reads the answers by which a
// client learns of other places, so that none of them leads past it.

import { asFailure } from '../attestation/attested/asFailure.js';
import type { AttestedConnections } from '../attestation/attested/connections.js';
import { forwardedFor } from '../attestation/attested/forwarded.js';
import type { Through } from '../relay/relay.js';
import type { RelayedRequest } from '../relay/upstream.js';
import { assertOwnUrls, isRead } from './assertOwnUrls.js';

export interface ThroughParameters {
  readonly target: URL;
  readonly connections: Pick<AttestedConnections, 'ready'>;
  readonly isSealed: boolean;
  /** Where the client of this call reaches the proxy. */
  readonly ownOrigin: (request: RelayedRequest) => URL;
}

export function attestedThrough({ target, connections, isSealed, ownOrigin }: ThroughParameters): Through {
  return async (request, ask, exchange) => {
    await connections.ready(exchange.signal).catch(asFailure);
    const own = ownOrigin(request);
    const headers = { ...withoutOthers(request), forwarded: forwardedFor(own) };
    const asked = { ...request, ...(isSealed && { method: sealedMethodOf(request) }) };
    const answer = await ask({ ...asked, headers, authority: target.host });
    return isRead(request.target) ? await assertOwnUrls(answer, request, own) : answer;
  };
}

/** A download that nobody in between may see is asked for with a body, which can be sealed, and so can its answer. */
const sealedMethodOf = ({ method, target }: RelayedRequest): string =>
  method === 'GET' && target.startsWith('/artifacts/') ? 'POST' : method;

/** What else says by which way a call came; and compression, where the answer is to be read. */
function withoutOthers({ headers, target }: RelayedRequest): RelayedRequest['headers'] {
  const isLeft = (name: string) =>
    !/^(forwarded|x-forwarded(-.*)?)$/.test(name) && !(isRead(target) && name === 'grpc-accept-encoding');
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isLeft(name)));
}
