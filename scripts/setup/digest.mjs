// One digest for a set of files and facts: equal digest, nothing to do.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All files below `path` (or `path` itself, when it is a file) in a fixed order, relative to `root`; none when it is missing. */
export function listFiles(root, path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .filter((name) => name !== 'target' && name !== 'node_modules')
    .flatMap((name) => listFiles(root, `${path}/${name}`));
}

/** SHA-256 over names and contents of `paths` (files and folders below `root`) and over `facts`, in hex. */
export function digestOf(root, paths, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`fact ${fact.length} ${fact}\n`);
  for (const file of paths.flatMap((path) => listFiles(root, path))) {
    const bytes = readFileSync(join(root, file));
    hash.update(`file ${file} ${bytes.byteLength}\n`).update(bytes);
  }
  return hash.digest('hex');
}
