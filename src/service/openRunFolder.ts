// The folder of engines' sockets for this life of the service; those of a life that was killed are removed.
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LaneSpec } from '../lanes/createDispatcher.js';
import { socketFits } from '../lanes/engineProcessLaunch.js';
import {
  createRunFolder,
  isRunFolderName,
  type RunFolder,
  removeRunFolder,
  temporaryPlaces,
} from '../lanes/runFolder.js';
import type { Store } from '../store/environment.js';

/** In the data folder, where no cleaner comes by, or else where it can be. Rejects with a RunFolderError. */
export async function openRunFolder(data: string, lanes: readonly LaneSpec[], store: Store): Promise<RunFolder> {
  const own = join(data, 'run');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const before = [store.get('meta', 'runFolder') ?? []].flat().map(String);
  // They belonged to the owner of the data folder, which is us now.
  for (const folder of [...before, ...readdirSync(own).map((name) => join(own, name))])
    if (isRunFolderName(basename(folder))) removeRunFolder(folder);
  const runFolder = createRunFolder({
    places: [own, ...temporaryPlaces()],
    fits: (folder) => lanes.every(({ engine, id }) => socketFits(engine, folder, id)),
    onChosen: (folders) => store.write((tx) => tx.put('meta', ['runFolder'], folders)),
  });
  await runFolder.ready();
  return runFolder;
}
