// A catalog over a real store and files in memory, new for each test of a suite.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { type Catalog, createCatalog } from '../../artifacts/catalog.js';
import { openStore, type Store } from '../../store/environment.js';
import { SimulatedClock } from '../world/simulatedClock.js';
import { FilesInMemory } from './filesInMemory.js';

export interface CatalogRig {
  store: Store;
  clock: SimulatedClock;
  files: FilesInMemory;
  catalog: Catalog;
}

/** To be called within `describe`; its parts are those of the test that runs. */
export function catalogRig(): CatalogRig {
  const rig = {} as CatalogRig;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealed-catalog-'));
    const store = await openStore(folder);
    const clock = new SimulatedClock();
    const files = new FilesInMemory();
    Object.assign(rig, { store, clock, files, catalog: createCatalog({ store, backend: files, clock }) });
  });
  afterEach(async () => {
    await rig.store.close();
    await rm(folder, { recursive: true });
  });
  return rig;
}
