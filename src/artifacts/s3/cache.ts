// Local copies of what lies in the bucket, for lanes and downloads: bounded in bytes, the longest unused goes first. A copy
// that is held stays, so copies in use at one time may exceed the bound.
import type { ArtifactId } from '../../ids.js';
import type { Layout } from '../../storedBytes/layout.js';
import { publish } from '../../storedBytes/publish.js';
import { removeStoredNow } from '../../storedBytes/removeStored.js';
import { type ArtifactFile, type ArtifactKind, artifactKinds } from '../../storedBytes/storedFile.js';

export interface HeldCopy {
  readonly file: ArtifactFile;
  /** To be called once. */
  release(): void;
}

export interface Cache {
  /** Keeps the copy where it is until it is released. Undefined when there is none. */
  hold(id: ArtifactId, kind: ArtifactKind): HeldCopy | undefined;
  /** Takes over a finished, flushed file as the copy of `id`; replaces an older one. */
  add(id: ArtifactId, file: ArtifactFile, sizeBytes: number): Promise<void>;
  /** Lets copies go until so many more bytes fit. */
  makeRoom(sizeBytes: number): void;
  /** Removes a held copy too: open readers can read on. Idempotent. */
  remove(id: ArtifactId, kind: ArtifactKind): void;
  ids(kind: ArtifactKind): Iterable<ArtifactId>;
}

interface Copy {
  readonly id: ArtifactId;
  readonly kind: ArtifactKind;
  sizeBytes: number;
  holders: number;
}

/** Finds the copies that an earlier life has left. */
export function openCache(layout: Layout, limitBytes: number): Cache {
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
    // In the same turn: the path must not be in use again before the file under it is gone.
    removeStoredNow(layout.final(id, kind));
  }

  for (const found of existing(layout)) enter(found);
  makeRoom(0);

  return {
    hold(id, kind) {
      const copy = copies.get(keyOf(id, kind));
      if (copy === undefined) return undefined;
      enter(copy);
      copy.holders += 1;
      return {
        file: layout.final(id, kind),
        release: () => {
          copy.holders -= 1;
          makeRoom(0);
        },
      };
    },

    async add(id, file, sizeBytes) {
      const { kind } = file;
      makeRoom(sizeBytes);
      await publish(file, layout.final(id, kind));
      enter(copies.get(keyOf(id, kind)) ?? { id, kind, sizeBytes, holders: 0 }, sizeBytes);
    },

    makeRoom,
    remove,
    ids: (kind) => [...copies.values()].filter((copy) => copy.kind === kind).map(({ id }) => id),
  };
}

/** Oldest first. */
const existing = (layout: Layout): Copy[] =>
  artifactKinds
    .flatMap((kind) => layout.find(kind))
    .sort((a, b) => a.changedAt - b.changedAt)
    .map(({ file: { id, kind }, sizeBytes }) => ({ id, kind, sizeBytes, holders: 0 }));
