// Of a service that signs nothing: requests in mode tee that an earlier start has taken wait until their deadline.
import type { Signer } from './signer.js';

export const noSigner: Signer = {
  active: () => ({ waiting: 'this service was started without --tee' }),
  keys: () => [],
  onChange: () => () => {},
};
