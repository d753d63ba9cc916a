// Where files of artifacts lie under a root: <kind>/<last two hex digits>/<id>, unfinished ones in scratch. What else lies there is
// not ours: it is neither listed nor swept.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { opendir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactId, parseArtifactId } from '../ids.js';
import { systemRandom, uuidOf } from '../random.js';
import { type ArtifactFile, type ArtifactKind, artifactKinds } from './storedFile.js';

/** Only the service's own user may look at inputs. */
export const folderMode = 0o700;

/** A file as an earlier life has left it. */
export interface FoundFile {
  readonly file: ArtifactFile;
  readonly sizeBytes: number;
  /** Epoch ms. */
  readonly changedAt: number;
}

export interface Layout {
  readonly scratchFolder: string;
  /** Where an artifact lies for good. */
  final(id: ArtifactId, kind: ArtifactKind): ArtifactFile;
  /** An output that a lane writes: the same file for the same id, so that another attempt overwrites it. */
  output(id: ArtifactId, kind: ArtifactKind): ArtifactFile;
  /** An upload under way: a new file each time, so that two uploads of one id do not meet. */
  newUpload(id: ArtifactId, kind: ArtifactKind): ArtifactFile;
  /** The artifacts of a kind that are there. */
  list(kind: ArtifactKind): AsyncIterable<ArtifactId>;
  /** All at once, with their sizes: of the few that a bounded cache holds. */
  find(kind: ArtifactKind): FoundFile[];
  /** Removes unfinished files: all uploads, and the outputs that are not kept. */
  sweepScratch(keep: (id: ArtifactId) => boolean): Promise<void>;
  /** How many unfinished files there are, and of how many bytes together. */
  scratch(): Promise<{ readonly files: number; readonly bytes: number }>;
}

/** Makes the fixed folders under `root` (0700) where they are missing. */
export function createLayout(root: string, random = systemRandom): Layout {
  const kindFolder = (kind: ArtifactKind) => join(root, kind);
  const scratchFolder = join(root, 'scratch');
  for (const folder of [scratchFolder, ...artifactKinds.map(kindFolder)])
    mkdirSync(folder, { recursive: true, mode: folderMode });
  // One of 256, so that no folder grows beyond what file systems list quickly. By the end of the id: its beginning is the time.
  const shelf = (id: ArtifactId, kind: ArtifactKind) => join(kindFolder(kind), id.slice(-2));
  const final = (id: ArtifactId, kind: ArtifactKind) => ({ id, kind, path: join(shelf(id, kind), id) });

  return {
    scratchFolder,
    final,
    output: (id, kind) => ({ id, kind, path: join(scratchFolder, id) }),
    newUpload: (id, kind) => ({ id, kind, path: join(scratchFolder, `${id}.${uuidOf(random)}.upload`) }),

    async *list(kind) {
      for await (const entry of await opendir(kindFolder(kind))) {
        if (!entry.isDirectory()) continue;
        for (const file of await readdir(join(kindFolder(kind), entry.name), { withFileTypes: true })) {
          const id = idOfFile(file.name);
          if (id !== undefined && file.isFile()) yield id;
        }
      }
    },

    find: (kind) =>
      readdirSync(kindFolder(kind), { recursive: true, encoding: 'utf8' }).flatMap((name) => {
        const id = idOfFile(name.slice(-64));
        if (id === undefined || join(kindFolder(kind), name) !== final(id, kind).path) return [];
        const file = final(id, kind);
        const stats = statSync(file.path, { throwIfNoEntry: false });
        return stats?.isFile() ? [{ file, sizeBytes: stats.size, changedAt: stats.mtimeMs }] : [];
      }),

    async sweepScratch(keep) {
      for (const file of await readdir(scratchFolder, { withFileTypes: true })) {
        const id = idOfFile(file.name);
        const isOurs = file.isFile() && (id ?? idOfUpload(file.name)) !== undefined;
        if (isOurs && !(id !== undefined && keep(id))) await rm(join(scratchFolder, file.name), { force: true });
      }
    },

    async scratch() {
      let [files, bytes] = [0, 0];
      for (const name of await readdir(scratchFolder)) {
        const stats = statSync(join(scratchFolder, name), { throwIfNoEntry: false });
        if (!stats?.isFile()) continue;
        files += 1;
        bytes += stats.size;
      }
      return { files, bytes };
    },
  };
}

/** The id a file name stands for. Undefined for names that are not ours. */
export const idOfFile = (name: string): ArtifactId | undefined =>
  name.length === 64 ? parseArtifactId(name) : undefined;

/** The id of an upload under way, by the name that `newUpload` gave its file. */
export const idOfUpload = (name: string): ArtifactId | undefined =>
  /^[0-9a-f]{64}\.[0-9a-f-]+\.upload$/.test(name) ? parseArtifactId(name.slice(0, 64)) : undefined;
