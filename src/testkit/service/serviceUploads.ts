// Uploads and downloads against a running service as plain HTTP/1.1, so that bodies, headers and URLs can be anything.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ArtifactStore, type ArtifactType } from '../../gen/artifact/artifact_pb.js';
import { assertNothingInternal } from './serviceCalls.js';
import type { ServiceRequester } from './serviceRequests.js';

type Headers = Readonly<Record<string, string | number>>;

export interface CreatedArtifact {
  readonly uri: string;
  readonly url: URL;
}

/** CreateArtifact in the name of `requester`. */
export async function createArtifact({ context }: ServiceRequester, type: ArtifactType): Promise<CreatedArtifact> {
  const created = await context.attempt('CreateArtifact', {}, (call) =>
    call(ArtifactStore.method.createArtifact, {
      signature: context.signerFor('').signArtifactCreation(),
      artifactType: type,
    }),
  );
  return { uri: created.artifactUri, url: new URL(created.artifactPresignedUrl) };
}

/** Answers `STATUS CODE` of a refusal, `200` of success. The refusal's sentence is checked for our insides. */
export async function put(
  url: URL,
  body: Uint8Array,
  headers: Headers = { 'content-length': body.byteLength },
): Promise<string> {
  const upload = request(url, { method: 'PUT', headers, agent: false });
  // The answer may come, and the connection end, before all has been sent.
  upload.on('error', () => undefined);
  upload.end(body);
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  const said = (await buffer(response)).toString();
  assertNothingInternal(said);
  const { error } = JSON.parse(said) as { error?: { code: string; message: string } };
  return error === undefined ? `${response.statusCode}` : `${response.statusCode} ${error.code}`;
}

export interface Download {
  readonly status: number;
  readonly httpVersion: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** One request with no header but these, on a connection of its own, as the SDK does. `path`: in place of the URL's, as it is. */
export async function download(
  url: string,
  headers: Headers = {},
  method: 'GET' | 'HEAD' = 'GET',
  path?: string,
): Promise<Download> {
  const sent = request(url, { method, headers, agent: false, ...(path !== undefined && { path }) }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    httpVersion: response.httpVersion,
    headers: response.headers,
    body: await buffer(response),
  };
}
