// POST /request_proof: a program and its input in one body of JSON, as clients of Automata's sp1-tee-prover send it. Answers the request's id,
// without a newline, as soon as it is durable: the client passes whatever text comes on to /wait_proof.
import { createHash } from 'node:crypto';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address } from '../../ids.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Admit } from '../access/access.js';
import { answerText, inText } from './answerText.js';
import { type CallersKey, type Idempotency, idempotencyKeyOf, type Standing } from './idempotency.js';
import { type TakeInDependencies, type TakeInParameters, takeIn, unlimited } from './takeIn.js';

export interface PostRequestProofDependencies extends TakeInDependencies {
  readonly admit: Admit;
  readonly idempotency: Idempotency;
}

async function postRequestProof(exchange: Exchange, dependencies: PostRequestProofDependencies): Promise<void> {
  const { headers, connection } = exchange;
  dependencies.admit({ authorization: headers.authorization, peer: connection.peer });
  const caller = callerOf(headers.authorization);
  const key = idempotencyKeyOf(headers);
  if (key === undefined) return answerText(exchange, 200, await takeIn(exchange, termsOf(caller), dependencies));
  await answerOnce(exchange, { caller, key }, dependencies);
}

const termsOf = (caller: Address): TakeInParameters => ({
  form: 'json',
  sender: caller,
  termsOf: async () => ({ requester: caller, cycleLimit: unlimited }),
});

/** What has come a second time is read, compared by its digests, and not kept. */
async function answerOnce(exchange: Exchange, of: CallersKey, dependencies: PostRequestProofDependencies) {
  const { idempotency } = dependencies;
  const terms = termsOf(of.caller);
  let found: Standing | undefined;
  try {
    const requestId = await takeIn(
      exchange,
      {
        ...terms,
        async termsOf(received) {
          found = await idempotency.claim(of, received);
          if (found.kind !== 'new') throw new FailureError(fail('ABORTED'));
          return terms.termsOf(received);
        },
        alsoWrite: (tx, id) => idempotency.write(tx, of, id),
      },
      dependencies,
    );
    await answerText(exchange, 200, requestId);
  } catch (error) {
    if (found === undefined || found.kind === 'new') throw error;
    if (found.kind === 'known') return answerText(exchange, 200, found.requestId);
    await answerText(
      exchange,
      409,
      'This idempotency-key stands for a request with another program or input. Choose a new key.',
    );
  } finally {
    if (found?.kind === 'new') idempotency.release(of);
  }
}

/** Whose a request is that names nobody: that of its token, or of all who have none. */
export const callerOf = (authorization: string | undefined): Address =>
  createHash('sha256')
    .update(`sealed-prover tee requester\n${authorization ?? ''}`)
    .digest('hex')
    .slice(0, 40) as Address;

export const requestProofRoute = (dependencies: PostRequestProofDependencies): Route =>
  inText({
    methods: ['POST'],
    path: '/request_proof',
    answer: (exchange) => postRequestProof(exchange, dependencies),
  });
