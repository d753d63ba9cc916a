// The header `idempotency-key`: a caller whose answer was lost sends the same again, and gets the same request. Without one each call is a new
// request, as in the model.
import { malformed } from '../../failures/malformed.js';
import type { Address, RequestId } from '../../ids.js';
import type { Registry } from '../../requests/registry.js';
import type { Store, Transaction } from '../../store/environment.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { ReceivedRequest } from '../../workers/upload/task.js';

/** By token, or one for all who have none: a key belongs to its caller. */
export interface CallersKey {
  readonly caller: Address;
  readonly key: string;
}

/** `taken`: the key stands for a request with another body. */
export type Standing = { readonly kind: 'new' | 'taken' } | { readonly kind: 'known'; readonly requestId: RequestId };

export interface Idempotency {
  /**
   * Asked when the whole body is there. `new`: the key is this call's alone until `release`, and who asks meanwhile waits for that. Only then:
   * a body takes as long as its sender likes.
   */
  claim(of: CallersKey, received: ReceivedRequest): Promise<Standing>;
  /** Joins the transaction that makes the request durable. */
  write(tx: Transaction, of: CallersKey, requestId: RequestId): void;
  release(of: CallersKey): void;
}

/** Undefined without one. Throws MALFORMED_REQUEST. */
export function idempotencyKeyOf(headers: Exchange['headers']): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  // Several lines of it are an array, or joined with a comma and a blank.
  if (typeof key !== 'string' || !/^[!-~]{1,64}$/.test(key))
    throw malformed('idempotency-key', 'it has 1 to 64 visible ASCII characters');
  return key;
}

export function createIdempotency(parameters: {
  readonly store: Pick<Store, 'get'>;
  readonly registry: Pick<Registry, 'view'>;
}): Idempotency {
  const { store, registry } = parameters;
  const claims = new Map<string, { readonly ended: Promise<void>; readonly end: () => void }>();
  const nameOf = ({ caller, key }: CallersKey) => `${caller} ${key}`;

  function standing({ caller, key }: CallersKey, { program, stdin }: ReceivedRequest): Standing {
    const requestId = store.get('requestOfKey', caller, key);
    const request = requestId && registry.view(requestId)?.request;
    if (request === undefined) return { kind: 'new' };
    const isSame = request.program?.sha256 === program.sha256 && request.stdin.sha256 === stdin.sha256;
    return isSame ? { kind: 'known', requestId: request.requestId } : { kind: 'taken' };
  }

  return {
    async claim(of, received) {
      const name = nameOf(of);
      for (let other = claims.get(name); other !== undefined; other = claims.get(name)) await other.ended;
      const found = standing(of, received);
      if (found.kind === 'new') {
        const { promise, resolve } = Promise.withResolvers<void>();
        claims.set(name, { ended: promise, end: resolve });
      }
      return found;
    },
    write(tx, { caller, key }, requestId) {
      tx.put('requestOfKey', [caller, key], requestId);
      tx.put('keysOfRequest', [requestId, caller, key], true);
    },
    release(of) {
      const name = nameOf(of);
      claims.get(name)?.end();
      claims.delete(name);
    },
  };
}
