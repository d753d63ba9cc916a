// From the configuration to where artifacts lie: the data folder alone, or a bucket with local copies in the data folder.
import { availableParallelism } from 'node:os';
import { createDirectoryBackend } from '../artifacts/directory.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { Bucket } from '../artifacts/s3/bucket.js';
import { assertNoBucket } from '../artifacts/s3/claim.js';
import type { S3Credentials } from '../artifacts/s3/client.js';
import type { WatchUploads } from '../artifacts/uploads.js';
import type { Config } from '../config/load.js';
import type { Log } from '../log.js';
import type { Store } from '../store/environment.js';

export interface StorageParameters {
  readonly config: Config;
  /** The data folder. */
  readonly folder: string;
  readonly store: Store;
  readonly environment: NodeJS.ProcessEnv;
  readonly watch: WatchUploads;
  readonly log: Log;
}

export interface Storage {
  readonly artifacts: ArtifactBackend;
  /** Where they are kept. Undefined: in the data folder alone. */
  readonly bucket: Bucket | undefined;
  /** Where clients may be sent past this process. */
  readonly presigning: Bucket | undefined;
}

/** Rejects with a BucketError. */
export async function openStorage(parameters: StorageParameters): Promise<Storage> {
  const { config, folder, store, environment, watch, log } = parameters;
  const uploads = { threads: Math.min(2, availableParallelism()), concurrent: config.uploads, watch };
  const { s3Bucket: bucket, s3Region: region } = config;
  if (bucket === undefined || region === undefined) {
    assertNoBucket(store);
    return { artifacts: createDirectoryBackend({ folder, uploads }), bucket: undefined, presigning: undefined };
  }
  const { openS3 } = await import('../artifacts/s3/open.js');
  const { s3Prefix: prefix = '', s3Endpoint: endpoint, s3Cache: cacheBytes } = config;
  const options = { bucket, prefix, endpoint, region, credentials: credentialsIn(environment), cacheBytes };
  const { artifacts, bucket: opened } = await openS3({ folder, uploads, options, store, log });
  return { artifacts, bucket: opened, presigning: config.s3Presign === 'on' ? opened : undefined };
}

/** Undefined when the environment has none: the SDK then looks where Amazon's tools do. */
function credentialsIn(environment: NodeJS.ProcessEnv): S3Credentials | undefined {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
