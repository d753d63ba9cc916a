// The URI by which an input of ours is signed at the network: public for ever, so it says nothing but a random id, and is answered to no one.
import { type ArtifactId, parseArtifactId } from '../ids.js';

export const stdinUriOf = (publicUrl: string, id: ArtifactId): string => `${publicUrl}/artifacts/${id}`;

/** Undefined for anything that `stdinUriOf` does not make of this origin. */
export function parseStdinUri(publicUrl: string, uri: string): ArtifactId | undefined {
  const prefix = `${publicUrl}/artifacts/`;
  const id = uri.startsWith(prefix) ? parseArtifactId(uri.slice(prefix.length)) : undefined;
  return id !== undefined && stdinUriOf(publicUrl, id) === uri ? id : undefined;
}
