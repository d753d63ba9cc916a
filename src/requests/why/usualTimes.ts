// How long a stage usually takes for a program, learned from those that have ended since the start of the service.
import type { Clock, SteadyMs } from '../../clock.js';
import type { RequestId, VkHash } from '../../ids.js';
import { isTerminal, type RequestView } from '../../machines/request/view.js';

export interface Usual {
  /** The median (ms). */
  readonly ms: number;
  readonly samples: number;
}

/** So many of the last ones are looked at. */
const kept = 9;
/** Programs, by mode and stage. The one that was learned of longest ago goes first. */
const mostRemembered = 1_024;

export class UsualTimes {
  readonly #times = new Map<string, { readonly last: readonly number[]; readonly usual: Usual }>();
  readonly #begun = new Map<RequestId, { readonly at: SteadyMs; readonly state: string; readonly key: string }>();

  constructor(private readonly clock: Pick<Clock, 'steady'>) {}

  /** With the view of every transition, when it is durable. */
  note(view: RequestView): void {
    const { requestId } = view.request;
    const before = this.#begun.get(requestId);
    this.#begun.delete(requestId);
    // A try that failed says nothing of how long a good one takes.
    const hasGoneOn =
      view.state === 'fulfilled' ||
      (!isTerminal(view) && order.indexOf(view.state) > order.indexOf(before?.state ?? ''));
    if (before !== undefined && hasGoneOn) this.#learn(before.key, this.clock.steady() - before.at);
    if ('phase' in view && view.phase === 'running')
      this.#begun.set(requestId, { at: this.clock.steady(), state: view.state, key: keyOf(view, view.state) });
  }

  /** Of the stage in which the request is. Undefined: none of its program has ended here. */
  of(view: RequestView, state: string = view.state): Usual | undefined {
    return this.#times.get(keyOf(view, state))?.usual;
  }

  /** Of all programs the longest that is usual in a state (ms). Undefined: nothing is known of it. */
  longestMs(state: RequestView['state']): number | undefined {
    let longest: number | undefined;
    for (const [key, { usual }] of this.#times)
      if (key.startsWith(`${state} `)) longest = Math.max(longest ?? 0, usual.ms);
    return longest;
  }

  /** Of all stages and modes of a program that are known. */
  *ofProgram(vkHash: VkHash): Generator<Usual & { readonly stage: string; readonly mode: string }> {
    for (const [key, { usual }] of this.#times) {
      const [state = '', mode = '', program] = key.split(' ');
      if (program === vkHash) yield { stage: stages[state] ?? state, mode, ...usual };
    }
  }

  #learn(key: string, ms: number): void {
    const last = [...(this.#times.get(key)?.last ?? []), ms].slice(-kept);
    this.#times.delete(key);
    this.#times.set(key, { last, usual: medianOf(last) });
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= mostRemembered) return;
      this.#times.delete(oldest);
    }
  }
}

function medianOf(times: readonly number[]): Usual {
  const sorted = [...times].sort((a, b) => a - b);
  return { ms: sorted[Math.floor(sorted.length / 2)] ?? 0, samples: sorted.length };
}

/** What is done in a state. */
const stages: Readonly<Record<string, string>> = {
  executing: 'execute',
  proving: 'prove',
  verifying: 'verify',
  signing: 'sign',
};

/** In which a request goes on when all is well. */
const order: readonly string[] = ['executing', 'proving', 'verifying', 'signing'];

const keyOf = ({ request }: RequestView, state: string): string => `${state} ${request.mode} ${request.vkHash}`;
