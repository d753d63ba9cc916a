// What every method of the fake network works with.
import type { Clock } from '../../clock.js';
import type { Address } from '../../ids.js';
import type { FakeArtifact, Ledger } from './ledger.js';
import type { FakeCall, FakeRecord } from './record.js';
import type { Switches } from './switches.js';

export interface FakeWorld {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly record: FakeRecord;
  /** The call that is being answered. */
  readonly call: () => FakeCall;
  switches(): Switches;
  /** Who proves what asks for no particular prover. */
  hosted(): Address;
  /** `s3://…` of an artifact, and where it is read and written by HTTP. */
  uriOf(artifact: FakeArtifact): string;
  urlOf(artifact: FakeArtifact): string;
  /** Undefined for a URI of somebody else. */
  artifactOf(uri: string): FakeArtifact | undefined;
  /** So far behind the truth is what GetNonce answers. */
  nonceLag(): bigint;
  /** What the control has done to a request is not shown in details and lists before this moment (ms). */
  detailsLagMs(): number;
  /** By so many entries a list has moved from one of its pages to the next. */
  pageShift(): number;
}
