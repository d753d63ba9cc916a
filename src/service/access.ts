// From the configuration to who may call: the lists that are given, read and watched.
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import { type WatchedFile, watchFile } from '../config/watchedFile.js';
import type { Log } from '../log.js';
import { type Admit, createAdmit } from '../rpc/access/access.js';
import { Allowlist, onlyAllowed } from '../rpc/access/allowlist.js';
import { Tokens } from '../rpc/access/tokens.js';
import type { Signatures } from '../rpc/signed/signatures.js';

export interface OpenedAccess {
  readonly admit: Admit;
  /** Signatures of those who may sign. */
  among(signatures: Signatures): Signatures;
  close(): void;
}

/** Throws a WatchedFileError for a list that cannot be used: a service that was to be closed must not start open. */
export function openAccess(config: Config, { clock, log }: { clock: Clock; log: Log }): OpenedAccess {
  const watched: WatchedFile[] = [];
  const close = () => {
    for (const file of watched) file.close();
  };
  const follow = <L extends { replace(text: string): void }>(path: string | undefined, what: string, list: L) => {
    if (path === undefined) return undefined;
    watched.push(watchFile({ path, what, take: (text) => list.replace(text), clock, log }));
    return list;
  };
  try {
    const allowlist = follow(config.allowlist, 'The allowlist', new Allowlist());
    const tokens = follow(config.tokenFile, 'The token file', new Tokens(clock));
    return {
      admit: createAdmit({ tokens, needsCertificate: config.clientCertificates === 'required' }),
      among: (signatures) => (allowlist === undefined ? signatures : onlyAllowed(signatures, allowlist)),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
