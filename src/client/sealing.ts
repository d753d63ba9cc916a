// Which failures say that a sealed body, or the answer to one, is not what was sent: no other try helps against who changes them.
import type { Failure } from '../failures/catalog.js';

const ofSealing: ReadonlySet<Failure['code']> = new Set([
  'BODY_MALFORMED',
  'BODY_TRUNCATED',
  'BODY_KEY_UNKNOWN',
  'RESPONSE_NOT_SEALED',
]);

export const isOfSealing = ({ code }: Failure): boolean => ofSealing.has(code);
