// A list that is asked for page by page: the first one until somebody wants more. All that are shown are asked for again, as what they show changes.
import { useSignal } from '@preact/signals';
import type { Look } from './look.js';
import { useLook } from './look.js';

interface Page<T> {
  readonly rows: readonly T[];
  /** Of the page behind it. Empty: there is none. */
  readonly next: string;
}

interface Pages<T> {
  readonly found: Page<T> | undefined;
  readonly problem: Look<T>['problem'];
  /** Asks for one page more. */
  more(): void;
}

/** A page may be empty and not the last one: so many are read for one that is shown. */
const mostEmpty = 20;

export function usePages<T>(
  ask: (token: string, signal: AbortSignal) => Promise<Page<T>>,
  { key = '', restMs = 5_000 }: { readonly key?: string; readonly restMs?: number } = {},
): Pages<T> {
  const wanted = useSignal(1);
  const turn = useSignal(0);
  const { found, problem } = useLook(
    async (signal) => {
      const rows: T[] = [];
      let next = '';
      let pages = 0;
      for (let read = 0; pages < wanted.value && read < wanted.value + mostEmpty; read += 1) {
        const page = await ask(next, signal);
        rows.push(...page.rows);
        next = page.next;
        if (page.rows.length > 0) pages += 1;
        if (next === '') break;
      }
      return { rows, next };
    },
    { key, restMs, turn },
  ).value;
  return {
    found,
    problem,
    more() {
      wanted.value += 1;
      turn.value += 1;
    },
  };
}
