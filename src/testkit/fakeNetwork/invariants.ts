// What must hold of all that has come to the fake network, whoever called it.
import type { Ledger } from './ledger.js';
import type { FakeRecord } from './record.js';

/** What any client of gRPC sends. Others are somebody's who should not have been passed on. */
const ownHeaders = new Set([
  ':method',
  ':path',
  ':scheme',
  ':authority',
  'content-type',
  'te',
  'user-agent',
  'grpc-accept-encoding',
  'accept-encoding',
  'grpc-timeout',
]);

/** One sentence for each that does not hold. */
export function brokenRules(
  { ledger, record }: { ledger: Ledger; record: FakeRecord },
  markers: readonly Uint8Array[],
): string[] {
  const broken: string[] = [];
  for (const { requestId, accepted } of ledger.requests.values())
    if (accepted > 1) broken.push(`request ${requestId} has ${accepted} accepted proofs`);
  const used = new Set<string>();
  for (const { sender, nonce } of ledger.transactions.values()) {
    const key = `${sender}:${nonce}`;
    if (used.has(key)) broken.push(`nonce ${nonce} of ${sender} was accepted twice`);
    used.add(key);
  }
  for (const { method, headers } of record.calls)
    for (const name of Object.keys(headers)) if (!ownHeaders.has(name)) broken.push(`${method} came with ${name}`);
  for (const marker of markers)
    for (const where of record.canary(marker)) broken.push(`bytes of a private input came here, in ${where}`);
  return broken;
}
