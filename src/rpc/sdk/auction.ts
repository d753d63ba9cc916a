// What auction clients ask before they request a proof, and what it costs: nothing.

import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { unary } from '../../transport/grpc/unary.js';
import { domain, free, parties, prover } from './auctionTerms.js';
import type { SdkDependencies } from './dependencies.js';
import { modeField } from './fields.js';
import { secondsOf } from './wireStatus.js';

/** SDKs ask this before they upload the input, so a mode that is not served is refused here already. */
export const getProofRequestParams = ({ scheduling }: SdkDependencies) =>
  unary(ProverNetwork.method.getProofRequestParams, (request) => {
    const mode = modeField(request.mode);
    const reason = scheduling.refusal(mode);
    if (reason !== undefined) throw new FailureError(fail('MODE_UNAVAILABLE', { mode, reason }));
    return {
      domain,
      ...parties,
      maxPricePerPgu: free,
      baseFee: free,
      // Zero: prices need no rounding.
      tickSize: 0n,
      networkFloorPricePerPgu: free,
    };
  });

/**
 * Asked for provers of high availability, the SDK's `prove()` wants another one for what has just failed or is late, and does all of it
 * again with those (sp1-sdk network/prover.rs). Here the first answer is final, and with none of them the SDK shows it.
 */
export const getProversByUptime = unary(ProverNetwork.method.getProversByUptime, ({ highAvailabilityOnly }) => ({
  provers: highAvailabilityOnly ? [] : [bytesOf(prover)],
}));

export const getMarketPricePerPgu = ({ clock }: SdkDependencies) =>
  unary(ProverNetwork.method.getMarketPricePerPgu, () => ({ price: free, asOf: secondsOf(clock.now()) }));
