// The ACME account that holds the certificate, as evidence shows it.
import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../log.js';

/** An account's file has under 1 KiB; what is larger was named by mistake. */
const mostAccountBytes = 65_536;

/** The evidence goes without an account that cannot be read: a verifier then says that it has seen none. */
export function readAcmeAccount(path: string | undefined, log: Pick<Log, 'error'>): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    if (statSync(path).size > mostAccountBytes) throw new Error(`it has more than ${mostAccountBytes} bytes`);
    const bytes = readFileSync(path);
    const { uri } = JSON.parse(bytes.toString()) as { uri?: unknown };
    if (typeof uri === 'string') return bytes;
    throw new Error('it has no uri');
  } catch (error) {
    const problem = (error as Error).message;
    log.error({ event: 'evidence.account', path, problem }, 'the ACME account cannot be read and is left out');
    return undefined;
  }
}
