// Every way this service says no: the closed union, inferred from the definitions of each domain.
import { accessFailures } from './access.js';
import { adminFailures } from './admin.js';
import { artifactFailures } from './artifacts.js';
import { attestationFailures } from './attestation.js';
import type { Definition, Retry } from './define.js';
import { engineFailures } from './engines.js';
import { guestFailures } from './guests.js';
import { networkFailures } from './network.js';
import { programFailures } from './programs.js';
import { relayFailures } from './relay.js';
import { requestFailures } from './requests.js';
import { serviceFailures } from './service.js';
import { wireFailures } from './wire.js';
import { workerFailures } from './workers.js';

export const definitions = {
  ...wireFailures,
  ...accessFailures,
  ...attestationFailures,
  ...programFailures,
  ...artifactFailures,
  ...networkFailures,
  ...requestFailures,
  ...guestFailures,
  ...engineFailures,
  ...relayFailures,
  ...serviceFailures,
  ...adminFailures,
  ...workerFailures,
};

type Definitions = typeof definitions;

export type FailureCode = keyof Definitions;
export type DataOf<C extends FailureCode> = Definitions[C] extends Definition<infer Data> ? Data : never;
export type FailureOf<C extends FailureCode> = { readonly code: C; readonly retry: Retry } & Readonly<DataOf<C>>;
/** Plain data: it is persisted in snapshots and crosses worker threads. */
export type Failure = { [C in FailureCode]: FailureOf<C> }[FailureCode];
