// Sample requests and results for tests.

import type { Execution } from '../../engines/jobs.js';
import type { Address, ArtifactId, Sha256, VkHash } from '../../ids.js';
import type { ProofRef, ProofRequest, RecordedExecution } from '../../machines/request/rules.js';
import { scriptedVkHash } from '../engine/scriptedLanes.js';
import { sampleRequestId } from '../sampleIds.js';

const hex = (byte: string, length = 32) => byte.repeat(length);

export const execution: Execution = { cycles: '1234', gas: '5678', publicValuesHash: hex('aa') as Sha256 };
export const proof: ProofRef = { id: hex('bb') as ArtifactId, sha256: hex('cc') as Sha256, sizeBytes: 99 };

/** Of a request in mode tee, by a process that is gone. */
export const vouchedExecution: RecordedExecution = {
  ...execution,
  vouched: {
    vkHash: scriptedVkHash,
    programSha256: hex('44') as Sha256,
    publicValues: { id: hex('dd') as ArtifactId, sha256: execution.publicValuesHash, sizeBytes: 4 },
    mac: hex('ee'),
  },
};

export const proofRequest = (changes: Partial<ProofRequest> = {}): ProofRequest => ({
  requestId: sampleRequestId(),
  requester: hex('11', 20) as Address,
  flavour: 'base',
  vkHash: hex('22') as VkHash,
  version: 'sp1-v6.1.0',
  mode: 'core',
  strategy: 2,
  stdin: { id: hex('33') as ArtifactId, sha256: hex('44') as Sha256, sizeBytes: 24 },
  stdinPrivate: true,
  deadlineAt: 10_000_000,
  cycleLimit: '1000000',
  gasLimit: '18446744073709551615',
  minAuctionPeriod: '0',
  whitelist: [],
  createdAt: 1000,
  ...changes,
});
