// Puts a program or an input where CreateArtifact says. Raw, not zstd: the service takes both.
import { ArtifactStore, type ArtifactType } from '../gen/artifact/artifact_pb.js';
import type { CallParameters, Context } from './context.js';
import { ClientError, clientError } from './errors.js';
import { ExchangeFailed, readNotice, type SizedBody } from './http.js';

export interface UploadParameters extends CallParameters {
  readonly type: ArtifactType;
  readonly body: SizedBody;
}

/** Resolves with the artifact's URI, which later calls echo. TRANSFER_REFUSED, TRANSFER_FAILED, REFUSED, UNREACHABLE, ABORTED. */
export async function upload(context: Context, { type, body, ...options }: UploadParameters): Promise<string> {
  const signature = context.signerFor('CreateArtifact').signArtifactCreation();
  const created = await context.attempt('CreateArtifact', options, (call) =>
    call(ArtifactStore.method.createArtifact, { signature, artifactType: type }),
  );
  if (!URL.canParse(created.artifactPresignedUrl)) {
    throw clientError('ANSWER_MALFORMED', { call: 'CreateArtifact', problem: 'the upload URL is none' });
  }
  await context.attempt('upload', options, (_call, signal) => put(context, created.artifactPresignedUrl, body, signal));
  return created.artifactUri;
}

async function put({ transfer }: Context, url: string, body: SizedBody, signal: AbortSignal): Promise<void> {
  try {
    const { httpStatus, body: answer } = await transfer('PUT', url, { body, signal });
    const detail = await readNotice(answer);
    if (httpStatus < 200 || httpStatus > 299) {
      throw clientError('TRANSFER_REFUSED', { transfer: 'upload', httpStatus, detail });
    }
  } catch (error) {
    if (error instanceof ClientError || !(error instanceof ExchangeFailed)) throw error;
    throw clientError('TRANSFER_FAILED', { transfer: 'upload', detail: error.message }, { cause: error });
  }
}
