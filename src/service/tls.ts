// From the configuration to TLS: certificate, key and client CA as files, read and watched, so that a renewal takes effect by itself.
import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import { type WatchedFile, watchFile } from '../config/watchedFile.js';
import type { Log } from '../log.js';
import { defaultFrontLimits, type FrontTls } from '../transport/front/front.js';
import { createTls, type Tls, type TlsCredentials } from '../transport/front/tls.js';
import { watchDates } from './certificateDates.js';

/** `acceptor` tells which key it shows, and calls back when a renewal has changed its certificate. */
export interface OpenedTls extends FrontTls {
  /** The one in force, with its chain (PEM). */
  certificate(): string;
  close(): void;
}

/** Undefined when no certificate is configured. Throws a WatchedFileError for files that cannot be used. */
export function openTls(
  config: Pick<Config, 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'plaintext'>,
  { clock, log }: { clock: Clock; log: Log },
): OpenedTls | undefined {
  const { tlsCert, tlsKey, tlsClientCa } = config;
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const read = (): TlsCredentials => ({
    cert: readFileSync(tlsCert, 'utf8'),
    key: readFileSync(tlsKey, 'utf8'),
    clientCa: tlsClientCa === undefined ? undefined : readFileSync(tlsClientCa, 'utf8'),
  });
  let acceptor: Tls | undefined;
  let inForce: TlsCredentials | undefined;
  const dates = watchDates(() => (inForce === undefined ? [] : [{ pem: inForce.cert, path: tlsCert }]), { clock, log });
  const take = () => {
    const before = inForce;
    try {
      const given = read();
      if (isEncrypted(given.key)) throw new Error(encryptedProblem(tlsKey));
      // Who hears of the renewal asks for the certificate at once.
      inForce = given;
      if (acceptor === undefined) acceptor = createTls(given, defaultFrontLimits.silenceMs);
      else acceptor.renew(given);
      if (before !== undefined && before.cert !== given.cert) dates.look();
    } catch (error) {
      inForce = before;
      throw new Error(problemOf(error));
    }
  };
  const watched: WatchedFile[] = [];
  const close = () => {
    dates.close();
    for (const file of watched) file.close();
  };
  try {
    // Every change reads all of them: of two that are replaced, the first alone does not fit, and the second brings both.
    for (const [path, what] of [
      [tlsCert, 'The TLS certificate'],
      [tlsKey, 'The TLS key'],
      [tlsClientCa, 'The client CA'],
    ] as const) {
      if (path !== undefined) watched.push(watchFile({ path, what, take, clock, log }));
    }
  } catch (error) {
    close();
    throw error;
  }
  dates.look();
  return {
    acceptor: acceptor as unknown as Tls,
    plaintext: config.plaintext ?? 'loopback',
    certificate: () => (inForce as unknown as TlsCredentials).cert,
    close,
  };
}

const encryptedWords = 'the key is encrypted';
const isEncrypted = (key: string) => /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(key);
const encryptedProblem = (path: string) =>
  `${encryptedWords}, and nobody is there to type its passphrase: write one without, with openssl pkey -in ${path} -out FILE`;

/** OpenSSL's own texts name neither the file nor what to do; nothing of a key is in them, but they are not for people. */
function problemOf(error: unknown): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  if (code.includes('KEY_VALUES_MISMATCH')) return 'certificate and key do not belong together';
  if (code === 'ENOENT' || code === 'EACCES' || message.startsWith(encryptedWords)) return message;
  return `certificate, key and client CA must be PEM files (${code || 'unreadable'})`;
}
