// A request as the wire shows it, in details and lists. Its two schemas agree on fields 1 to 33 and disagree on 34 and 35.
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { artifactUri } from '../../artifacts/capability.js';
import { requestModeNumber } from '../../engines/jobs.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import { ProofRequestSchema as AuctionProofRequestSchema } from '../../gen/network/auction/auction_pb.js';
import { type ProofMode, ProofRequestSchema, SettlementStatus } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import type { Flavour } from '../../machines/request/rules.js';
import { type RequestView, vkHashOf } from '../../machines/request/view.js';
import { programFor } from '../../programs/programs.js';
import type { Store } from '../../store/environment.js';
import {
  errorOf,
  executionOf,
  executionStatusOf,
  failureCauseOf,
  fulfillmentStatusOf,
  secondsOf,
} from './wireStatus.js';

type Programs = Pick<Store, 'get'>;

export interface ProofRequestForm {
  readonly schema: Flavour;
  /** With the fields 34 and 35: error and stdin_private in base, prices in auction. A reader of the other schema fails on them. */
  readonly disputed: boolean;
}

/** The bytes of one ProofRequest. */
export function encodeProofRequest(
  store: Programs,
  view: RequestView,
  { schema, disputed }: ProofRequestForm,
): Uint8Array {
  const common = { ...commonFields(store, view), ...(view.state === 'failed' && { errorTrace: errorTraceOf(view) }) };
  if (schema === 'base') {
    const fields = { ...common, ...(disputed && { error: errorOf(view), stdinPrivate: view.request.stdinPrivate }) };
    return toBinary(ProofRequestSchema, create(ProofRequestSchema, fields));
  }
  const fields = {
    ...common,
    ...(disputed && view.request.prices),
    error: errorOf(view),
    isCanceled: view.state === 'cancelled',
    stdinPrivate: view.request.stdinPrivate,
  };
  return toBinary(AuctionProofRequestSchema, create(AuctionProofRequestSchema, fields));
}

/** Answers of details and of lists alike: ProofRequests under field 1, each in a schema of its own. */
export function answerWith(proofRequests: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const each of proofRequests) writer.tag(1, WireType.LengthDelimited).bytes(each);
  return writer.finish();
}

/** UTF-8 JSON, as the network has it in the auction's schema: the one place on the wire for the reason in words. */
const errorTraceOf = ({ failure }: Extract<RequestView, { state: 'failed' }>) =>
  new TextEncoder().encode(JSON.stringify({ code: failure.code, message: sentenceOf(failure) }));

function commonFields(store: Programs, view: RequestView) {
  const { request } = view;
  const execution = executionOf(view);
  const vkHash = vkHashOf(view);
  const program = programFor(store, vkHash, request.requester);
  return {
    requestId: bytesOf(request.requestId),
    vkHash: bytesOf(vkHash),
    version: request.version,
    // The SDK's own schema has no name for tee. Its number passes through.
    mode: requestModeNumber[request.mode] as ProofMode,
    strategy: request.strategy,
    programUri: program ? artifactUri(program.artifactId) : '',
    stdinUri: artifactUri(request.stdin.id),
    deadline: secondsOf(request.deadlineAt),
    cycleLimit: BigInt(request.cycleLimit),
    fulfillmentStatus: fulfillmentStatusOf(view),
    executionStatus: executionStatusOf(view),
    requester: bytesOf(request.requester),
    createdAt: secondsOf(request.createdAt),
    updatedAt: secondsOf(view.updatedAt),
    ...(view.state === 'fulfilled' && { fulfilledAt: secondsOf(view.updatedAt) }),
    txHash: bytesOf(request.requestId),
    ...(execution && {
      cycles: BigInt(execution.cycles),
      gasUsed: BigInt(execution.gas),
      publicValuesHash: bytesOf(execution.publicValuesHash),
    }),
    gasLimit: BigInt(request.gasLimit),
    executeFailCause: failureCauseOf(view),
    settlementStatus: SettlementStatus.UNSETTLED,
    minAuctionPeriod: BigInt(request.minAuctionPeriod),
    whitelist: request.whitelist.map(bytesOf),
  };
}
