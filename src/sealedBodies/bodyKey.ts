// The end that serves: the key pair that a start makes, requests that are sealed to it, and the keys of their answers.
import type { RecipientContext } from '@hpke/core';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Random } from '../random.js';
import { answerSecret, deriveAnswerKey } from './answerKey.js';
import { type AnswerFacts, type RequestFacts, requestAad, requestInfo } from './authenticated.js';
import { bufferOf, owned } from './bytes.js';
import { malformed, type OpenFrame, type SealFrame } from './frames.js';
import { formatAnswerHeader, parseRequestHeader, type RequestHeader } from './headers.js';
import { kidOf, loadSuite } from './suite.js';

export interface OpenedRequest {
  readonly open: OpenFrame;
  /** `Sealed-Body` of the answer. */
  readonly answerHeader: string;
  /** Once: there is one answer. */
  sealerFor(facts: AnswerFacts): SealFrame;
}

export interface BodyKey {
  /** X25519, 32 bytes: what has to be in report_data. */
  readonly publicKey: Uint8Array;
  /** `header`: the request's `Sealed-Body`. BODY_MALFORMED, BODY_KEY_UNKNOWN. */
  openRequest(header: string, facts: RequestFacts): Promise<OpenedRequest>;
}

/** Made anew at each start, and kept nowhere but in memory. */
export async function createBodyKey(random: Random): Promise<BodyKey> {
  const suite = await loadSuite();
  const { kem } = suite;
  const pair = await kem.deriveKeyPair(random.bytes(32));
  const publicKey = new Uint8Array(await kem.serializePublicKey(pair.publicKey));
  const ownKid = await kidOf(publicKey);

  const contextOf = ({ enc }: RequestHeader, facts: RequestFacts) =>
    suite
      .createRecipientContext({ recipientKey: pair.privateKey, enc: owned(enc), info: requestInfo(facts) })
      .catch((error: unknown) => {
        throw new FailureError(fail('BODY_MALFORMED', { problem: 'its key is none' }), { cause: error });
      });

  return {
    publicKey,
    async openRequest(header, facts) {
      const parsed = parseRequestHeader(header);
      if (parsed.kid !== ownKid) throw new FailureError(fail('BODY_KEY_UNKNOWN'));
      if (facts.method === 'GET' || facts.method === 'HEAD')
        throw malformed(`${facts.method} has none; POST asks for a sealed answer`);
      const context = await contextOf(parsed, facts);
      const nonce = random.bytes(32);
      const secret = await context.export(answerSecret.label, answerSecret.bytes);
      const answerKey = await deriveAnswerKey(secret, { enc: parsed.enc, nonce });
      return {
        open: opener(context),
        answerHeader: formatAnswerHeader(nonce),
        sealerFor: (of) => answerKey.sealerFor(of),
      };
    },
  };
}

/** A frame that does not open is not counted by the library, so that it can be tried as the last one too. */
function opener(context: RecipientContext): OpenFrame {
  return (ciphertext, isLast) =>
    context.open(bufferOf(ciphertext), requestAad(isLast)).then(
      (plaintext) => new Uint8Array(plaintext),
      () => undefined,
    );
}
