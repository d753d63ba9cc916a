// What must hold of the records of network mode: deliveries, the requests that they tell of, intents and the inputs that they keep. They are
// looked at also where the service is no front of a network any more.
import { checkKind } from '../durable/checkKind.js';
import type { Address, ArtifactId } from '../ids.js';
import { type DeliveryView, hasDeliveryEnded } from '../machines/delivery/view.js';
import type { Store } from '../store/environment.js';
import type { Inconsistency } from '../store/inconsistency.js';
import { type IntentRecord, intentPrefix, intentReference } from './intents.js';
import { deliveryKind } from './kind.js';

type Read = Pick<Store, 'get' | 'scan' | 'slices'>;

export async function* checkNetwork(store: Read, turn: () => Promise<void>): AsyncGenerator<Inconsistency> {
  const accepted = new Map<string, string>();
  yield* checkKind({
    store,
    kind: deliveryKind,
    turn,
    *more(id, view) {
      const { localId, nonce, signer, acceptedTx } = view.context;
      // Without its request nothing would tell it of an end. The record of an ended one may go before that of its request.
      if (!hasDeliveryEnded(view) && localId !== null && store.get('snapshots', localId) === undefined)
        yield { code: 'REFERENCE_WRONG', id, sentence: `it tells of request ${localId}, which is not there` };
      if (acceptedTx === null || nonce === null) return;
      const call = `${signer ?? 'the present key'} ${nonce}`;
      const other = accepted.get(call);
      accepted.set(call, id);
      if (other !== undefined)
        yield {
          code: 'NONCE_WRONG',
          id,
          sentence: `its accepted call has nonce ${nonce}, as that of delivery ${other}`,
        };
    },
  });
  for (const { key } of [...store.scan('refusedDeliveries', [])]) {
    const envelope = store.get('deliveries', key[0]);
    if (envelope !== undefined && stateIn(envelope.snapshot) !== 'refused')
      yield { code: 'INDEX_WRONG', id: key[0], sentence: 'it is listed as refused and is not' };
  }
  yield* checkIntents(store);
}

const stateIn = (snapshot: unknown): DeliveryView['state'] => (snapshot as { value: DeliveryView['state'] }).value;

function* checkIntents(store: Read): Generator<Inconsistency> {
  for (const { key, value } of [...store.scan('networkIntents', [])]) {
    const [requester, stdinId] = key;
    const intent = value as IntentRecord;
    const { submission, candidateId } = intent;
    if (submission.requester !== requester || submission.stdinId !== stdinId)
      yield { code: 'INDEX_WRONG', id: candidateId, sentence: 'an intent lies under a key that is not its own' };
    else if (store.get('artifacts', stdinId)?.references.includes(intentReference(intent)) !== true)
      yield {
        code: 'REFERENCE_WRONG',
        id: candidateId,
        sentence: `an intent needs input ${stdinId}, which is not kept for it`,
      };
  }
}

/** Undefined: it is no reference of an intent. */
export const isIntentThere = (store: Pick<Store, 'get'>, stdinId: ArtifactId, by: string): boolean | undefined =>
  by.startsWith(intentPrefix)
    ? store.get('networkIntents', by.slice(intentPrefix.length) as Address, stdinId) !== undefined
    : undefined;
