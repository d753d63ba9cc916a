// Puts the S3 backend together. Loaded only where a bucket is configured: the SDK behind it takes a third of a second.
import type { Log } from '../../log.js';
import type { Store } from '../../store/environment.js';
import type { ArtifactBackend } from '../port.js';
import type { UploadLimits } from '../uploads.js';
import { createS3Backend } from './backend.js';
import { type Bucket, createBucket } from './bucket.js';
import { type BucketName, claimBucket } from './claim.js';
import { createS3Client, type S3ClientOptions } from './client.js';

export interface S3Options extends BucketName, S3ClientOptions {
  /** Of local copies. */
  readonly cacheBytes: number;
}

/** `folder`: the data folder, whose bucket it is from now on. Rejects with a BucketError. */
export async function openS3({
  folder,
  uploads,
  options,
  store,
  log,
}: {
  folder: string;
  uploads: UploadLimits;
  options: S3Options;
  store: Store;
  log: Log;
}): Promise<{ artifacts: ArtifactBackend; bucket: Bucket }> {
  const bucket = createBucket({ client: createS3Client(options), bucket: options.bucket, prefix: options.prefix, log });
  try {
    await claimBucket(bucket, options, store);
  } catch (error) {
    bucket.close();
    throw error;
  }
  return { artifacts: createS3Backend({ folder, uploads, bucket, cacheBytes: options.cacheBytes }), bucket };
}
