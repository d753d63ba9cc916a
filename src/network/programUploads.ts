// Programs on their way through us into the network's own store: where each belongs there, and whether it has arrived.
import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Address, ArtifactId } from '../ids.js';
import type { Log } from '../log.js';
import type { NetworkUpload } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import { pushProgram } from './pushProgram.js';

export interface ProgramUploads {
  /** The network has given this place to a program that comes through us. */
  note(programUri: string, upload: Pick<NetworkUpload, 'artifactId' | 'presignedUrl'>): Promise<void>;
  of(programUri: string): NetworkUpload | undefined;
  /** It is stored here: does nothing for what is not on its way. Fails with BUCKET_UNAVAILABLE and PROGRAM_STORE_REFUSED. */
  pushStored(artifactId: ArtifactId, owner: Address): Promise<void>;
  /** Unless it has arrived before. Fails as `pushStored` does, and with what `Catalog.owned` throws. */
  push(programUri: string, owner: Address): Promise<void>;
}

export interface ProgramUploadsParameters {
  readonly store: Store;
  readonly catalog: Pick<Catalog, 'owned'>;
  readonly artifacts: Pick<ArtifactBackend, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export function createProgramUploads(parameters: ProgramUploadsParameters): ProgramUploads {
  const { store, catalog, artifacts, clock, log } = parameters;

  async function push(programUri: string, owner: Address): Promise<void> {
    const upload = store.get('networkUploads', programUri);
    if (upload === undefined || upload.pushed) return;
    const { artifactId, presignedUrl } = upload;
    const { sha256, sizeBytes, fileId, private: isPrivate } = catalog.owned(artifactId, 'program', owner);
    const ref = { id: fileId ?? artifactId, sha256, sizeBytes };
    const body = await artifacts.open(ref, { kind: 'program', private: isPrivate });
    const httpStatus = await pushProgram(presignedUrl, body, sizeBytes).catch((error: unknown) => {
      log.warn({ event: 'network.push_failed', err: error }, 'a program did not reach the store of the network');
      return 0;
    });
    if (httpStatus >= 400 && httpStatus < 500) throw new FailureError(fail('PROGRAM_STORE_REFUSED', { httpStatus }));
    if (httpStatus < 200 || httpStatus > 299) throw new FailureError(fail('BUCKET_UNAVAILABLE'));
    await store.write((tx) => tx.put('networkUploads', [programUri], { ...upload, pushed: true }));
  }

  return {
    note: (programUri, { artifactId, presignedUrl }) =>
      store.write((tx) => {
        tx.put('networkUploads', [programUri], { artifactId, presignedUrl, pushed: false, at: clock.now() });
        tx.put('networkUploadUris', [artifactId], programUri);
      }),
    of: (programUri) => store.get('networkUploads', programUri),
    async pushStored(artifactId, owner) {
      const programUri = store.get('networkUploadUris', artifactId);
      if (programUri !== undefined) await push(programUri, owner);
    },
    push,
  };
}
