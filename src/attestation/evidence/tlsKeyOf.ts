// The key that the handshake of this connection has shown. After a renewal older connections keep theirs, and it is what their clients see.
import type { Connection } from '../../transport/connection.js';
import type { TlsKey } from '../reports/reports.js';
import { fromHex } from '../verify/bytes.js';

/** Many calls come by one connection. */
const known = new WeakMap<Connection, TlsKey>();

export function tlsKeyOf(connection: Connection): TlsKey {
  const { shownKey } = connection;
  if (shownKey === undefined) return undefined;
  const seen = known.get(connection);
  if (seen !== undefined) return seen;
  const key = fromHex(shownKey, 32);
  known.set(connection, key);
  return key;
}
