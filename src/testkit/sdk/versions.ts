// What versions of sp1-sdk do differently on the wire. Read from its tagged sources (network/{client,prover}.rs, proto/).
import type { Kind } from './fields.js';

export type SdkFlavour = 'base' | 'auction';

export interface SdkVersion {
  readonly name: string;
  readonly userAgent: string;
  /** One connection for all calls; older ones open a new one for each. */
  readonly sharesConnection: boolean;
  /** Uploads are zstd; before, raw. */
  readonly compresses: boolean;
  /** Has `stdin_private` fields and PRIVATE_STDIN artifacts. */
  readonly knowsPrivate: boolean;
  readonly minAuctionPeriod: bigint;
  /** Takes a proof also when its deadline has passed. */
  readonly takesLateProofs: boolean;
  /** Reads details of base requests with the auction's schema: a defect that its users still have. */
  readonly confusesDetails: boolean;
}

const tonic12 = 'tonic/0.12.3';

export const sdk5: SdkVersion = {
  name: 'v5.2.4',
  userAgent: tonic12,
  sharesConnection: false,
  compresses: false,
  knowsPrivate: false,
  minAuctionPeriod: 1n,
  takesLateProofs: false,
  confusesDetails: false,
};
export const sdk60: SdkVersion = {
  ...sdk5,
  name: 'v6.0',
  compresses: true,
  minAuctionPeriod: 0n,
  confusesDetails: true,
};
export const sdk64: SdkVersion = {
  ...sdk60,
  name: 'v6.4',
  sharesConnection: true,
  knowsPrivate: true,
  takesLateProofs: true,
  confusesDetails: false,
};
export const sdk610: SdkVersion = { ...sdk64, name: 'v6.10', userAgent: 'tonic/0.14.6' };

export const sdkVersions = [sdk5, sdk60, sdk64, sdk610] as const;

const lengths = (...numbers: number[]) => Object.fromEntries(numbers.map((number) => [number, 'length' as Kind]));
const varints = (...numbers: number[]) => Object.fromEntries(numbers.map((number) => [number, 'varint' as Kind]));

/** Fields 1 to 33 of ProofRequest, the same in both flavours. */
const common = {
  ...lengths(1, 2, 3, 6, 7, 13, 14, 15, 16, 17, 21, 23, 24, 25, 30, 31, 33),
  ...varints(4, 5, 8, 9, 10, 11, 12, 18, 19, 20, 22, 26, 27, 28, 29, 32),
};
/** ProofRequest in each flavour, with the newest fields: a version that does not know them skips them. */
export const proofRequestKinds: Readonly<Record<SdkFlavour, Readonly<Record<number, Kind>>>> = {
  base: { ...common, ...varints(34, 35) },
  auction: { ...common, ...lengths(34, 35, 39, 40), ...varints(36, 37, 38) },
};
