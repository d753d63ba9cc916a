// What lies in the data folder and is not ours: left where it is, and told once. Somebody has put it there by mistake, or counts on it.
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.js';
import { idOfFile, idOfUpload } from '../storedBytes/layout.js';
import { artifactKinds } from '../storedBytes/storedFile.js';

/** `demo`: the demo's data, in the default folder; `service.log`, `demo-proofs`: what it leaves in its own. */
const known: Readonly<Record<string, readonly string[]>> = {
  '': [
    'store',
    'admin.sock',
    'artifacts',
    'run',
    'dev-root.der',
    ...['', '.new', '.old'].map((which) => `evidences${which}`),
    ...['demo', 'service.log', 'demo-proofs', 'lost+found'],
  ],
  store: ['data.mdb', 'lock.mdb'],
  artifacts: ['scratch', ...artifactKinds],
};

/** So many are named. */
const mostNamed = 20;

/** `folder`: the data folder. What cannot be listed is passed over. */
export function tellStrays(folder: string, log: Pick<Log, 'warn'>): void {
  const strays: string[] = [];
  const look = (within: string, isOurs: (entry: Dirent) => boolean) => {
    for (const entry of listed(join(folder, within))) if (!isOurs(entry)) strays.push(join(within, entry.name));
  };
  for (const [within, names] of Object.entries(known)) look(within, ({ name }) => names.includes(name));
  look(
    'artifacts/scratch',
    (entry) => entry.isFile() && (idOfFile(entry.name) ?? idOfUpload(entry.name)) !== undefined,
  );
  for (const kind of artifactKinds) {
    const shelves = join('artifacts', kind);
    look(shelves, (entry) => isShelf(entry));
    for (const shelf of listed(join(folder, shelves)).filter(isShelf))
      look(join(shelves, shelf.name), (entry) => entry.isFile() && idOfFile(entry.name)?.slice(-2) === shelf.name);
  }
  if (strays.length === 0) return;
  log.warn(
    { event: 'data.strays', folder, count: strays.length, strays: strays.slice(0, mostNamed) },
    'the data folder holds what is not ours: it is left alone',
  );
}

const isShelf = (entry: Dirent) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name);

function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
