// How much of the disk uploads may take: inputs until their request has ended, and programs until they are registered. There is a limit
// for all together and one for each owner, so that no owner fills the disk alone. It counts what the catalog knows. Registered programs
// stay for good and have a limit of their own.

import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Address, ArtifactId } from '../ids.js';
import type { ArtifactKind } from '../storedBytes/storedFile.js';
import { Tally } from '../tally.js';

export interface SpaceLimits {
  readonly bytes: number;
  readonly bytesOfOwner: number;
}

export interface KeptUpload {
  readonly id: ArtifactId;
  readonly kind: ArtifactKind;
  readonly owner: Address;
  readonly sizeBytes: number;
  /** The file that it shares with others. */
  readonly fileId?: ArtifactId;
}

interface Holding {
  readonly isProgram: boolean;
  readonly owner: Address;
  readonly bytes: number;
  /** Owner and file, of what is shared. */
  readonly file: string | undefined;
}

/** ext4 has an inode for every 16 KiB by default: so counted, empty files run out of bytes before the disk runs out of inodes. */
const minBytes = 16 * 1024;

/** Exceeded by no more than the uploads under way are larger than they have announced: what a compressed one will be is not known. */
export class UploadSpace {
  /** Uploads under way have no id of their own: the same may be sent twice at once. */
  #holdings = new Map<ArtifactId | symbol, Holding>();
  #bytes = 0;
  #ofOwner = new Tally<Address>();
  /** How often one owner has one file: it counts once. For another owner it counts anew, so that no owner learns who else has it. */
  #ofFile = new Tally<string>();

  constructor(private readonly limits: SpaceLimits) {}

  get taken(): { readonly bytes: number; readonly limitBytes: number } {
    return { bytes: this.#bytes, limitBytes: this.limits.bytes };
  }

  /**
   * Room for an upload that begins; to be given back by the function when it has ended. Fails with UPLOAD_SPACE_FULL, which passes: an
   * upload is tried again, and room comes back with every request that ends.
   */
  reserve(owner: Address, announcedBytes: number | undefined): () => void {
    const bytes = Math.max(announcedBytes ?? 0, minBytes);
    const { bytes: limitBytes, bytesOfOwner } = this.limits;
    if (this.#ofOwner.of(owner) + bytes > bytesOfOwner)
      throw new FailureError(fail('UPLOAD_SPACE_FULL', { limitBytes: bytesOfOwner, owner }));
    if (this.#bytes + bytes > limitBytes)
      throw new FailureError(fail('UPLOAD_SPACE_FULL', { limitBytes, owner: undefined }));
    const key = Symbol('upload');
    this.#hold(key, { isProgram: false, owner, bytes, file: undefined });
    return () => this.drop(key);
  }

  keep({ id, kind, owner, sizeBytes, fileId }: KeptUpload): void {
    this.drop(id);
    const file = fileId && `${owner}/${fileId}`;
    const isCounted = file !== undefined && this.#ofFile.of(file) > 0;
    const bytes = isCounted ? minBytes : Math.max(sizeBytes, minBytes);
    this.#hold(id, { isProgram: kind === 'program', owner, bytes, file });
  }

  /** Idempotent. */
  drop(key: ArtifactId | symbol): void {
    const holding = this.#holdings.get(key);
    if (holding === undefined) return;
    this.#holdings.delete(key);
    this.#bytes -= holding.bytes;
    this.#ofOwner.add(holding.owner, -holding.bytes);
    if (holding.file !== undefined) this.#ofFile.add(holding.file, -1);
  }

  /** It is needed from now on. An input counts until it is dropped. A program stays for good and no longer counts here. */
  register(id: ArtifactId): void {
    if (this.#holdings.get(id)?.isProgram) this.drop(id);
  }

  /** Takes what there is in place of what was counted. Uploads under way stay. */
  recount(kept: Iterable<KeptUpload>): void {
    const before = this.#holdings;
    this.#holdings = new Map();
    this.#bytes = 0;
    this.#ofOwner = new Tally();
    this.#ofFile = new Tally();
    for (const [key, holding] of before) if (typeof key === 'symbol') this.#hold(key, holding);
    for (const upload of kept) this.keep(upload);
  }

  #hold(key: ArtifactId | symbol, holding: Holding): void {
    this.#holdings.set(key, holding);
    this.#bytes += holding.bytes;
    this.#ofOwner.add(holding.owner, holding.bytes);
    if (holding.file !== undefined) this.#ofFile.add(holding.file);
  }
}
