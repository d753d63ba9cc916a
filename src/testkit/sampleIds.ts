// Ids for tests that do not care which.
import { type ArtifactId, newArtifactId, newRequestId, type RequestId } from '../ids.js';
import { systemRandom } from '../random.js';

export const sampleRequestId = (at = Date.now()): RequestId => newRequestId(at, systemRandom);
export const sampleArtifactId = (at = Date.now()): ArtifactId => newArtifactId(at, systemRandom);
