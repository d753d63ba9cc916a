// What a client with a policy says of evidence that it has just been shown.

import type { Verdict } from '../../attestation/verify/attestation.js';
import { examineQuote } from '../../attestation/verify/examineQuote.js';
import { parsePolicy } from '../../attestation/verify/policy/parsePolicy.js';
import { appraise } from '../../attestation/verify/verdict/appraise.js';
import { holdingClock } from '../../clock.js';

const servicePolicy =
  '{"version":1,"name":"a test","require":"bound","statement":{"service":"sealed-prover","sealing":["off"]}}';

export interface Shown {
  readonly quote: string;
  readonly statement: string;
  readonly nonce: string | null;
  readonly keys: { readonly tls_spki_sha256: string | null; readonly body_x25519: string | null };
  readonly collateral: object;
}

/** As a client does: with its own nonce, and with the key that it has seen. */
export async function verdictOn(
  shown: Shown,
  own: { nonce: Uint8Array; spki: Uint8Array | undefined },
  roots?: readonly string[],
  policy = servicePolicy,
): Promise<Verdict> {
  const now = holdingClock.now() / 1000;
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const collateral = JSON.stringify(shown.collateral);
  const examination = await examineQuote({ quote: bytes(shown.quote), collateral, now, ...(roots && { roots }) });
  const hex = (text: string | null) => (text === null ? undefined : new Uint8Array(Buffer.from(text, 'hex')));
  const body = hex(shown.keys.body_x25519);
  const hint = { nonce: hex(shown.nonce), spki: hex(shown.keys.tls_spki_sha256), body };
  return appraise({
    examination,
    evidence: {
      target: { kind: 'sealed-prover' },
      binding: { own: { ...own, body }, hint },
      statement: bytes(shown.statement),
    },
    policy: await parsePolicy(policy),
    now,
  });
}

export const codesOf = ({ checks }: Verdict) =>
  checks.flatMap((check) => (check.status === 'fail' ? [check.code] : []));
