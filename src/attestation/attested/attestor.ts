// Attests connections to one target, each before its first request: by a verdict that is known for its key, else by evidence that is asked for on
// that very connection.
import type { Clock, SteadyMs } from '../../clock.js';
import type { Random } from '../../random.js';
import type { SeenConnection } from '../check/http/seenConnection.js';
import { fetchTarget } from '../check/target/fetchTarget.js';
import type { Verifying } from '../check/verifyShown.js';
import { toHex } from '../verify/bytes.js';
import type { AttestationFailure } from '../verify/failure.js';
import type { Endpoints } from './endpoints.js';
import { judge, refusedState } from './judge.js';
import type { Attestation, Mode } from './modes.js';
import { AttestationRefused } from './refusal.js';

export interface AttestorParameters {
  readonly url: URL;
  readonly mode: Mode;
  readonly verifying: Verifying;
  /** Bodies are sealed. */
  readonly isSealed?: boolean;
  readonly endpoints: Endpoints;
  /** How long a verdict holds for connections that show its key (ms). */
  readonly verdictMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onLook?: ((look: Look) => void) | undefined;
}

/** What a look at a connection has come to. */
export interface Look {
  readonly attestation: Attestation;
  /** What is wrong, where the mode only observes. */
  readonly observed: AttestationFailure | undefined;
  /** Of the connection: SHA-256 in hex, empty without TLS. */
  readonly spki: string;
}

/** A connection that nothing was sent over yet. */
export interface Unproven extends SeenConnection {
  /** SHA-256 of the key that TLS has shown; undefined without TLS. */
  readonly spki: Uint8Array | undefined;
  readonly isAuthorized: boolean;
}

export interface Attestor {
  /** Rejects with AttestationRefused or NotReached: then the connection must not be used. */
  attest(connection: Unproven, signal: AbortSignal): Promise<Attestation>;
  /** The same, by evidence that is asked for now. */
  attestAnew(connection: Unproven, signal: AbortSignal): Promise<Attestation>;
  /** The verdict for a key, where it holds now and for so long (ms). */
  known(spki: Uint8Array | undefined, forMs?: number): Attestation | undefined;
  /** Of a verdict that must not be relied on any more. */
  forget(spki: Uint8Array | undefined): void;
}

const nonceBytes = 32;
/** Keys of a target: its instances, and those that it had. Wrong if a target with more of them is attested at each connection. */
const mostVerdicts = 64;

export function createAttestor(parameters: AttestorParameters): Attestor {
  const { url, mode, verifying, isSealed = false, endpoints, verdictMs, clock, random, onLook } = parameters;
  const verdicts = new Map<string, { readonly attestation: Attestation; readonly endsAt: SteadyMs }>();
  const keyOf = (spki: Uint8Array | undefined) => (spki === undefined ? '' : toHex(spki));

  function known(spki: Uint8Array | undefined, forMs = 0): Attestation | undefined {
    const found = verdicts.get(keyOf(spki));
    return found !== undefined && clock.steady() + forMs < found.endsAt ? found.attestation : undefined;
  }

  async function look(connection: Unproven, of: Exclude<Mode, 'off'>, signal: AbortSignal): Promise<Attestation> {
    const seen = refusedState(() => endpoints.seen(url.origin));
    const nonce = random.bytes(nonceBytes);
    const shown = await fetchTarget({ url, nonce, connection, isSealed, clock, signal });
    const { isAuthorized } = connection;
    const { attestation, observed } = await judge({ shown, mode: of, seen, verifying, isSealed, isAuthorized, signal });
    const { status } = attestation;
    if (status === 'verified' || status === 'genuine')
      endpoints.remember(url.origin, status === 'verified' ? 'bound' : 'genuine');
    onLook?.({ attestation, observed, spki: keyOf(connection.spki) });
    return attestation;
  }

  /** Connections that come at once and show one key are looked at once. */
  const looking = new Map<string, Promise<Attestation>>();

  async function attest(connection: Unproven, signal: AbortSignal): Promise<Attestation> {
    const before = known(connection.spki);
    if (before !== undefined) return before;
    const key = keyOf(connection.spki);
    try {
      const other = await looking.get(key);
      if (other !== undefined) return other;
    } catch (error) {
      // What is wrong with a key is wrong with it on any connection.
      if (error instanceof AttestationRefused) throw error;
    }
    const own = attestAnew(connection, signal).finally(() => looking.delete(key));
    looking.set(key, own);
    return await own;
  }

  async function attestAnew(connection: Unproven, signal: AbortSignal): Promise<Attestation> {
    const attestation = mode === 'off' ? unlooked(connection) : await look(connection, mode, signal);
    const key = keyOf(connection.spki);
    verdicts.delete(key);
    const [oldest] = verdicts.keys();
    if (verdicts.size >= mostVerdicts && oldest !== undefined) verdicts.delete(oldest);
    verdicts.set(key, { attestation, endsAt: clock.steady() + verdictMs });
    return attestation;
  }

  return {
    known,
    forget: (spki) => void verdicts.delete(keyOf(spki)),
    attestAnew,
    attest,
  };
}

function unlooked({ isAuthorized }: Unproven): Attestation {
  if (!isAuthorized)
    throw new AttestationRefused('TLS_KEY_WRONG', 'No authority that is known here vouches for its certificate.');
  return { status: 'unchecked', level: 'none' };
}
