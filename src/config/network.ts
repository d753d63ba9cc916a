// What must hold between the options of network mode.
import { isLoopback } from './attest.js';
import { flagOf, type OptionValues } from './options.js';

const isSafe = (origin: string) =>
  origin.startsWith('https:') || isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''));

export function networkContradictions({
  networkUrl,
  networkKeyFile,
  publicUrl,
  s3Bucket,
}: Pick<OptionValues, 'networkUrl' | 'networkKeyFile' | 'publicUrl' | 's3Bucket'>): string[] {
  if (networkUrl === undefined)
    return networkKeyFile === undefined
      ? []
      : [`${flagOf('networkKeyFile')} needs ${flagOf('networkUrl')}: whom it signs for`];
  const found: string[] = [];
  if (networkKeyFile === undefined)
    found.push(`${flagOf('networkUrl')} needs ${flagOf('networkKeyFile')}: the key that signs proofs there`);
  if (publicUrl === undefined)
    found.push(`${flagOf('networkUrl')} needs ${flagOf('publicUrl')}: clients sign it into every request`);
  for (const [name, url] of [
    ['networkUrl', networkUrl],
    ['publicUrl', publicUrl],
  ] as const)
    if (url !== undefined && !isSafe(url))
      found.push(`${flagOf(name)} must be https here, or http on this machine itself`);
  if (s3Bucket !== undefined)
    found.push(
      `${flagOf('networkUrl')} and ${flagOf('s3Bucket')} do not go together: inputs stay on this machine here`,
    );
  return found;
}
