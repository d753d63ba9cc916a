// Removes files of stored bytes. What is not there is removed already.
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ArtifactFile } from './storedFile.js';

export const removeStored = (file: ArtifactFile): Promise<void> => rm(file.path, { force: true });

/** In the same turn, for callers that must not use the name again before the file under it is gone. */
export const removeStoredNow = (file: ArtifactFile): void => rmSync(file.path, { force: true });
