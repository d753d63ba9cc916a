// Whether the agent of a dstack VM has keys for it. Without a key provider its disk is not sealed, and its code is not compared with anything.

import { readAppEvents } from '../attestation/verify/events/appEvents.js';
import { parseEventLog } from '../attestation/verify/events/eventLog.js';
import { AttestationError } from '../attestation/verify/failure.js';
import type { JsonObject } from '../attestation/verify/json/parseJson.js';
import type { SignerFault } from '../machines/signer/rules.js';

/** Undefined where there is one, and where the log does not say: then it is for verifiers to judge. */
export function keyProviderFault(eventLog: readonly JsonObject[] | undefined): SignerFault | undefined {
  if (eventLog === undefined) return undefined;
  try {
    if (readAppEvents(parseEventLog(JSON.stringify(eventLog))).keyProvider.name !== 'none') return undefined;
  } catch (error) {
    if (error instanceof AttestationError) return undefined;
    throw error;
  }
  return {
    cause: 'refused',
    helps: 'nothing',
    detail:
      'this VM of dstack has the key provider none, so nothing seals its disk. Deploy it with a key provider (kms, or local)',
  };
}
