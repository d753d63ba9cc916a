// When the service decided how each request ends, read from its log: the flush, and with it what clients can see, is still to come.
import { readFileSync } from 'node:fs';

/** Epoch ms by request id, of those that were fulfilled or have failed. */
export function decisions(logPath: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of readFileSync(logPath, 'utf8').split('\n')) {
    if (!/"to":"(fulfilled|failed)"/.test(line)) continue;
    const { requestId, at } = JSON.parse(line) as { requestId: string; at: string };
    found.set(requestId, Date.parse(at));
  }
  return found;
}
