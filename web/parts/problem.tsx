// Why there is nothing, or nothing newer.
import type { CallError } from '../wire.js';

export function Problem({ problem }: { readonly problem: CallError | undefined }) {
  if (problem === undefined) return null;
  if (problem.code === 'UNAUTHENTICATED')
    return (
      <p class="problem" role="alert">
        This tab has no key to the service. Run <code>sealed-prover admin page</code> and open the address that it
        prints.
      </p>
    );
  return (
    <p class="problem" role="alert">
      <b>{problem.code}</b> {problem.message}
    </p>
  );
}
