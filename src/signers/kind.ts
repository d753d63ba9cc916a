// A signer as a kind of durable machine. What is on disk of it has no key, and so none of an earlier process goes on.
import type { DurableKind } from '../durable/kind.js';
import type { SignerId } from '../ids.js';
import { signerMachine } from '../machines/signer/machine.js';
import { freshSigner, type SignerEvent, type SignerStart } from '../machines/signer/rules.js';
import { hasEnded, type SignerSnapshot, type SignerView, signerPath, signerViewOf } from '../machines/signer/view.js';
import type { Act } from '../store/buckets.js';

export type SignerKind = DurableKind<SignerId, SignerStart, SignerView, SignerEvent>;

/** Enough to read signers; `createSigners` gives the machine its effects. */
export const signerKind: SignerKind = {
  name: 'signer',
  machine: signerMachine,
  migrations: {},
  buckets: { snapshots: 'signerSnapshots', journal: 'signerJournal', open: 'openSigners' },
  viewOf: (snapshot, envelope) => signerViewOf(snapshot as SignerSnapshot, envelope),
  idOf: ({ start }) => start.signerId,
  ownerOf: () => '',
  ageOf: ({ elapsedMs }) => elapsedMs,
  isTerminal: hasEnded,
  pathOf: signerPath,
  factsOf(event) {
    const { act } = event as SignerEvent & { readonly act?: Act };
    return act === undefined ? {} : { act };
  },
  first: firstSnapshot as unknown as SignerKind['first'],
};

/** The persisted snapshot in `generating`, as the machine itself writes it; `kind.test.ts` holds the two together. */
export function firstSnapshot(start: SignerStart) {
  const context = freshSigner(start);
  const child = (src: string) => ({ snapshot: { status: 'active', input: context }, src, syncSnapshot: false });
  return {
    status: 'active',
    value: { open: 'generating' },
    historyValue: {},
    context,
    children: { '0.signer@1.open': child('holdKey'), '0.signer@1.open.generating': child('makeKey') },
  };
}
