// What the methods of operators read. All of it is in memory or a bounded look at the store.

import type { BrowseArtifacts } from '../../artifacts/browse.js';
import type { Clock, EpochMs, SteadyMs } from '../../clock.js';
import type { EffectiveOption } from '../../config/effective.js';
import type { Feed } from '../../feed/feed.js';
import type { RequestId } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import type { Minutes } from '../../metrics/minutes.js';
import type { Network } from '../../network/network.js';
import type { Audit } from '../../operations/audit.js';
import type { Orders } from '../../operations/orders.js';
import type { BrowsePrograms } from '../../programs/browse.js';
import type { Random } from '../../random.js';
import type { Admission } from '../../requests/admission.js';
import type { Browse } from '../../requests/browse.js';
import type { RequestCounts } from '../../requests/census.js';
import type { Registry } from '../../requests/registry.js';
import type { Releases } from '../../requests/releases.js';
import type { RequestSystem } from '../../requests/system.js';
import type { UsualTimes } from '../../requests/why/usualTimes.js';
import type { Look } from '../../requests/why/why.js';
import type { Collection } from '../../service/collection.js';
import type { LanePrograms } from '../../service/lanePrograms.js';
import type { ProgramRemoval } from '../../service/programRemoval.js';
import type { Readiness } from '../../service/readiness.js';
import type { Signers } from '../../signers/signers.js';
import type { Upkeep } from './upkeep/upkeep.js';
import type { Watchers } from './watch/watchers.js';

export interface AdminDependencies {
  readonly registry: Pick<Registry, 'view' | 'elapsedMs' | 'progress'>;
  readonly browse: Browse;
  readonly browseArtifacts: BrowseArtifacts;
  readonly browsePrograms: BrowsePrograms;
  readonly programRemoval: ProgramRemoval;
  readonly lanePrograms: LanePrograms;
  readonly collection: Collection;
  readonly why: () => Look;
  readonly usual: Pick<UsualTimes, 'of' | 'ofProgram' | 'longestMs'>;
  readonly counts: () => RequestCounts;
  readonly minutes: Minutes;
  /** Those whose actor has failed, and with what. */
  readonly setAside: ReadonlyMap<RequestId, string>;
  readonly releases: Releases;
  /** Those that have failed and wait for an operator. */
  readonly held: ReadonlySet<RequestId>;
  readonly admission: Pick<Admission, 'order' | 'applicants' | 'placeOf' | 'inside' | 'window'>;
  readonly scheduling: Pick<Scheduling, 'laneReports' | 'line' | 'startLane' | 'stopLane'>;
  readonly feed: Pick<Feed, 'newest' | 'oldest' | 'read' | 'untilGrown'>;
  readonly watchers: Watchers;
  readonly audit: Pick<Audit, 'operation' | 'entry' | 'list'>;
  readonly orders: Orders;
  readonly actRequest: RequestSystem['actRequest'];
  readonly upkeep: Upkeep;
  /** Actions that are being done, by their operation ids. */
  readonly underWay: Map<string, Promise<void>>;
  readonly random: Random;
  readonly readiness: Pick<Readiness, 'state' | 'outage'>;
  /** Undefined where the service is a network of its own. */
  readonly network: Pick<Network, 'deliveries' | 'left' | 'counts'> | undefined;
  /** Undefined where nothing is signed. */
  readonly signers: Pick<Signers, 'active' | 'views' | 'history' | 'now' | 'rotation' | 'awaited' | 'act'> | undefined;
  readonly clock: Pick<Clock, 'now' | 'steady' | 'wakeIn' | 'turn'>;
  /** The configuration, without its secrets. */
  readonly options: readonly EffectiveOption[];
  /** Of the package. */
  readonly version: string;
  /** How often the service was started with this data folder. */
  readonly life: number;
  readonly started: { readonly at: EpochMs; readonly steady: SteadyMs };
  /** Where the data folder lies. */
  readonly disk: () => Promise<{ readonly freeBytes: number; readonly sizeBytes: number }>;
  /** Memory of the service itself, without engines. */
  readonly residentBytes: () => number;
  /** For page tokens: 32 bytes that nobody else knows. */
  readonly tokenKey: Uint8Array;
}
