// Small artifacts of our own making, which are in memory as a whole: public values, and what was signed of them.
import { createHash } from 'node:crypto';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { failureFrom } from '../failures/failureFrom.js';
import { StoredWriter } from '../storedBytes/storedWriter.js';
import type { ArtifactBackend } from './port.js';

/** Adds `put` and `read` to a backend, by what it can do without them. */
export function withWholeBytes(backend: Omit<ArtifactBackend, 'put' | 'read'>): ArtifactBackend {
  return {
    ...backend,

    async put(id, place, bytes) {
      try {
        const writer = new StoredWriter(backend.output(id, place.kind), 'replace');
        try {
          writer.append(bytes);
          return await backend.adopt(id, place, await writer.finish());
        } finally {
          writer.discard();
        }
      } catch (thrown) {
        throw new FailureError(failureFrom(thrown, id), { cause: thrown });
      }
    },

    async read(ref, place) {
      const corrupt = () => new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: ref.id }));
      const bytes = Buffer.alloc(ref.sizeBytes);
      let length = 0;
      for await (const piece of (await backend.open(ref, place)) as AsyncIterable<Buffer>) {
        if (length + piece.length > bytes.length) throw corrupt();
        length += piece.copy(bytes, length);
      }
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (length !== bytes.length || digest !== ref.sha256) throw corrupt();
      return bytes;
    },
  };
}
