// What must hold between the options of network mode.
import { isLoopback } from './attest.js';
import { flagOf, type OptionValues } from './options.js';

/** The prover's key itself, for platforms that hand secrets over in no other way. No option: it must not be on a command line or in a file of options. */
export const networkKeyVariable = 'SEALED_NETWORK_KEY';

const isSafe = (origin: string) =>
  origin.startsWith('https:') || isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''));

export function networkContradictions({
  networkUrl,
  networkFlavour,
  networkKeyFile,
  publicUrl,
  s3Bucket,
  deliver,
  undelivered,
  serveProofs,
  hasKeyInEnvironment,
}: Pick<
  OptionValues,
  | 'networkUrl'
  | 'networkFlavour'
  | 'networkKeyFile'
  | 'publicUrl'
  | 's3Bucket'
  | 'deliver'
  | 'undelivered'
  | 'serveProofs'
> & { readonly hasKeyInEnvironment: boolean }): string[] {
  // Whatever else is set: who asks for it reads why.
  if (networkFlavour === 'auction')
    return [
      `${flagOf('networkFlavour')} auction is not served: there an executor that the network names must read the input before anything is settled, and inputs do not leave this machine. Take base, whose clients ask in Reserved mode`,
    ];
  if (networkUrl === undefined)
    return [
      ...(networkKeyFile === undefined ? [] : [flagOf('networkKeyFile')]),
      ...(hasKeyInEnvironment ? [networkKeyVariable] : []),
    ].map((key) => `${key} needs ${flagOf('networkUrl')}: whom it signs for`);
  const found: string[] = [];
  if (networkKeyFile === undefined && !hasKeyInEnvironment)
    found.push(`${flagOf('networkUrl')} needs ${flagOf('networkKeyFile')}: the key that signs proofs there`);
  if (networkKeyFile !== undefined && hasKeyInEnvironment)
    found.push(
      `${flagOf('networkKeyFile')} and ${networkKeyVariable} both give a key: take one of them, the file rather`,
    );
  if (publicUrl === undefined)
    found.push(`${flagOf('networkUrl')} needs ${flagOf('publicUrl')}: clients sign it into every request`);
  for (const [name, url] of [
    ['networkUrl', networkUrl],
    ['publicUrl', publicUrl],
  ] as const)
    if (url !== undefined && !isSafe(url))
      found.push(`${flagOf(name)} must be https here, or http on this machine itself`);
  if (deliver === 'nothing' && serveProofs === 'network')
    found.push(
      `${flagOf('serveProofs')} network needs ${flagOf('deliver')} proof: the network has no proof that clients could fetch there`,
    );
  if (deliver === 'proof' && undelivered === 'keep')
    found.push(
      `${flagOf('undelivered')} keep needs ${flagOf('deliver')} nothing: with proof nothing stays undelivered`,
    );
  if (s3Bucket !== undefined)
    found.push(
      `${flagOf('networkUrl')} and ${flagOf('s3Bucket')} do not go together: inputs stay on this machine here`,
    );
  return found;
}
