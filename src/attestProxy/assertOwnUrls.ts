// The answers that name URLs of artifacts. The stock SDK would PUT the private input wherever CreateArtifact says, past all that was attested.

import { Readable } from 'node:stream';
import { fromBinary } from '@bufbuild/protobuf';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { ArtifactStore, CreateArtifactResponseSchema } from '../gen/artifact/artifact_pb.js';
import { GetProofRequestStatusResponseSchema, ProverNetwork } from '../gen/network/network_pb.js';
import type { RelayedAnswer, RelayedRequest } from '../relay/upstream.js';
import { grpcFormOf } from '../transport/grpc/contentType.js';

/** What the SDK takes as an answer (bytes). */
const mostAnswerBytes = 4 * 1_048_576;
const prefixBytes = 5;

/** By path: the URLs in an answer. */
const urlsIn: Readonly<Record<string, (message: Uint8Array) => readonly (string | undefined)[]>> = {
  [`/${ArtifactStore.typeName}/${ArtifactStore.method.createArtifact.name}`]: (message) => [
    fromBinary(CreateArtifactResponseSchema, message).artifactPresignedUrl,
  ],
  [`/${ProverNetwork.typeName}/${ProverNetwork.method.getProofRequestStatus.name}`]: (message) => {
    const { proofUri, proofPublicUri } = fromBinary(GetProofRequestStatusResponseSchema, message);
    return [proofUri, proofPublicUri];
  },
};

export const isRead = (target: string): boolean => urlsIn[target.split('?', 1)[0] ?? ''] !== undefined;

/** The same answer. Throws ARTIFACT_URL_ELSEWHERE, or UPSTREAM_BROKEN for one that cannot be read. */
export async function assertOwnUrls(answer: RelayedAnswer, request: RelayedRequest, own: URL): Promise<RelayedAnswer> {
  const { body } = answer;
  if (body === undefined) return answer;
  const bytes = await readWhole(body);
  // Refused, or empty: it names nothing.
  if (bytes.byteLength > 0) {
    const type = answer.headers['content-type'];
    if (grpcFormOf(typeof type === 'string' ? type : undefined) !== 'grpc') throw unreadable();
    for (const url of urlsOf(request.target, messageOf(bytes)))
      if (!isOwn(url, own)) throw new FailureError(fail('ARTIFACT_URL_ELSEWHERE', { named: originOf(url) }));
  }
  return { ...answer, body: Readable.from(bytes.byteLength > 0 ? [bytes] : []) };
}

function urlsOf(target: string, message: Uint8Array): readonly string[] {
  try {
    return (urlsIn[target.split('?', 1)[0] ?? '']?.(message) ?? []).filter(
      (url) => url !== undefined && url !== '',
    ) as string[];
  } catch (error) {
    throw unreadable(error);
  }
}

/** The very text counts: what one parser takes for the same another may not. */
const isOwn = (url: string, own: URL): boolean =>
  url.startsWith(`${own.origin}/`) && URL.canParse(url) && new URL(url).origin === own.origin;

/** For the sentence: of what a stranger has written, no more than that. */
const originOf = (url: string): string =>
  URL.canParse(url) ? new URL(url).origin.slice(0, 200) : 'something that is no URL';

async function readWhole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).byteLength;
    if (size > mostAnswerBytes + prefixBytes) throw unreadable();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** One message, as it was sent: compression was not offered. */
function messageOf(body: Buffer): Uint8Array {
  const isWhole = body.length >= prefixBytes && body[0] === 0 && body.readUInt32BE(1) === body.length - prefixBytes;
  if (!isWhole) throw unreadable();
  return body.subarray(prefixBytes);
}

const unreadable = (cause?: unknown) =>
  new FailureError(fail('UPSTREAM_BROKEN', { problem: 'its answer names URLs, and cannot be read' }), { cause });
