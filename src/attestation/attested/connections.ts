// The connections to one target over which private bytes may go. The check is made for each of them, so that a balancer that sends the next one
// elsewhere costs one more look and gives nothing away. Who uses them, and how often, is for others to say.
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, SteadyMs } from '../../clock.js';
import type { Attestor, Unproven } from './attestor.js';
import type { Dialling } from './dial.js';
import type { Attestation } from './modes.js';
import { type Attested, openHttp1, openHttp2 } from './openAttested.js';
import { AttestationRefused } from './refusal.js';
import { sharedWork } from './sharedWork.js';

export interface AttestedConnections {
  /** Opens one that requests may go over at once. Rejects with AttestationRefused, NotReached, or the reason of `signal`; so do the others. */
  connect(protocol: 'http1' | 'http2', signal: AbortSignal): Promise<Socket | ClientHttp2Session>;
  /** Before each request: what carries it is attested still, or looked at again first. */
  ready(signal: AbortSignal): Promise<void>;
  /** Looks at the target now. What has shown the key of one that is refused ends. */
  attest(signal: AbortSignal): Promise<Attestation>;
  /** Ends all of them. */
  close(): void;
}

export interface ConnectionsParameters extends Dialling {
  readonly attestor: Attestor;
  readonly clock: Clock;
}

/** A connection without a request is closed after this time, and a verdict must hold for as long: nobody asks before it is used again (ms). */
const idleMs = 30_000;
/** After a refusal the target is looked at again after these times (ms); until then connections are refused with the same. */
export const refusedForMs = [1_000, 2_000, 5_000, 15_000, 60_000] as const;

interface Live {
  readonly unproven: Unproven;
  /** Of HTTP/2, which can be asked while it is used. */
  readonly session: ClientHttp2Session | undefined;
  end(): void;
}

export function createConnections(parameters: ConnectionsParameters): AttestedConnections {
  const { attestor, clock } = parameters;
  const life = new AbortController();
  const live = new Set<Live>();
  /** Opened for a look, and not used yet. */
  let spare: Attested<ClientHttp2Session> | undefined;
  let refused: { readonly error: AttestationRefused; readonly endsAt: SteadyMs; readonly times: number } | undefined;

  async function noting<T>(look: () => Promise<T>): Promise<T> {
    try {
      const result = await look();
      refused = undefined;
      return result;
    } catch (error) {
      if (error instanceof AttestationRefused) {
        const times = refused?.times ?? 0;
        const ms = refusedForMs[Math.min(times, refusedForMs.length - 1)] ?? 0;
        refused = { error, endsAt: clock.steady() + ms, times: times + 1 };
      }
      throw error;
    }
  }

  function holdOff(): void {
    if (refused !== undefined && clock.steady() < refused.endsAt) throw refused.error;
  }

  function keep(entry: Live, closing: Socket | ClientHttp2Session): void {
    live.add(entry);
    closing.once('close', () => live.delete(entry));
    if (closing.destroyed) live.delete(entry);
  }

  async function openSession(signal: AbortSignal): Promise<Attested<ClientHttp2Session>> {
    const opened = await noting(() => openHttp2(parameters, attestor, signal));
    const { carrier, unproven } = opened;
    keep({ unproven, session: carrier, end: () => carrier.destroy() }, carrier);
    return opened;
  }

  async function openSocket(signal: AbortSignal): Promise<Socket> {
    const { carrier, unproven } = await noting(() => openHttp1(parameters, attestor, signal));
    keep({ unproven, session: undefined, end: () => void carrier.destroy() }, carrier);
    let cancelIdle = () => {};
    // Said by Node's agents each time when an exchange has ended.
    carrier.on('free', () => {
      cancelIdle();
      const sentBytes = carrier.bytesWritten;
      if (attestor.known(unproven.spki, idleMs) === undefined) return void carrier.destroy();
      cancelIdle = clock.wakeIn(idleMs, () => {
        if (carrier.bytesWritten === sentBytes) carrier.destroy();
      });
    });
    carrier.once('close', () => cancelIdle());
    return carrier;
  }

  function endAllOf(spki: Uint8Array | undefined): void {
    attestor.forget(spki);
    for (const { unproven, end } of live) if (Buffer.compare(unproven.spki ?? noKey, spki ?? noKey) === 0) end();
  }

  async function lookAgain(unproven: Unproven, signal: AbortSignal): Promise<Attestation> {
    try {
      return await noting(() => attestor.attestAnew(unproven, signal));
    } catch (error) {
      if (error instanceof AttestationRefused) endAllOf(unproven.spki);
      throw error;
    }
  }

  const renewed = sharedWork(async () => {
    for (const { unproven, session } of live)
      if (session !== undefined && attestor.known(unproven.spki) === undefined) await lookAgain(unproven, life.signal);
  });

  return {
    async connect(protocol, signal) {
      const found = protocol === 'http2' ? spare : undefined;
      if (found !== undefined) spare = undefined;
      if (found !== undefined && !found.carrier.destroyed && !found.carrier.closed) return found.carrier;
      holdOff();
      if (protocol === 'http1') return await openSocket(signal);
      return (await openSession(signal)).carrier;
    },

    async ready(signal) {
      for (const { unproven, session } of live)
        if (session !== undefined && attestor.known(unproven.spki) === undefined) return await renewed(signal);
    },

    async attest(signal) {
      for (const { unproven, session } of live)
        if (session !== undefined && !session.closed && !session.destroyed) return await lookAgain(unproven, signal);
      spare = await openSession(signal);
      const known = attestor.known(spare.unproven.spki);
      return known ?? (await lookAgain(spare.unproven, signal));
    },

    close() {
      life.abort(new Error('the connections are closed'));
      for (const { end } of live) end();
    },
  };
}

const noKey = new Uint8Array();
