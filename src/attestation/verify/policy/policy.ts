// What a policy may ask. What is not named is not pinned, and its check says that it was skipped.
import type { TcbStatus } from '../tcb/status.js';

export const levels = ['none', 'genuine', 'bound', 'identified'] as const;
export type Level = (typeof levels)[number];

export const acceptableStatuses = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
] as const satisfies readonly Exclude<TcbStatus, 'Revoked'>[];

export const allowableAttributes = ['icssd', 'lass', 'pks', 'kl', 'tpa', 'perfmon'] as const;

export interface OsImage {
  readonly name: string;
  readonly mrTd: string;
  /** One for each shape of VM. */
  readonly rtmr0: readonly string[];
  readonly rtmr1: string;
  readonly rtmr2: string;
}

export interface Policy {
  readonly name: string;
  readonly require: Exclude<Level, 'none'>;
  readonly tcb: {
    readonly statuses: readonly TcbStatus[];
    /** How many days after its date an OutOfDate status that is listed is still accepted. */
    readonly graceDays: number;
    readonly allowedAdvisories: readonly string[];
    readonly refusedAdvisories: readonly string[];
    readonly minEvaluationDataNumber: number;
  };
  readonly td: { readonly allow: readonly (typeof allowableAttributes)[number][] };
  readonly os?: readonly OsImage[] | undefined;
  readonly rtmr3?: readonly string[] | undefined;
  readonly compose?: ComposePolicy | undefined;
  readonly app?:
    | {
        readonly ids?: readonly string[] | undefined;
        readonly instances?: readonly string[] | undefined;
        readonly keyProviders?:
          | readonly { readonly name: string; readonly ids?: readonly string[] | undefined }[]
          | undefined;
      }
    | undefined;
  readonly devices?: readonly string[] | undefined;
  readonly tls?: TlsPolicy | undefined;
  readonly statement?: StatementPolicy | undefined;
}

export interface ComposePolicy {
  readonly hashes?: readonly string[] | undefined;
  /** Digests by repository. */
  readonly images?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly allowedEnvs?: readonly string[] | undefined;
  readonly preLaunchScripts?: readonly string[] | undefined;
  readonly publicLogs: boolean;
  readonly agentSocketServices?: readonly string[] | undefined;
  readonly publishedPorts?: readonly number[] | undefined;
}

export interface TlsPolicy {
  readonly domains?: readonly string[] | undefined;
  readonly caa: 'require' | 'check' | 'ignore';
  readonly acmeAccounts?: readonly string[] | undefined;
  readonly nonce: 'require' | 'optional';
}

export interface StatementPolicy {
  readonly service?: string | undefined;
  readonly versions?: readonly string[] | undefined;
  readonly sealing?: readonly string[] | undefined;
  readonly swap?: false | undefined;
}

/** What holds where there is no policy: an up-to-date platform, a closed VM, and nothing pinned. */
export const noPolicy: Omit<Policy, 'name' | 'require'> = {
  tcb: {
    statuses: ['UpToDate'],
    graceDays: 0,
    allowedAdvisories: [],
    refusedAdvisories: [],
    minEvaluationDataNumber: 0,
  },
  td: { allow: [] },
};
