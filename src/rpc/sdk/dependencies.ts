// What the handlers of the SDK's wire work with. Each takes the part that it needs.

import type { Capabilities } from '../../artifacts/capability.js';
import type { Catalog } from '../../artifacts/catalog.js';
import type { DirectTransfers } from '../../artifacts/s3/presignedTransfers.js';
import type { Clock } from '../../clock.js';
import type { VkHash } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import type { Random } from '../../random.js';
import type { Registry } from '../../requests/registry.js';
import type { Store } from '../../store/environment.js';
import type { Admit } from '../access/access.js';
import type { Nonces } from '../signed/nonces.js';
import type { Signatures } from '../signed/signatures.js';
import type { ArtifactOrigin } from './artifactOrigin.js';
import type { HeldPolls } from './polls/heldPolls.js';

export interface SdkDependencies {
  /** Every method stands behind it. */
  readonly admit: Admit;
  readonly registry: Registry;
  readonly scheduling: Pick<Scheduling, 'refusal' | 'outage'>;
  readonly capabilities: Capabilities;
  readonly catalog: Catalog;
  /** Where clients are sent to the bucket itself. */
  readonly direct: DirectTransfers | undefined;
  readonly store: Store;
  readonly signatures: Signatures;
  readonly nonces: Nonces;
  readonly heldPolls: Pick<HeldPolls, 'hold'>;
  /** Absent where nothing is signed. */
  readonly tee?: { readonly isSignedFor?: (vkHash: VkHash) => boolean } | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Most programs that one address may register. */
  readonly maxProgramsOfOwner: number;
  readonly artifactOrigin: ArtifactOrigin;
}
