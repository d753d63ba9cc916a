// What is said of the signing keys to those who ask: health checks, clients, operators.
import type { SignerView } from '../machines/signer/view.js';
import { lifeLeftOf } from './alarm.js';
import { shownCall } from './byHand.js';
import { pendingRegistration } from './pendingRegistration.js';
import type { Registrar } from './registrar/registrar.js';
import type { Signers } from './signers.js';

/** In one word: `active` signs, and everything else says why nothing does. */
export type SigningState = 'active' | 'registering' | 'lapsed' | 'starting';

export interface SigningSummary {
  readonly state: SigningState;
  /** 0x and 40 hex digits. */
  readonly signer?: string;
  /** Of its registration, in seconds. */
  readonly lifeLeftS?: number;
  /** Why nothing is signed. */
  readonly reason?: string;
  /** Why the successor is not there yet. */
  readonly rotationProblem?: string;
}

export function signingSummary(signers: Pick<Signers, 'active' | 'views' | 'now'>): SigningSummary {
  const views = signers.views();
  const key = signers.active();
  const [youngest] = views;
  const problem = youngest?.lastFault?.detail;
  if ('waiting' in key) return { state: stateWithout(views), reason: key.waiting };
  return {
    state: 'active',
    signer: `0x${key.address}`,
    lifeLeftS: lifeLeftOf(views, signers.now()) ?? 0,
    ...(youngest?.state !== 'active' && problem !== undefined && { rotationProblem: problem }),
  };
}

function stateWithout(views: readonly SignerView[]): SigningState {
  if (views.some(({ state }) => state === 'lapsed')) return 'lapsed';
  return views.length === 0 ? 'starting' : 'registering';
}

/** One key, as it is shown: addresses and hashes with 0x, moments in Unix seconds by the chain's clock. */
export function shownSigner(view: SignerView) {
  const { start, faults, lastFault } = view;
  return {
    id: start.signerId,
    state: 'phase' in view ? `${view.state}.${view.phase}` : view.state,
    ...('address' in view && view.address !== null && { address: `0x${view.address}` }),
    ...('publicKey' in view && { publicKey: `0x${view.publicKey}` }),
    ...('quote' in view && view.quote !== null && { quote: shownQuote(view.quote) }),
    ...(start.place.kind === 'chain' && { chainId: start.place.chainId, registry: `0x${start.place.registry}` }),
    ...('registration' in view && view.registration !== null && { registration: shownRegistration(view.registration) }),
    ...('transactions' in view && {
      transactions: view.transactions.map(({ hash, ...rest }) => ({ ...rest, hash: `0x${hash}` })),
    }),
    ...(lastFault !== null && { problem: lastFault.detail, cause: lastFault.cause, faults }),
  };
}

type Quoted = NonNullable<Extract<SignerView, { state: 'retired' }>['quote']>;
type Registered = NonNullable<Extract<SignerView, { state: 'retired' }>['registration']>;

const shownQuote = ({ sha256, sizeBytes, reference, reportData }: Quoted) => ({
  sha256,
  sizeBytes,
  reportData,
  reference: { number: reference.number, hash: `0x${reference.hash}` },
});

const shownRegistration = ({ transaction, ...times }: Registered) => ({
  ...times,
  ...(transaction !== undefined && { transaction: `0x${transaction}` }),
});

/** Everything, for the operator. */
export async function operatorStatus(signers: Signers, registrar: Registrar) {
  const balance = await registrar.balance();
  const pending = pendingRegistration(signers, registrar);
  const { faults, ...counts } = signers.counts;
  return {
    ...signingSummary(signers),
    chainTime: signers.now(),
    counts: { ...counts, faults: Object.fromEntries(faults) },
    ...(balance !== undefined && { balanceWei: balance.toString() }),
    ...(pending !== undefined && { pending: shownCall(pending) }),
    signers: signers.views().map(shownSigner),
  };
}
