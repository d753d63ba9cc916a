// Where things are: the checkout, and the cache that all checkouts of this user share.
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this script belongs to. */
export const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** `$XDG_CACHE_HOME/sealed-prover`, else `~/.cache/sealed-prover`. `src/cli/locateEngine.ts` looks in the same place. */
export function cacheFolder(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sealed-prover');
}

/** What the cache keeps about one checkout. */
export function checkoutFolder(cache, root) {
  return join(cache, 'checkouts', createHash('sha256').update(root).digest('hex').slice(0, 16));
}

/** The file in which a checkout keeps which build of `name` is its own. `src/cli/locateEngine.ts` reads it. */
export const pointerPath = (cache, name, root) => join(checkoutFolder(cache, root), `${name}.json`);
