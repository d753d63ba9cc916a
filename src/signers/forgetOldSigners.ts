// Signers that have ended stay readable for a while, and not for ever: there is one every half hour.

import { storedView } from '../durable/stored.js';
import type { SignerId } from '../ids.js';
import { hasEnded } from '../machines/signer/view.js';
import type { Store } from '../store/environment.js';
import { signerKind } from './kind.js';

/** Those of the last two days at the usual pace. */
export const keptSigners = 96;

/** Resolves when the oldest beyond the kept ones are gone, with their journals. */
export async function forgetOldSigners(store: Store): Promise<void> {
  const ids = [...store.scan('signerSnapshots', [])].map(({ key: [signerId] }) => signerId);
  const old = ids.slice(0, Math.max(0, ids.length - keptSigners)).filter((signerId) => isOver(store, signerId));
  if (old.length === 0) return;
  await store.write((tx) => {
    for (const signerId of old) {
      const { seq } = storedView(store, signerKind, signerId) ?? { seq: -1 };
      tx.remove('signerSnapshots', signerId);
      for (let entry = 0; entry <= seq; entry += 1) tx.remove('signerJournal', signerId, entry);
    }
  });
}

/** Earlier builds did not list them as open: they would never end, and so never go. Resolves when they are. */
export async function listUnended(store: Store): Promise<void> {
  const ids = [...store.scan('signerSnapshots', [])].map(({ key: [signerId] }) => signerId);
  const unlisted = ids.filter((id) => store.get('openSigners', id) === undefined && !isOver(store, id));
  if (unlisted.length === 0) return;
  await store.write((tx) => {
    for (const signerId of unlisted) tx.put('openSigners', [signerId], true);
  });
}

function isOver(store: Store, signerId: SignerId): boolean {
  const view = storedView(store, signerKind, signerId);
  return view !== undefined && hasEnded(view);
}
