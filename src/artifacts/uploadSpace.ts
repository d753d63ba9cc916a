// How much of the disk uploads may take: inputs until their request has ended, and programs until they are registered. Of all together,
// and of one owner, so that nobody fills it alone. It counts what the catalog knows; programs that are registered stay for good and
// have a limit of their own.
import { FailureError, fail } from '../errors.js';
import type { Address, ArtifactId } from '../ids.js';
import { Tally } from '../tally.js';
import type { ArtifactKind } from './port.js';

export interface SpaceLimits {
  readonly bytes: number;
  readonly bytesOfOwner: number;
}

export interface KeptUpload {
  readonly id: ArtifactId;
  readonly kind: ArtifactKind;
  readonly owner: Address;
  readonly sizeBytes: number;
}

interface Holding {
  readonly isProgram: boolean;
  readonly owner: Address;
  readonly bytes: number;
}

/** ext4 has an inode for every 16 KiB by default: so counted, empty files run out of bytes before the disk runs out of inodes. */
const leastBytes = 16 * 1024;

/** Exceeded by no more than the uploads under way are larger than they have announced: what a compressed one will be is not known. */
export class UploadSpace {
  /** Uploads under way have no id of their own: the same may be sent twice at once. */
  #holdings = new Map<ArtifactId | symbol, Holding>();
  #bytes = 0;
  #ofOwner = new Tally<Address>();

  constructor(private readonly limits: SpaceLimits) {}

  /**
   * Room for an upload that begins; to be given back by the function when it has ended. Fails with UPLOAD_SPACE_FULL, which passes: an
   * upload is tried again, and room comes back with every request that ends.
   */
  reserve(owner: Address, announcedBytes: number | undefined): () => void {
    const bytes = Math.max(announcedBytes ?? 0, leastBytes);
    const { bytes: limitBytes, bytesOfOwner } = this.limits;
    if (this.#ofOwner.of(owner) + bytes > bytesOfOwner)
      throw new FailureError(fail('UPLOAD_SPACE_FULL', { limitBytes: bytesOfOwner, owner }));
    if (this.#bytes + bytes > limitBytes)
      throw new FailureError(fail('UPLOAD_SPACE_FULL', { limitBytes, owner: undefined }));
    const key = Symbol('upload');
    this.#hold(key, { isProgram: false, owner, bytes });
    return () => this.drop(key);
  }

  keep({ id, kind, owner, sizeBytes }: KeptUpload): void {
    this.drop(id);
    this.#hold(id, { isProgram: kind === 'program', owner, bytes: Math.max(sizeBytes, leastBytes) });
  }

  /** Idempotent. */
  drop(key: ArtifactId | symbol): void {
    const holding = this.#holdings.get(key);
    if (holding === undefined) return;
    this.#holdings.delete(key);
    this.#bytes -= holding.bytes;
    this.#ofOwner.add(holding.owner, -holding.bytes);
  }

  /** It is needed from now on: a program for good, which does not count here any more; an input until it is dropped. */
  register(id: ArtifactId): void {
    if (this.#holdings.get(id)?.isProgram) this.drop(id);
  }

  /** Takes what there is in place of what was counted; uploads under way stay. */
  recount(kept: Iterable<KeptUpload>): void {
    const before = this.#holdings;
    this.#holdings = new Map();
    this.#bytes = 0;
    this.#ofOwner = new Tally();
    for (const [key, holding] of before) if (typeof key === 'symbol') this.#hold(key, holding);
    for (const upload of kept) this.keep(upload);
  }

  #hold(key: ArtifactId | symbol, holding: Holding): void {
    this.#holdings.set(key, holding);
    this.#bytes += holding.bytes;
    this.#ofOwner.add(holding.owner, holding.bytes);
  }
}
