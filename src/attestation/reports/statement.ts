// What the service says of itself under the quote's protection: one JSON object, made once at the start; its exact bytes are hashed.
import { readFileSync } from 'node:fs';
import type { ProviderName } from '../providers/quoteProvider.js';

export interface StatementFacts {
  readonly version: string;
  /** 16 random bytes in hex, new at each start. */
  readonly instance: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** How often the data folder was started with attestation. */
  readonly generation: number;
  readonly sealing: 'dstack' | 'file' | 'off';
  readonly provider: ProviderName;
  /** The machine swaps to something that is neither zram nor encrypted. */
  readonly swap: boolean;
  /** From where the port is served without TLS. */
  readonly plaintext: 'never' | 'loopback' | 'always';
  readonly lanes: { readonly cpu: number; readonly gpu: number };
}

export function statementBytes({ startedAt, ...facts }: StatementFacts): Uint8Array {
  const time = new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const { version, instance, ...rest } = facts;
  return new Uint8Array(
    Buffer.from(JSON.stringify({ service: 'sealed-prover', version, instance, startedAt: time, ...rest })),
  );
}

/** What cannot be read counts as a swap in the clear. `root` is another one for tests. */
export function swapsInTheClear(root = ''): boolean {
  try {
    const [, ...lines] = readFileSync(`${root}/proc/swaps`, 'utf8').trim().split('\n');
    return lines.map((line) => line.split(/\s/, 1)[0] ?? '').some((device) => !isSafe(device, root));
  } catch {
    return true;
  }
}

/** Device mapper's names of encrypted devices begin so. */
function isSafe(device: string, root: string): boolean {
  if (/^\/dev\/zram\d+$/.test(device)) return true;
  const mapped = /^\/dev\/(dm-\d+)$/.exec(device)?.[1];
  return mapped !== undefined && readFileSync(`${root}/sys/block/${mapped}/dm/uuid`, 'utf8').startsWith('CRYPT-');
}
