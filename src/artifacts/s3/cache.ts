// Local copies of what lies in the bucket, for lanes and downloads: bounded in bytes, the longest unused goes first. A copy that
// somebody holds stays, so the bound may be passed by what is in use at one time.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactId } from '../../ids.js';
import { type ArtifactPaths, idOfFile } from '../paths.js';
import { type ArtifactKind, artifactKinds } from '../port.js';
import { publish } from '../publish.js';

export interface HeldCopy {
  readonly path: string;
  /** To be called once. */
  release(): void;
}

export interface Cache {
  /** Keeps the copy where it is until it is released. Undefined when there is none. */
  hold(id: ArtifactId, kind: ArtifactKind): HeldCopy | undefined;
  /** Takes over a finished, flushed file; replaces an older copy. */
  add(id: ArtifactId, kind: ArtifactKind, path: string, sizeBytes: number): Promise<void>;
  /** Lets copies go until so many more bytes fit. */
  makeRoom(sizeBytes: number): void;
  /** Also of a copy that is held: whoever has it open reads on. Idempotent. */
  remove(id: ArtifactId, kind: ArtifactKind): void;
  ids(kind: ArtifactKind): Iterable<ArtifactId>;
}

interface Copy {
  readonly id: ArtifactId;
  readonly kind: ArtifactKind;
  sizeBytes: number;
  holders: number;
}

/** Finds the copies that an earlier life has left in the folders of `paths`. */
export function openCache(paths: ArtifactPaths, limitBytes: number): Cache {
  /** In order of use, the longest unused first. */
  const copies = new Map<string, Copy>();
  let totalBytes = 0;
  const keyOf = (id: ArtifactId, kind: ArtifactKind) => `${kind}/${id}`;

  /** As the one that was used last. */
  function enter(copy: Copy, sizeBytes = copy.sizeBytes): void {
    forget(copy.id, copy.kind);
    copy.sizeBytes = sizeBytes;
    copies.set(keyOf(copy.id, copy.kind), copy);
    totalBytes += sizeBytes;
  }

  function forget(id: ArtifactId, kind: ArtifactKind): void {
    totalBytes -= copies.get(keyOf(id, kind))?.sizeBytes ?? 0;
    copies.delete(keyOf(id, kind));
  }

  function makeRoom(sizeBytes: number): void {
    for (const { id, kind, holders } of copies.values()) {
      if (totalBytes + sizeBytes <= limitBytes) return;
      if (holders === 0) remove(id, kind);
    }
  }

  function remove(id: ArtifactId, kind: ArtifactKind): void {
    forget(id, kind);
    // In the same turn: nobody may find the path in use again before the file under it is gone.
    rmSync(paths.final(id, kind), { force: true });
  }

  for (const found of existing(paths)) enter(found);
  makeRoom(0);

  return {
    hold(id, kind) {
      const copy = copies.get(keyOf(id, kind));
      if (copy === undefined) return undefined;
      enter(copy);
      copy.holders += 1;
      return {
        path: paths.final(id, kind),
        release: () => {
          copy.holders -= 1;
          makeRoom(0);
        },
      };
    },

    async add(id, kind, path, sizeBytes) {
      makeRoom(sizeBytes);
      await publish(path, paths.final(id, kind));
      enter(copies.get(keyOf(id, kind)) ?? { id, kind, sizeBytes, holders: 0 }, sizeBytes);
    },

    makeRoom,
    remove,
    ids: (kind) => [...copies.values()].filter((copy) => copy.kind === kind).map(({ id }) => id),
  };
}

/** Oldest first. */
function existing(paths: ArtifactPaths): Copy[] {
  const found: Array<Copy & { changedAt: number }> = [];
  for (const kind of artifactKinds) {
    for (const name of readdirSync(paths.kindFolder(kind), { recursive: true, encoding: 'utf8' })) {
      const id = idOfFile(name.slice(-64));
      if (id === undefined) continue;
      const { size, mtimeMs } = statSync(join(paths.kindFolder(kind), name));
      found.push({ id, kind, sizeBytes: size, holders: 0, changedAt: mtimeMs });
    }
  }
  return found.sort((a, b) => a.changedAt - b.changedAt);
}
