// Requests that were about to be forwarded: durable before the first byte leaves, so that whatever became of the call is found out, by this
// process or the next.
import type { Catalog } from '../artifacts/catalog.js';
import type { Address, ArtifactId, RequestId } from '../ids.js';
import type { Submission } from '../requests/registry.js';
import type { Store, Transaction } from '../store/environment.js';

/** A signed RequestProof before its answer. No part of it is secret: it was made for the network. */
export interface IntentRecord {
  readonly submission: Submission;
  readonly stdinUri: string;
  /** In decimal. */
  readonly nonce: string;
  /** The id that the network may have given it. */
  readonly candidateId: RequestId;
  /** `unknown`: the call was made, and its answer was lost. */
  readonly state: 'sending' | 'unknown';
  readonly at: number;
}

export interface Intents {
  get(requester: Address, stdinId: ArtifactId): IntentRecord | undefined;
  /** Resolves when it is on disk. The input is kept as long as it is there. */
  put(intent: IntentRecord): Promise<void>;
  remove(tx: Transaction, intent: IntentRecord): void;
  all(): IntentRecord[];
}

export function createIntents({
  store,
  catalog,
}: {
  store: Store;
  catalog: Pick<Catalog, 'reference' | 'unreference'>;
}): Intents {
  return {
    get: (requester, stdinId) => store.get('networkIntents', requester, stdinId) as IntentRecord | undefined,
    put: (intent) =>
      store.write((tx) => {
        const { requester, stdinId } = intent.submission;
        catalog.reference(tx, stdinId, intentReference(intent));
        tx.put('networkIntents', [requester, stdinId], intent);
      }),
    remove(tx, intent) {
      const { requester, stdinId } = intent.submission;
      tx.remove('networkIntents', requester, stdinId);
      catalog.unreference(tx, stdinId, intentReference(intent));
    },
    all: () => [...store.scan('networkIntents', [])].map(({ value }) => value as IntentRecord),
  };
}

/** One a key, so that its first and its later nonces are the same reference. */
export const intentPrefix = 'intent:';
export const intentReference = ({ submission }: IntentRecord) => `${intentPrefix}${submission.requester}`;
