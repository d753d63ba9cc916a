// The S3 client, set up so that stores other than Amazon's understand it.
import { S3Client } from '@aws-sdk/client-s3';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3ClientOptions {
  /** Origin of a store that is not Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Undefined: the SDK's own chain (profile, web identity, container, instance). */
  readonly credentials: S3Credentials | undefined;
}

/** A store that does not take a connection, or lets one fall asleep, is away (ms). Both are far above what a working one needs. */
const connectWithinMs = 5_000;
const idleMs = 30_000;

const ignore = () => undefined;
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

export const createS3Client = ({ endpoint, region, credentials }: S3ClientOptions): S3Client =>
  new S3Client({
    region,
    // Few other stores have a host name for every bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    // Checksums of the SDK's own are trailers and query parameters that many stores, and every presigned PUT, stumble over.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Its default writes to the console. What matters is logged by `bucket.ts`.
    logger: silent,
    requestHandler: { connectionTimeout: connectWithinMs, socketTimeout: idleMs },
  });
