// POST /renew_proof: an id in, its TEE proof signed once more by the key that signs now. Registrations run out, and executing again takes longer.
import type { Clock } from '../../clock.js';
import { isTerminal } from '../../machines/request/view.js';
import type { Registry } from '../../requests/registry.js';
import type { Renew, Renewed } from '../../requests/renewal.js';
import { teeHeadersOf } from '../../tee/teeHeaders.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Admit } from '../access/access.js';
import { answerText, inText } from './answerText.js';
import { answerUnknown, readGivenId } from './givenId.js';
import { proofIsGone, whyNoProof } from './whyNoProof.js';

export interface PostRenewProofDependencies {
  readonly registry: Pick<Registry, 'view'>;
  readonly renew: Renew;
  readonly clock: Clock;
  readonly admit: Admit;
}

async function postRenewProof(exchange: Exchange, { registry, renew, clock, admit }: PostRenewProofDependencies) {
  admit({ authorization: exchange.headers.authorization, peer: exchange.connection.peer });
  const given = await readGivenId(exchange, clock);
  const view = given.requestId && registry.view(given.requestId);
  if (view === undefined) return answerUnknown(exchange, given);
  if (!isTerminal(view)) return answerText(exchange, 409, 'The request is open. Ask /wait_proof for its first proof.');
  if (view.state !== 'fulfilled') {
    const { status, why } = whyNoProof(view);
    return answerText(exchange, status, why);
  }
  const renewed = await renew(view);
  if (renewed.kind !== 'renewed') return answerText(exchange, ...refusalOf(renewed));
  const { proof, signer } = renewed;
  const headers = {
    'content-type': 'application/json',
    'content-length': proof.byteLength,
    'cache-control': 'no-store',
    ...teeHeadersOf(signer),
  };
  return exchange.answer({ status: 200, headers, body: proof });
}

function refusalOf(refused: Exclude<Renewed, { kind: 'renewed' }>): [status: number, sentence: string] {
  switch (refused.kind) {
    case 'other-mode':
      return [422, 'This request has no TEE proof: there is nothing to sign again.'];
    case 'gone':
      return [410, proofIsGone];
    case 'unvouched':
      return [
        409,
        'Nothing of this life of the service vouches for that execution: it has started anew since, or what it keeps was changed. Send the request again.',
      ];
    case 'no-signer':
      return [504, `Nothing is signed now: ${refused.reason}. Try again.`];
  }
}

export const renewProofRoute = (dependencies: PostRenewProofDependencies): Route =>
  inText({
    methods: ['POST'],
    path: '/renew_proof',
    answer: (exchange) => postRenewProof(exchange, dependencies),
  });
