// The SDK's wire as a front of the public network: what concerns inputs and proofs is answered here, what concerns accounts, programs and
// requests goes to the network in the client's own bytes. Only messages go up, no header.
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri, parseArtifactUri } from '../../artifacts/capability.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import {
  ArtifactStore,
  ArtifactType,
  CreateArtifactRequestSchema,
  CreateArtifactResponseSchema,
} from '../../gen/artifact/artifact_pb.js';
import { GetNonceRequestSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { newArtifactId } from '../../ids.js';
import { stdinUriOf } from '../../network/stdinUri.js';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { behind } from '../access/access.js';
import { cancelAfter } from '../sdk/cancelRequest.js';
import { signedArtifactText, uploadWindowMs } from '../sdk/createArtifact.js';
import { addressField } from '../sdk/fields.js';
import { sdkMethods } from '../sdk/service.js';
import { createNetworkProgram, getNetworkProgram } from './createProgram.js';
import type { FrontDependencies } from './dependencies.js';
import { forwardRead } from './forward.js';
import { getNetworkStatus } from './getStatus.js';
import { requestNetworkProof } from './requestProof.js';
import { shownRequests } from './showRequests.js';

/** Called in place of the stand-alone ones. */
export function frontMethods(dependencies: FrontDependencies): readonly UnaryMethod[] {
  const local = new Map(sdkMethods(dependencies).map((method) => [method.path, method]));
  const own = [
    createArtifact(dependencies, localOf(local, ArtifactStore.method.createArtifact)),
    getNetworkProgram(dependencies),
    createNetworkProgram(dependencies),
    getNonce(dependencies),
    passedOn(dependencies, ProverNetwork.method.getBalance),
    requestNetworkProof(dependencies),
    getNetworkStatus(dependencies, localOf(local, ProverNetwork.method.getProofRequestStatus)),
    ...shownRequests(dependencies, {
      details: localOf(local, ProverNetwork.method.getProofRequestDetails),
      list: localOf(local, ProverNetwork.method.getFilteredProofRequests),
    }),
    ...[
      ProverNetwork.method.getProofRequestParams,
      ProverNetwork.method.getProversByUptime,
      ProverNetwork.method.getMarketPricePerPgu,
    ].map(mainnetOnly),
    // Of our own clients alone: the network knows no such call in this flavour. It hears of it as a report, and the nonce, which is the
    // network's, is not used up by that.
    cancelAfter(dependencies, async () => {}),
  ].map((method) => behind(dependencies.admit, method));
  const ownPaths = new Set(own.map(({ path }) => path));
  return [...own, ...[...local.values()].filter(({ path }) => !ownPaths.has(path))];
}

interface Named {
  readonly parent: { readonly typeName: string };
  readonly name: string;
}

const pathOf = ({ parent, name }: Named) => `/${parent.typeName}/${name}`;

function localOf(local: ReadonlyMap<string, UnaryMethod>, method: Named): UnaryMethod {
  const found = local.get(pathOf(method));
  if (found === undefined) throw new Error(`${method.name} is not served`);
  return found;
}

const passedOn = (dependencies: FrontDependencies, method: Named): UnaryMethod => ({
  path: pathOf(method),
  answer: ({ raw }) => forwardRead(dependencies, pathOf(method), raw),
});

/** An application in Mainnet mode begins with one of these. It reads what to set. */
const mainnetOnly = (method: Named): UnaryMethod => ({
  path: pathOf(method),
  answer(): never {
    throw new FailureError(fail('FLAVOUR_UNSUPPORTED'));
  },
});

function getNonce(dependencies: FrontDependencies): UnaryMethod {
  const { network } = dependencies;
  const path = pathOf(ProverNetwork.method.getNonce);
  return {
    path,
    answer({ raw }) {
      const address = addressField('address', parseMessage(GetNonceRequestSchema, raw).address);
      // A requester with the prover's key would take its numbers away.
      if (network.isProver(address)) throw new FailureError(fail('PROVER_KEY', { address }));
      return forwardRead(dependencies, path, raw);
    },
  };
}

/** Inputs are ours, and the network has never heard of them. A program gets its place in the network's store, and comes through us unless it is told otherwise. */
function createArtifact(dependencies: FrontDependencies, local: UnaryMethod): UnaryMethod {
  const { network, signatures, capabilities, clock, random } = dependencies;
  const { publicUrl } = network;
  return {
    path: local.path,
    async answer(call) {
      const { signature, artifactType } = parseMessage(CreateArtifactRequestSchema, call.raw);
      if (artifactType !== ArtifactType.PROGRAM) {
        const answer = parseMessage(CreateArtifactResponseSchema, await local.answer(call));
        const id = parseArtifactUri(answer.artifactUri);
        if (id === undefined) throw new Error(`${artifactUri.name} has made a URI that cannot be read`);
        return toBinary(CreateArtifactResponseSchema, { ...answer, artifactUri: stdinUriOf(publicUrl, id) });
      }
      const owner = await signatures.recover({ message: signedArtifactText, signature });
      const bytes = await forwardRead(dependencies, local.path, call.raw);
      if (network.settings.programUploads === 'direct') return bytes;
      const { artifactUri: programUri, artifactPresignedUrl } = parseMessage(CreateArtifactResponseSchema, bytes);
      const now = clock.now();
      const id = newArtifactId(now, random);
      await network.programUploads.note(programUri, { artifactId: id, presignedUrl: artifactPresignedUrl });
      const claims = { id, kind: 'program', private: false, owner, expiresAt: now + uploadWindowMs } as const;
      return toBinary(
        CreateArtifactResponseSchema,
        create(CreateArtifactResponseSchema, {
          artifactUri: programUri,
          artifactPresignedUrl: `${publicUrl}${capabilities.mint(claims)}`,
        }),
      );
    },
  };
}
