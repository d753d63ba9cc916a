// Failures of stored bytes: uploads, what they may be, and the room that they take.
import type { Address, ArtifactId } from '../ids.js';
import { failure } from './define.js';
import { inBytes } from './words.js';

type ArtifactKind = 'program' | 'stdin' | 'proof';

export const artifactFailures = {
  ARTIFACT_NOT_FOUND: failure<{ artifactId: ArtifactId }>(
    'permanent',
    ({ artifactId }) => `No artifact ${artifactId} is stored here. Its retention may have ended.`,
  ),
  /** The URL's capability does not cover this upload. */
  ARTIFACT_FORBIDDEN: failure<{ artifactId: ArtifactId; problem: string }>(
    'permanent',
    ({ problem }) => `This URL does not allow the upload: ${problem}. Ask for a new one with CreateArtifact.`,
  ),
  ARTIFACT_NOT_OWNED: failure<{ artifactId: ArtifactId; owner: Address }>(
    'permanent',
    ({ artifactId, owner }) => `The artifact ${artifactId} belongs to 0x${owner}, who did not sign this request.`,
  ),
  ARTIFACT_NOT_UPLOADED: failure<{ artifactId: ArtifactId }>(
    'permanent',
    ({ artifactId }) => `The artifact ${artifactId} has not been uploaded. PUT it to its URL first, then ask again.`,
  ),
  ARTIFACT_TOO_LARGE: failure<{ kind: ArtifactKind; limitBytes: number }>(
    'permanent',
    ({ kind, limitBytes }) => `The ${kind} is larger than the limit of ${inBytes(limitBytes)} (decompressed).`,
  ),
  ARTIFACT_MALFORMED: failure<{ kind: ArtifactKind; problem: string }>(
    'permanent',
    ({ kind, problem }) => `The ${kind} cannot be read: ${problem}.`,
  ),
  /** Other bytes were stored under this id before. */
  ARTIFACT_CONFLICT: failure<{ artifactId: ArtifactId }>(
    'permanent',
    ({ artifactId }) => `Other bytes were stored as ${artifactId} before. Create a new artifact for new bytes.`,
  ),
  /** The upload ended before its announced length. */
  ARTIFACT_INCOMPLETE: failure<{ artifactId: ArtifactId; receivedBytes: number }>(
    'transient',
    ({ artifactId, receivedBytes }) =>
      `The upload of ${artifactId} ended after ${receivedBytes} bytes. Send it again, whole.`,
  ),
  /** The stored bytes are not the ones whose digest was recorded. */
  ARTIFACT_CORRUPT: failure<{ artifactId: ArtifactId }>(
    'permanent',
    ({ artifactId }) =>
      `The stored bytes of ${artifactId} are damaged: their digest is not the recorded one. Upload them again.`,
  ),
  /** So many uploads wait for their turn already. */
  UPLOADS_BUSY: failure<{ waiting: number }>(
    'transient',
    ({ waiting }) => `${waiting} uploads wait for their turn already. Try again in a moment.`,
  ),
  /** What is uploaded and still needed has all the room it may have: that of one owner, or of all where there is no name. */
  UPLOAD_SPACE_FULL: failure<{ limitBytes: number; owner: Address | undefined }>(
    'transient',
    ({ limitBytes, owner }) =>
      owner === undefined
        ? `Uploads have all the room that they may take here, ${inBytes(limitBytes)}. Try again when requests have ended.`
        : `The uploads of 0x${owner} have all the room that one address may take here, ${inBytes(limitBytes)}. Try again when its requests have ended.`,
  ),
  /** The object store does not answer, or not as it should. */
  BUCKET_UNAVAILABLE: failure(
    'transient',
    () => 'The store of artifacts cannot be reached. Nothing was lost; try again later.',
  ),
};
