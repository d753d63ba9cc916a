// Which key signs: the youngest that is active in memory and on disk, and has enough life left. Asked anew for each signature.
import type { SignerId } from '../ids.js';
import type { ActiveSigner, SignerView } from '../machines/signer/view.js';
import type { ActiveKey, Signer, SigningKey } from '../tee/signer.js';
import type { KeyVault } from './keyVault.js';
import type { Registrar } from './registrar/registrar.js';

export interface ServingParameters {
  readonly vault: KeyVault;
  readonly registrar: Pick<Registrar, 'now'>;
  readonly isSimulated: boolean;
  readonly minRemaining: number;
  /** As it is on disk. */
  readonly viewOf: (signerId: SignerId) => SignerView | undefined;
  /** The one that was made last. */
  readonly latest: () => SignerView | undefined;
}

export interface Serving extends Signer {
  /** Signatures made so far. */
  readonly signatureCount: number;
  /** It has become the key that signs, or is it no more: in memory, before the disk knows. */
  begin(signerId: SignerId): void;
  end(signerId: SignerId): void;
  /** A successor signs: only what was begun with this one is finished, until the returned function is called. */
  drain(signerId: SignerId): () => void;
  /** Something about it is on disk. */
  hear(view: SignerView): void;
}

/** Keys that may have signed, the latest: their registrations ended long before a hundred others had come. */
const mostKnown = 100;

export function createServing(parameters: ServingParameters): Serving {
  const { vault, registrar, isSimulated, minRemaining, viewOf, latest } = parameters;
  /** In the order in which they became active. */
  const serving = new Set<SignerId>();
  const draining = new Set<SignerId>();
  const known = new Map<SignerId, SigningKey>();
  const listeners = new Set<() => void>();
  let signatureCount = 0;
  const tell = () => {
    for (const listener of listeners) listener();
  };

  const facts = ({ address, start: { place }, registration }: ActiveSigner): SigningKey => ({
    address,
    isSimulated,
    ...(place.kind === 'chain' && {
      registration: { chainId: place.chainId, registry: place.registry, expiresAt: registration.expiresAt },
    }),
  });

  function remember(view: ActiveSigner): void {
    known.set(view.start.signerId, facts(view));
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  }

  /** Undefined unless it may sign at this very moment. */
  function ableView(signerId: SignerId): ActiveSigner | undefined {
    const view = viewOf(signerId);
    if (!serving.has(signerId) || !vault.has(signerId) || view?.state !== 'active') return undefined;
    return view.registration.expiresAt - registrar.now() >= minRemaining ? view : undefined;
  }

  return {
    get signatureCount() {
      return signatureCount;
    },
    begin(signerId) {
      serving.add(signerId);
    },
    end(signerId) {
      if (serving.delete(signerId)) tell();
    },
    drain(signerId) {
      draining.add(signerId);
      return () => draining.delete(signerId);
    },
    hear(view) {
      if (view.state === 'active') remember(view);
      tell();
    },

    active() {
      for (const signerId of [...serving].reverse()) {
        const view = ableView(signerId);
        if (view === undefined) continue;
        return {
          ...facts(view),
          sign(digest) {
            // It was handed out in this very turn: a successor may have come since.
            if (ableView(signerId) === undefined && !draining.has(signerId))
              throw new Error(`signer ${signerId} signs no more`);
            signatureCount += 1;
            return vault.sign(signerId, digest);
          },
        } satisfies ActiveKey;
      }
      return { waiting: whyNone(latest()) };
    },
    keys: () => [...known.values()],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Why there is no key that signs, by the one that was made last. */
function whyNone(view: SignerView | undefined): string {
  if (view === undefined) return 'no signing key has been made yet';
  const because = view.lastFault === null ? '' : `: ${view.lastFault.detail}`;
  switch (view.state) {
    case 'generating':
    case 'quoting':
      return `the signing key has no quote yet${because}`;
    case 'registering':
      return `the signing key is being registered${because}`;
    case 'lapsed':
      return 'the registration of the signing key ends soon, and its successor is not registered yet';
    default:
      return `a new signing key is being made${because}`;
  }
}
