// What the options of the bucket need of each other.
import { flagOf, type OptionValues } from './options.js';

/** What S3 takes in one request; larger objects would have to come in parts (bytes). */
const largestObject = 5 * 2 ** 30;

/** The region as Amazon's tools find it. Stores that are not Amazon's take any. */
export function s3RegionOf(
  values: OptionValues,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (values.s3Bucket === undefined || values.s3Region !== undefined) return values.s3Region;
  const common = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  return common || (values.s3Endpoint === undefined ? undefined : 'us-east-1');
}

type Concerned = 's3Bucket' | 's3Prefix' | 's3Endpoint' | 's3Region' | 's3Presign' | 'maxProgramSize' | 'maxStdinSize';

/** A sentence for each contradiction. */
export function s3Contradictions(config: Pick<OptionValues, Concerned>): string[] {
  const found: string[] = [];
  if (config.s3Bucket === undefined) {
    for (const name of ['s3Prefix', 's3Endpoint', 's3Region'] as const)
      if (config[name] !== undefined) found.push(`${flagOf(name)} needs ${flagOf('s3Bucket')}: the bucket it is about`);
    if (config.s3Presign === 'on')
      found.push(`${flagOf('s3Presign')} needs ${flagOf('s3Bucket')}: the bucket it is about`);
    return found;
  }
  if (config.s3Region === undefined)
    found.push(
      `${flagOf('s3Bucket')} needs ${flagOf('s3Region')} or AWS_REGION; or ${flagOf('s3Endpoint')}, for a store that is not Amazon's`,
    );
  for (const name of ['maxProgramSize', 'maxStdinSize'] as const)
    if (config[name] > largestObject)
      found.push(`${flagOf(name)} is above 5GiB, the largest that ${flagOf('s3Bucket')} takes`);
  return found;
}
