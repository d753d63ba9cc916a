// Whether a URL leads to where the command itself is about to listen.
import { isLoopback } from '../../config/attest.js';
import type { ListenAddress } from '../../config/listenAddress.js';

const everyAddress = new Set(['0.0.0.0', '::']);
/** As far as the words tell. A way round by other addresses is seen when a request comes back. */
export function leadsBack({ hostname, port, protocol }: URL, listen: ListenAddress): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const upstreamPort = Number(port || (protocol === 'https:' ? 443 : 80));
  const isHere =
    host === listen.host ||
    everyAddress.has(host) ||
    (isLoopback(host) && (isLoopback(listen.host) || everyAddress.has(listen.host)));
  return isHere && upstreamPort === listen.port;
}
