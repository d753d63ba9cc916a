// Secrets of the service that its data folder keeps.
import type { Random } from '../random.js';
import type { Store } from '../store/environment.js';

/** The key of upload URLs and proof ids: kept, so that a restart breaks no upload and finds the files of the proofs it had begun. */
export const artifactKeyOf = (store: Store, random: Random): Promise<Uint8Array> =>
  store.write((tx) => {
    const kept = tx.get('meta', 'uploadKey');
    if (kept instanceof Uint8Array) return new Uint8Array(kept);
    const key = random.bytes(32);
    tx.put('meta', ['uploadKey'], key);
    return key;
  });
