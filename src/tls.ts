// From the configuration to TLS: certificate, key and client CA as files, read and watched, so that a renewal takes effect by itself.
import { readFileSync } from 'node:fs';
import type { Clock } from './clock.js';
import type { Config } from './config/load.js';
import { type WatchedFile, watchFile } from './config/watchedFile.js';
import type { Log } from './log.js';
import { defaultFrontLimits, type Plaintext } from './rpc/front/front.js';
import { createTls, type Tls, type TlsCredentials } from './rpc/front/tls.js';

export interface OpenedTls {
  readonly acceptor: Tls;
  readonly plaintext: Plaintext;
  close(): void;
}

/** Undefined when no certificate is configured. Throws a WatchedFileError for files that cannot be used. */
export function openTls(config: Config, { clock, log }: { clock: Clock; log: Log }): OpenedTls | undefined {
  const { tlsCert, tlsKey, tlsClientCa } = config;
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const read = (): TlsCredentials => ({
    cert: readFileSync(tlsCert, 'utf8'),
    key: readFileSync(tlsKey, 'utf8'),
    clientCa: tlsClientCa === undefined ? undefined : readFileSync(tlsClientCa, 'utf8'),
  });
  let acceptor: Tls | undefined;
  const take = () => {
    try {
      if (acceptor === undefined) acceptor = createTls(read(), defaultFrontLimits.silenceMs);
      else acceptor.renew(read());
    } catch (error) {
      throw new Error(problemOf(error));
    }
  };
  const watched: WatchedFile[] = [];
  const close = () => {
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
  return { acceptor: acceptor as unknown as Tls, plaintext: config.plaintext ?? 'loopback', close };
}

/** OpenSSL's own texts name neither the file nor what to do; nothing of a key is in them, but they are not for people. */
function problemOf(error: unknown): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  if (code.includes('KEY_VALUES_MISMATCH')) return 'certificate and key do not belong together';
  if (code === 'ENOENT' || code === 'EACCES') return message;
  return `certificate, key and client CA must be PEM files (${code || 'unreadable'})`;
}
