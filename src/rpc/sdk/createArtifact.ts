// CreateArtifact: an id and a URL to upload to. Older SDKs do not retry it, so it touches neither disk nor queue: the URL itself
// carries what it allows. The signature covers a constant and can be replayed by anyone who has seen it. It only names the owner.
import { artifactUri } from '../../artifacts/capability.js';
import { malformed } from '../../failures/malformed.js';
import { ArtifactStore, ArtifactType } from '../../gen/artifact/artifact_pb.js';
import { newArtifactId } from '../../ids.js';
import { unary } from '../../transport/grpc/unary.js';
import { isWeaker } from './artifactOrigin.js';
import type { SdkDependencies } from './dependencies.js';

/** sp1-sdk network/client.rs signs these 15 bytes. */
export const signedArtifactText = new TextEncoder().encode('create_artifact');

/** An upload may begin within this time (ms). A 64 MB upload over a slow line plus the SDK's two minutes of retries fit well. */
export const uploadWindowMs = 60 * 60_000;

export const createArtifact = ({ signatures, capabilities, direct, clock, random, artifactOrigin }: SdkDependencies) =>
  unary(ArtifactStore.method.createArtifact, async ({ signature, artifactType }, { reached }) => {
    const origin = artifactOrigin(reached);
    const claims = claimsOf(artifactType);
    const owner = await signatures.recover({ message: signedArtifactText, signature });
    const now = clock.now();
    const id = newArtifactId(now, random);
    const granted = { id, ...claims, owner, expiresAt: now + uploadWindowMs };
    // What comes through `attest proxy` goes through it: a bucket is nothing that it has attested.
    const bucketUrl = reached.ownProxy === undefined ? await direct?.uploadUrl(granted) : undefined;
    const isBest = bucketUrl !== undefined && !isWeaker(bucketUrl, origin);
    const url = isBest ? bucketUrl : `${origin}${capabilities.mint(granted)}`;
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
