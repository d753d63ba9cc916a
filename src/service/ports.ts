// What the service stands on: everything by which time, chance, disks, threads and processes reach it. `assemble.ts` gets all of it from
// here, so that tests bring their own and still run the service's own composition.
import type { ArtifactBackend } from '../artifacts/port.js';
import type { Bucket } from '../artifacts/s3/bucket.js';
import type { Clock } from '../clock.js';
import type { VkHash } from '../ids.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import type { JobMetrics } from '../metrics/jobMetrics.js';
import type { Meter } from '../metrics/meter.js';
import type { NetworkPorts } from '../network/network.js';
import type { Random } from '../random.js';
import type { Admit } from '../rpc/access/access.js';
import type { Signatures } from '../rpc/signed/signatures.js';
import type { Store } from '../store/environment.js';
import type { Signer } from '../tee/signer.js';
import type { Collector } from '../traces/collector.js';
import type { OpenedRecords } from './openRecords.js';

export interface TeePorts {
  readonly signer: Signer;
  /** 32 bytes, of this process alone. */
  readonly voucherKey: Uint8Array;
  /** What /health says of the keys. */
  readonly health?: () => object;
  /** Whether this program is one of those that are signed for. Default: each is. */
  readonly isSignedFor?: (vkHash: VkHash) => boolean;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** All that is counted or measured registers here. */
  readonly meter: Meter;
  /** Over the pages of LMDB, or over pages in memory. */
  readonly store: Store;
  readonly artifacts: ArtifactBackend;
  /** Where clients may be sent past this process. */
  readonly presigning?: Bucket | undefined;
  /** The dispatcher over its lanes. Whoever made it starts and stops it. */
  readonly scheduling: Scheduling;
  /** Hears how requests end. Absent where nobody hears of jobs. */
  readonly jobs?: Pick<JobMetrics, 'ended'> | undefined;
  readonly signatures: Signatures;
  /** Where something was written of before the assembly. Absent: it opens them. */
  readonly records?: OpenedRecords | undefined;
  /** Who signs in mode tee. Absent where nothing is signed. */
  readonly tee?: TeePorts | undefined;
  /** Absent where the service is a network of its own. */
  readonly network?: NetworkPorts | undefined;
  /** Takes traces. Absent where none are sent. */
  readonly collector?: Collector | undefined;
  /** Every call stands behind it. */
  readonly admit: Admit;
}
