// Passes a client's message on as it is, and the network's answer or refusal back.
import { mayPass } from '../../network/upstream.js';
import { type Code, code, StatusError } from '../../transport/grpc/code.js';
import type { FrontDependencies } from './dependencies.js';

/** Old SDKs never repeat some calls, and a network that is away for seconds need not be noticed (ms). */
const budgetMs = 45_000;
const pauseMs = 1_000;
const known = new Set<number>(Object.values(code));

/** With what the network said. What it does not say itself (UNKNOWN, CANCELLED) is UNAVAILABLE, which clients wait out. */
export const upstreamRefusal = (number: number, details: string): StatusError =>
  new StatusError({ code: known.has(number) ? (number as Code) : code.unavailable, details });

/** Of a call that changes nothing: tried again while the network is away. Rejects with its refusal. */
export async function forwardRead(
  { network, clock }: Pick<FrontDependencies, 'network' | 'clock'>,
  path: string,
  raw: Uint8Array,
): Promise<Uint8Array> {
  const givesUpAt = clock.steady() + budgetMs;
  for (;;) {
    const answer = await network.upstream.forward(path, raw);
    if (answer.ok) return answer.bytes;
    if (!mayPass(answer.code) || clock.steady() >= givesUpAt) throw upstreamRefusal(answer.code, answer.text);
    await new Promise<void>((resolve) => clock.wakeIn(pauseMs, resolve));
  }
}
