// Where files of artifacts lie under a root: <kind>/<last two hex digits>/<id>, unfinished ones in scratch.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactId, parseArtifactId } from '../ids.js';
import { type ArtifactKind, artifactKinds } from './port.js';

/** Only the service's own user may look at inputs. */
export const folderMode = 0o700;

export interface ArtifactPaths {
  readonly scratchFolder: string;
  kindFolder(kind: ArtifactKind): string;
  /** One of 256, so that no folder grows beyond what file systems list quickly. By the end of the id: its beginning is the time. */
  shelf(id: ArtifactId, kind: ArtifactKind): string;
  final(id: ArtifactId, kind: ArtifactKind): string;
  /** An output that a lane writes: the same path for the same id, so that another attempt overwrites it. */
  scratch(id: ArtifactId): string;
  /** An upload under way: a new path each time, so that two uploads of one id do not meet. */
  newUpload(id: ArtifactId): string;
}

/** Makes the fixed folders under `root` (0700) where they are missing. */
export function createArtifactPaths(root: string): ArtifactPaths {
  const kindFolder = (kind: ArtifactKind) => join(root, kind);
  const scratchFolder = join(root, 'scratch');
  for (const folder of [scratchFolder, ...artifactKinds.map(kindFolder)])
    mkdirSync(folder, { recursive: true, mode: folderMode });
  const shelf = (id: ArtifactId, kind: ArtifactKind) => join(kindFolder(kind), id.slice(-2));
  return {
    scratchFolder,
    kindFolder,
    shelf,
    final: (id, kind) => join(shelf(id, kind), id),
    scratch: (id) => join(scratchFolder, id),
    newUpload: (id) => join(scratchFolder, `${id}.${randomUUID()}.upload`),
  };
}

/** The id a file name stands for; undefined for names that are not ours. Uploads under way have no id yet. */
export const idOfFile = (name: string): ArtifactId | undefined =>
  name.length === 64 ? parseArtifactId(name) : undefined;
