// Whose prover our key signs for. Asked for once, and kept: a network that is away at the next start keeps nothing from working.
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress } from '../ids.js';
import type { Log } from '../log.js';
import type { DeliveryContext } from '../machines/delivery/rules.js';
import type { Envelope } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
import type { Upstream } from './upstream.js';

const pauseMs = 5_000;
const metaName = 'networkSigner';

interface Kept {
  readonly url: string;
  readonly signer: Address;
  readonly owner: Address | null;
  /** Under which all that is open was begun. Absent in the oldest. */
  readonly signers?: readonly Address[];
}

/** The key or the network was changed while reports of the earlier one are open. */
export class NetworkChangedError extends Error {
  override readonly name = 'NetworkChangedError';
  constructor(open: number, kept: { url: string; signer: string }) {
    super(
      `${open} reports are still owed to ${kept.url} under the key of 0x${kept.signer}. Start with that URL and key until they are made, name that key as the second one of --network-key-file, or drop them with --network-forget on.`,
    );
  }
}

export interface Ownership {
  readonly owner: () => Address | undefined;
  stop(): void;
}

export interface OwnershipParameters {
  readonly store: Store;
  readonly upstream: Pick<Upstream, 'read'>;
  readonly url: string;
  /** The first signs what is new. */
  readonly signers: readonly [Address, ...Address[]];
  /** Drop what is owed elsewhere, or under another key. */
  readonly forget: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Throws a NetworkChangedError. */
export async function openOwnership(parameters: OwnershipParameters): Promise<Ownership> {
  const { store, upstream, url, signers, clock, log } = parameters;
  const [signer] = signers;
  const kept = store.get('meta', metaName) as Kept | undefined;
  const isSame = kept?.url === url && kept.signer === signer;
  // What the last start had, this one has: nothing can be owed elsewhere, and not every report needs to be looked at.
  const isCovered = kept?.url === url && kept.signers?.every((each) => signers.includes(each)) === true;
  if (kept !== undefined && !isCovered) await leave(parameters, kept);
  let owner = isSame ? (kept?.owner ?? undefined) : undefined;
  let cancel = () => {};
  const keep = (found: Address | null) =>
    store.write((tx) => tx.put('meta', [metaName], { url, signer, owner: found, signers }));
  if (!isSame || kept?.signers?.join() !== signers.join()) await keep(owner ?? null);

  async function ask(): Promise<void> {
    try {
      const answer = await upstream.read(ProverNetwork.method.getOwner, { address: bytesOf(signer) }, 0);
      const found = parseAddress(answer.owner);
      if (found === undefined) throw new Error('the owner has no 20 bytes');
      owner = found;
      await keep(found);
      log.info({ event: 'network.owner', signer, owner }, 'the network knows whom this key signs for');
    } catch (error) {
      log.debug({ event: 'network.owner_unknown', err: error }, 'the network does not say whom this key signs for');
      cancel = clock.wakeIn(pauseMs, () => void ask());
    }
  }
  void ask();
  return { owner: () => owner, stop: () => cancel() };
}

/** From another network, or from a key that is not here any more, when nothing is owed to it or all of that may be dropped. */
async function leave({ store, url, signers, forget, log }: OwnershipParameters, kept: Kept): Promise<void> {
  const owed = [...store.scan('openDeliveries', [])]
    .map(({ key: [id] }) => ({ id, signer: signerOf(store.get('deliveries', id)) ?? kept.signer }))
    .filter(({ signer }) => kept.url !== url || !signers.includes(signer));
  if (owed.length > 0 && !forget) throw new NetworkChangedError(owed.length, kept);
  if (owed.length > 0)
    log.warn({ event: 'network.forgotten', reports: owed.length, url: kept.url }, 'reports that are owed are dropped');
  await store.write((tx) => {
    for (const { id } of owed) {
      tx.remove('openDeliveries', id);
      tx.remove('deliveries', id);
      for (const { key } of store.scan('deliveryJournal', [id])) tx.remove('deliveryJournal', ...key);
    }
    if (kept.url !== url) forgetPrograms(tx, store);
  });
}

/** What the earlier network has registered says nothing of this one. */
function forgetPrograms(tx: Transaction, store: Store): void {
  for (const { key } of store.scan('networkPrograms', [])) tx.remove('networkPrograms', ...key);
  for (const { key } of store.scan('networkUploads', [])) tx.remove('networkUploads', ...key);
  for (const { key } of store.scan('networkUploadUris', [])) tx.remove('networkUploadUris', ...key);
}

const signerOf = (envelope: Envelope | undefined): Address | undefined =>
  (envelope?.snapshot as { context?: Pick<DeliveryContext, 'signer'> } | undefined)?.context?.signer;
