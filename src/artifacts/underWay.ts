// Which artifacts are being uploaded or deleted at this moment, by id and by shared file.
import type { ArtifactId } from '../ids.js';

export class UnderWay {
  /** How many uploads of each: a file that has no record yet must not pass for an orphan. */
  readonly #uploading = new Map<ArtifactId, number>();
  /** An upload of the same waits, or its file would be deleted under its record. */
  readonly #deleting = new Map<ArtifactId, Promise<void>>();

  has(id: ArtifactId): boolean {
    return this.#uploading.has(id) || this.#deleting.has(id);
  }

  uploadsOf(id: ArtifactId): number {
    return this.#uploading.get(id) ?? 0;
  }

  /** Counts an upload, which `endUpload` ends. Waits while the same is being deleted. */
  async beginUpload(id: ArtifactId): Promise<void> {
    while (this.#deleting.has(id)) await this.#deleting.get(id);
    this.#uploading.set(id, this.uploadsOf(id) + 1);
  }

  endUpload(id: ArtifactId): void {
    const left = this.uploadsOf(id) - 1;
    if (left > 0) this.#uploading.set(id, left);
    else this.#uploading.delete(id);
  }

  /** They count as being deleted until the work has ended. */
  async whileDeleting<T>(ids: readonly ArtifactId[], work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    for (const id of ids) this.#deleting.set(id, settled);
    try {
      return await work;
    } finally {
      for (const id of ids) this.#deleting.delete(id);
    }
  }
}
