// What of the configuration the parts of the service are made with, by part. The table of options itself stays flat: flags, variables,
// the file and their page are all made from it, and a name of two levels would exist in none of them.
import type { SlotLimits } from '../artifacts/slots.js';
import type { SpaceLimits } from '../artifacts/uploadSpace.js';
import type { Config } from '../config/load.js';
import type { NetworkSettings } from '../network/network.js';

export interface Settings {
  /** Where clients reach us, when that is not what they say themselves. */
  readonly publicUrl: string | undefined;
  readonly requests: {
    /** Most that may be open at once, of all and of one requester. */
    readonly maxOpen: number;
    readonly maxOpenOfRequester: number;
    /** Under way at once; the others wait in line. */
    readonly maxActive: number;
    readonly proofRetentionMs: number;
    /** One that fails by a fault of ours waits so long for an operator. 0: it ends. */
    readonly holdFailedMs: number;
    /** Undefined: records stay. */
    readonly recordRetentionMs: number | undefined;
  };
  readonly uploads: {
    readonly slots: SlotLimits;
    readonly space: SpaceLimits;
    /** Largest of a kind, in decompressed bytes. */
    readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
  };
  readonly programs: { readonly maxOfOwner: number };
  readonly tee: {
    readonly maxPublicValuesBytes: number;
    /** Whether calls are taken that name no address. */
    readonly isOpen: boolean;
    /** Whether SP1's TEE 2FA is served too. */
    readonly hasSecondFactor: boolean;
  };
  readonly polls: { readonly holdMs: number };
  /** How many entries are kept. */
  readonly feed: { readonly retention: number };
  /** Read in network mode. */
  readonly network: NetworkSettings;
}

/** Uploads that may wait for their turn. Each holds a connection and what the system has buffered of it. */
const waitingUploads = 256;

export const settingsOf = (config: Config): Settings => ({
  publicUrl: config.publicUrl,
  requests: {
    maxOpen: config.maxOpenRequests,
    maxOpenOfRequester: config.maxOpenRequestsPerAddress,
    maxActive: config.maxActiveRequests,
    proofRetentionMs: config.proofRetention,
    holdFailedMs: config.holdFailed,
    recordRetentionMs: config.recordRetention,
  },
  uploads: {
    slots: { size: config.uploads, perOwner: config.uploadsPerAddress, waiting: waitingUploads },
    space: { bytes: config.uploadSpace, bytesOfOwner: config.uploadSpacePerAddress },
    limitBytes: { program: config.maxProgramSize, stdin: config.maxStdinSize },
  },
  programs: { maxOfOwner: config.maxProgramsPerAddress },
  tee: {
    maxPublicValuesBytes: config.teeMaxPublicValues,
    hasSecondFactor: config.tee2fa === 'on',
    isOpen: config.allowlist === undefined || config.tokenFile !== undefined,
  },
  polls: { holdMs: config.holdPolls },
  feed: { retention: config.feedRetention },
  network: {
    deliver: config.deliver,
    undelivered: config.undelivered,
    reportExecutions: config.reportExecutions,
    lateGraceMs: config.lateGrace,
    deadlineMarginMs: config.networkDeadlineMargin,
    serveProofs: config.serveProofs,
    programUploads: config.programUploads,
    adopt: config.adopt,
    hosts: config.networkHosts,
    forget: config.networkForget === 'on',
  },
});
