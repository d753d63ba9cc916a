// What the handlers of the SDK's wire work with. Each takes the part that it needs.

import type { Scheduling } from '../../actors/lanes/scheduling.js';
import type { Registry } from '../../actors/registry.js';
import type { Capabilities } from '../../artifacts/capability.js';
import type { Catalog } from '../../artifacts/catalog.js';
import type { DirectTransfers } from '../../artifacts/s3/direct.js';
import type { Clock } from '../../clock.js';
import type { Store } from '../../store/environment.js';
import type { Admit } from '../access/access.js';
import type { Nonces } from '../signed/nonces.js';
import type { Signatures } from '../signed/signatures.js';
import type { HeldPolls } from './waiting/heldPolls.js';
import type { WaitLoops } from './waiting/waitLoops.js';

export interface NetworkDependencies {
  /** Every method stands behind it. */
  readonly admit: Admit;
  readonly registry: Registry;
  readonly scheduling: Pick<Scheduling, 'refusal'>;
  readonly capabilities: Capabilities;
  readonly catalog: Catalog;
  /** Where clients are sent to the bucket itself. */
  readonly direct: DirectTransfers | undefined;
  readonly store: Store;
  readonly signatures: Signatures;
  readonly nonces: Nonces;
  readonly waitLoops: WaitLoops;
  readonly heldPolls: Pick<HeldPolls, 'hold'>;
  readonly clock: Clock;
  /** Most programs that one address may register. */
  readonly maxProgramsOfOwner: number;
  /** Origin of artifact URLs; undefined means the host and port by which the client reached us. */
  readonly publicUrl: string | undefined;
}
