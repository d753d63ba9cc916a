// The network as Succinct's own private prover (sp1-tee-private-proving) meets it: base flavour, circuits v5, messages of at most 4 MiB,
// programs that are read by s3:// alone, and no status of a later SDK.
import type { Switches } from '../switches.js';

export const s1Switches: Partial<Switches> = {
  circuits: 'v5',
  messageLimitBytes: 4 * 2 ** 20,
  programPublicUri: 'empty',
  expiredAs: 'assigned',
};
