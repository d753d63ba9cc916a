// CreateArtifact: an id and a URL to upload to. Older SDKs do not retry it, so it touches neither disk nor queue: the URL itself
// carries what it allows. The signature covers a constant and can be replayed by anyone who has seen it; it only names the owner.
import { artifactUri } from '../../artifacts/capability.js';
import { ArtifactStore, ArtifactType } from '../../gen/artifact/artifact_pb.js';
import { newArtifactId } from '../../ids.js';
import { unary } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { malformed, originOf } from './fields.js';

/** sp1-sdk network/client.rs signs these 15 bytes. */
const signedText = new TextEncoder().encode('create_artifact');

/** An upload may begin within this time (ms). A 64 MB upload over a slow line plus the SDK's two minutes of retries fit well. */
const uploadWindowMs = 60 * 60_000;

export const createArtifact = ({ signatures, capabilities, direct, clock, publicUrl }: NetworkDependencies) =>
  unary(ArtifactStore.method.createArtifact, async ({ signature, artifactType }, { origin }) => {
    const base = originOf(publicUrl, origin);
    const claims = claimsOf(artifactType);
    const owner = await signatures.recover({ message: signedText, signature });
    const now = clock.now();
    const id = newArtifactId(now);
    const granted = { id, ...claims, owner, expiresAt: now + uploadWindowMs };
    const url = (await direct?.uploadUrl(granted)) ?? `${base}${capabilities.mint(granted)}`;
    return { artifactUri: artifactUri(id), artifactPresignedUrl: url };
  });

function claimsOf(type: ArtifactType): { kind: 'program' | 'stdin'; private: boolean } {
  switch (type) {
    case ArtifactType.PROGRAM:
      return { kind: 'program', private: false };
    case ArtifactType.STDIN:
      return { kind: 'stdin', private: false };
    case ArtifactType.PRIVATE_STDIN:
      return { kind: 'stdin', private: true };
    default:
      throw malformed('artifact_type', 'only PROGRAM, STDIN and PRIVATE_STDIN can be uploaded');
  }
}
