// One data folder owns one prefix of a bucket: whatever lies there without a record is swept away, so two owners would delete each
// other's artifacts. An object in the prefix says whose it is.
import { text } from 'node:stream/consumers';
import { FailureError } from '../../failures/failureError.js';
import { randomHex, systemRandom } from '../../random.js';
import type { Store } from '../../store/environment.js';
import type { Bucket } from './bucket.js';

export interface BucketName {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
}

/** The service cannot start with the bucket that it was given. The message says what to do. */
export class BucketError extends Error {
  override readonly name = 'BucketError';
}

/** Key of the object that names the owner. */
const ownerKey = 'owner';
/** An owner's name has 32 characters; whatever is much longer was not put by us (bytes). */
const maxOwnerBytes = 256;

/** Throws when the data folder has kept artifacts in a bucket: without it they would be missing. */
export function assertNoBucket(store: Store): void {
  const before = store.get('meta', 'bucket') as BucketName | undefined;
  if (before !== undefined)
    throw new BucketError(`${keptIn(before)} Start with them, or choose another folder with --data.`);
}

/** Resolves when the prefix is this data folder's, from now on for good. Rejects with a BucketError. */
export async function claimBucket(
  bucket: Bucket,
  name: BucketName,
  store: Store,
  random = systemRandom,
): Promise<void> {
  const before = store.get('meta', 'bucket') as BucketName | undefined;
  if (before !== undefined && (before.bucket !== name.bucket || before.prefix !== name.prefix))
    throw new BucketError(`${keptIn(before)} Start with them, or choose another folder with --data.`);
  const kept = store.get('meta', 'bucketOwner');
  const owner = typeof kept === 'string' ? kept : randomHex(random, 16);
  await store.write((tx) => {
    tx.put('meta', ['bucketOwner'], owner);
    tx.put('meta', ['bucket'], { bucket: name.bucket, prefix: name.prefix });
  });
  const found = await reached(name, () => ownerOf(bucket));
  if (found === undefined) await reached(name, () => bucket.putText(ownerKey, owner));
  else if (found !== owner) {
    throw new BucketError(
      `The prefix "${name.prefix}" of bucket ${name.bucket} belongs to another data folder. Choose another with --s3-prefix; or, if that folder is gone for good, delete the object ${name.prefix}${ownerKey}.`,
    );
  }
}

const keptIn = ({ bucket, prefix }: BucketName) =>
  `This data folder keeps artifacts in --s3-bucket ${bucket}${prefix === '' ? '' : ` under --s3-prefix ${prefix}`}.`;

async function ownerOf(bucket: Bucket): Promise<string | undefined> {
  const found = await bucket.get(ownerKey, new AbortController().signal);
  if (found === undefined) return undefined;
  if (found.sizeBytes <= maxOwnerBytes) return text(found.body);
  found.body.destroy();
  return 'nobody we know';
}

async function reached<T>({ bucket }: BucketName, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { name, $metadata } = error.cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode === undefined ? '' : `, HTTP ${$metadata.httpStatusCode}`;
    throw new BucketError(
      `The bucket ${bucket} cannot be used (${name ?? 'no answer'}${status}). Check --s3-bucket, --s3-endpoint, --s3-region and the AWS credentials of this process.`,
      { cause: error },
    );
  }
}
