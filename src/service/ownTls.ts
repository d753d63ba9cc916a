// TLS without certificate files: a key of dstack's or of this start alone, and a certificate that it signs itself and renews. No authority
// vouches for it; clients know the key by its quote.
import { type KeyObject, X509Certificate } from 'node:crypto';
import { p256KeyOf } from '../attestation/pki/p256KeyOf.js';
import { selfSigned, selfSignedForMs } from '../attestation/pki/selfSigned.js';
import { ProviderError, type QuoteProvider } from '../attestation/providers/quoteProvider.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import { type WatchedFile, watchFile } from '../config/watchedFile.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { defaultFrontLimits } from '../transport/front/front.js';
import { createTls, type Tls } from '../transport/front/tls.js';
import { AttestStartError } from './attestProvider.js';
import type { OpenedTls } from './tls.js';

/** The key is the same after a restart, and after an upgrade where keys come from a KMS. */
const keyPath = 'sealed-prover/tls/1';
const patienceMs = 10_000;

export interface OwnTlsParameters {
  readonly config: Pick<Config, 'publicUrl' | 'listen' | 'tlsClientCa' | 'plaintext'>;
  readonly provider: QuoteProvider | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Throws an AttestStartError when there is no key, and a WatchedFileError for a client CA that cannot be used. */
export async function openOwnTls(
  how: 'derived' | 'ephemeral',
  { config, provider, clock, random, log }: OwnTlsParameters,
): Promise<OpenedTls> {
  const privateKey = how === 'ephemeral' ? p256KeyOf(random.bytes(32)) : await derivedKey(provider, clock);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const names = namesOf(config);
  let cert = selfSigned({ key: privateKey, names, now: clock.now() });
  let clientCa: string | undefined;
  let acceptor: Tls | undefined;
  const take = (ca: string | undefined) => {
    const next = { cert, key, clientCa: ca };
    if (acceptor === undefined) acceptor = createTls(next, defaultFrontLimits.silenceMs);
    else acceptor.renew(next);
    clientCa = ca;
  };
  let watched: WatchedFile | undefined;
  if (config.tlsClientCa === undefined) take(undefined);
  else watched = watchFile({ path: config.tlsClientCa, what: 'The client CA', take: takingPem(take), clock, log });
  let cancel = () => {};
  const renewLater = () => {
    cancel = clock.wakeIn(selfSignedForMs / 2, () => {
      cert = selfSigned({ key: privateKey, names, now: clock.now() });
      take(clientCa);
      renewLater();
    });
  };
  renewLater();
  return {
    acceptor: acceptor as unknown as Tls,
    plaintext: config.plaintext ?? 'loopback',
    certificate: () => cert,
    close() {
      cancel();
      watched?.close();
    },
  };
}

/** TLS passes over what it cannot read, and then knows no authority; and OpenSSL's own texts are not for people. */
const takingPem = (take: (text: string) => void) => (text: string) => {
  try {
    void new X509Certificate(text);
    take(text);
  } catch {
    throw new Error('it must be a PEM file with certificates');
  }
};

async function derivedKey(provider: QuoteProvider | undefined, clock: Pick<Clock, 'wakeIn'>): Promise<KeyObject> {
  if (provider?.key === undefined)
    throw new AttestStartError('--tls derived needs a dstack agent, and none is there. Choose --tls ephemeral.');
  const late = new AbortController();
  const problem = new ProviderError(`the dstack agent did not answer within ${patienceMs / 1000} s`);
  const cancel = clock.wakeIn(patienceMs, () => late.abort(problem));
  try {
    return p256KeyOf(await provider.key(keyPath, 'tls', late.signal));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new AttestStartError(
      `The key for --tls derived cannot be had: ${error.problem}. Try again, or choose --tls ephemeral.`,
    );
  } finally {
    cancel();
  }
}

const everyAddress = new Set(['0.0.0.0', '::']);

/** By what clients come, as far as the configuration knows it. */
function namesOf({ publicUrl, listen }: OwnTlsParameters['config']): readonly string[] {
  const named = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')];
  const bound = everyAddress.has(listen.host) ? [] : [listen.host];
  return [...new Set([...named, ...bound, 'localhost', '127.0.0.1', '::1'])];
}
