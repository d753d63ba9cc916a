// The checks that a verdict is made of: their names, what each asks, and which codes it fails with.
import { type AttestationCode, printable } from '../failure.js';

/** `G`: needed for `genuine`. `B`: for `bound`, where it applies. `I`: for `identified`. */
export const checkMarks = {
  'quote.format': 'G',
  'certificates.chain': 'G',
  'certificates.revocation': 'G',
  'collateral.signature': 'G',
  'collateral.freshness': 'G',
  'collateral.match': 'G',
  'quote.signature': 'G',
  'tcb.level': 'G',
  'tcb.status': 'G',
  'td.attributes': 'G',
  'device.identity': '',
  'measurement.os': 'I',
  'measurement.rtmr3': 'I',
  'events.replay': '',
  'compose.hash': 'I',
  'compose.images': '',
  'compose.settings': '',
  'app.identity': '',
  'key.provider': '',
  'binding.report_data': 'B',
  'binding.tls_key': 'B',
  'binding.nonce': 'B',
  'evidence.manifest': 'B',
  'evidence.certificate': 'B',
  'dns.caa': '',
  statement: '',
  'state.generation': '',
  'gpu.evidence': '',
} as const;

export type CheckId = keyof typeof checkMarks;
export const checkIds = Object.keys(checkMarks) as readonly CheckId[];

export type Check =
  | { readonly id: CheckId; readonly status: 'ok' | 'skip'; readonly detail: string }
  | { readonly id: CheckId; readonly status: 'fail'; readonly code: AttestationCode; readonly detail: string };

export const passed = (id: CheckId, detail: string): Check => ({
  id,
  status: 'ok',
  detail: printable(detail),
});
/** It could not run: never `ok`. `detail` says why. */
export const skipped = (id: CheckId, detail: string): Check => ({ id, status: 'skip', detail });
export const failedCheck = (id: CheckId, code: AttestationCode, detail: string): Check => ({
  id,
  status: 'fail',
  code,
  detail,
});
