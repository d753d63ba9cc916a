// Wakes at a moment of the registrar's time, which a block may move ahead at once.
import type { Clock } from '../../clock.js';
import type { Registrar } from '../registrar/registrar.js';

/** `at`: Unix seconds. Calls `wake` once, never synchronously. Returns a function that cancels it. */
export function wakeWhen(
  {
    registrar,
    clock,
  }: { readonly registrar: Pick<Registrar, 'now' | 'onTime'>; readonly clock: Pick<Clock, 'wakeIn'> },
  at: number,
  wake: () => void,
): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel();
    const leftMs = Math.max(0, (at - registrar.now()) * 1000);
    cancel = clock.wakeIn(leftMs, () => {
      if (registrar.now() < at) return arm();
      unsubscribe();
      wake();
    });
  };
  const unsubscribe = registrar.onTime(arm);
  arm();
  return () => {
    unsubscribe();
    cancel();
  };
}
