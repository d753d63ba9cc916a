// CreateArtifact of the fake network: a place in its store and a URL that may be written once or more. The signature covers a constant.
import { ArtifactStore, ArtifactType } from '../../../gen/artifact/artifact_pb.js';
import { unary } from '../../../transport/grpc/unary.js';
import { recover } from '../recover.js';
import { refused } from '../refused.js';
import type { FakeWorld } from '../world.js';

const signedText = new TextEncoder().encode('create_artifact');

export const createArtifact = (world: FakeWorld) =>
  unary(ArtifactStore.method.createArtifact, ({ signature, artifactType }) => {
    const signer = recover(signedText, signature, [27, 54]);
    if (signer === undefined) throw refused('unauthenticated', 'invalid signature');
    world.call().signer = signer;
    if (ArtifactType[artifactType] === undefined || artifactType === ArtifactType.UNSPECIFIED)
      throw refused('invalidArgument', 'invalid artifact type');
    const artifact = world.ledger.newArtifact(artifactType);
    return {
      artifactUri: world.uriOf(artifact),
      artifactPresignedUrl: `${world.urlOf(artifact)}?token=${artifact.token}`,
    };
  });
