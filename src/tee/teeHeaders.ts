// What an answer says of the key that has signed it. It is a hint: a client verifies the signature, and what vouches for its key.
import type { SigningKey } from './signer.js';

export function teeHeadersOf({ address, isSimulated, registration }: SigningKey): Record<string, string> {
  return {
    'tee-signer': `0x${address}`,
    ...(isSimulated && { 'tee-dev': '1' }),
    ...(registration && {
      'tee-expires-at': `${registration.expiresAt}`,
      'tee-registry': `0x${registration.registry}`,
    }),
  };
}
