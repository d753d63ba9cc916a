// The end that asks: seals a request to the key of a service that has been attested, and opens its answer.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { answerSecret, deriveAnswerKey } from './answerKey.js';
import { type AnswerFacts, type RequestFacts, requestAad, requestInfo } from './authenticated.js';
import { bufferOf, owned } from './bytes.js';
import type { OpenFrame, SealFrame } from './frames.js';
import { formatRequestHeader, parseAnswerHeader } from './headers.js';
import { kidOf, loadSuite } from './suite.js';

export interface SealedRequest {
  /** `Sealed-Body` of the request. */
  readonly header: string;
  readonly seal: SealFrame;
  /** `header`: the answer's. RESPONSE_NOT_SEALED without a valid one: whatever its body says, anybody can have made it. */
  openAnswer(header: string | undefined, facts: AnswerFacts): Promise<OpenFrame>;
}

/** `publicKey`: 32 bytes, of verified evidence and from nowhere else. */
export async function sealRequest(publicKey: Uint8Array, facts: RequestFacts): Promise<SealedRequest> {
  const suite = await loadSuite();
  const recipientPublicKey = await suite.kem.deserializePublicKey(owned(publicKey));
  const context = await suite.createSenderContext({ recipientPublicKey, info: requestInfo(facts) });
  const enc = new Uint8Array(context.enc);
  return {
    header: formatRequestHeader({ kid: await kidOf(publicKey), enc }),
    seal: async (plaintext, isLast) => new Uint8Array(await context.seal(bufferOf(plaintext), requestAad(isLast))),
    async openAnswer(header, of) {
      const nonce = parseAnswerHeader(header);
      if (nonce === undefined) throw new FailureError(fail('RESPONSE_NOT_SEALED', { status: of.status }));
      const secret = await context.export(answerSecret.label, answerSecret.bytes);
      return (await deriveAnswerKey(secret, { enc, nonce })).openerFor(of);
    },
  };
}
