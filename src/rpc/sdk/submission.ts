// A RequestProof call of either flavour, read into the one form that the registry knows.
import { parseArtifactUri } from '../../artifacts/capability.js';
import { malformed } from '../../failures/malformed.js';
import {
  type RequestProofRequestBody as AuctionBody,
  RequestProofRequestSchema as AuctionRequestSchema,
  TransactionVariant,
} from '../../gen/network/auction/auction_pb.js';
import { type RequestProofRequestBody, RequestProofRequestSchema } from '../../gen/network/network_pb.js';
import type { Address } from '../../ids.js';
import type { Submission } from '../../requests/registry.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { assertOurDomain } from './auctionTerms.js';
import { assertServed } from './circuits.js';
import { addressField, deadlineField, hashField, modeField, u64TextField, vkHashField } from './fields.js';
import { flavourOf } from './flavour.js';

/** Only a real auction reads the whitelist. Here it is echoed, and it is bounded because it is stored. */
const maxWhitelist = 64;

type Body = { flavour: 'base'; body: RequestProofRequestBody } | { flavour: 'auction'; body: AuctionBody };

/** As it came, not judged yet. */
export type ProofCall = Body & { readonly signature: Uint8Array };

/** `message`: the signed body within the envelope `raw`. Fails with MALFORMED_REQUEST. */
export function readProofCall(raw: Uint8Array, message: Uint8Array): ProofCall {
  if (flavourOf(message) === 'base') {
    const { signature, body } = parseMessage(RequestProofRequestSchema, raw);
    return { flavour: 'base', signature, body: present(body) };
  }
  const { signature, body } = parseMessage(AuctionRequestSchema, raw);
  return { flavour: 'auction', signature, body: present(body) };
}

function present<T>(body: T | undefined): T {
  if (body === undefined) throw malformed('body', 'it is missing');
  return body;
}

/** Fails with MALFORMED_REQUEST and CIRCUIT_VERSION_UNSUPPORTED. */
export function submissionOf(call: Body, requester: Address): Submission {
  const { body } = call;
  assertServed(body.version);
  const stdinId = parseArtifactUri(body.stdinUri);
  if (stdinId === undefined) throw malformed('stdin_uri', 'it must be the URI that CreateArtifact answered');
  if (body.whitelist.length > maxWhitelist) throw malformed('whitelist', `it may name at most ${maxWhitelist} provers`);
  return {
    requester,
    flavour: call.flavour,
    vkHash: vkHashField(body.vkHash),
    version: body.version,
    mode: modeField(body.mode),
    strategy: body.strategy,
    stdinId,
    stdinPrivate: body.stdinPrivate,
    deadlineAt: deadlineField(body.deadline),
    cycleLimit: body.cycleLimit.toString(),
    gasLimit: body.gasLimit.toString(),
    minAuctionPeriod: body.minAuctionPeriod.toString(),
    whitelist: body.whitelist.map((entry) => addressField('whitelist', entry)),
    ...(call.flavour === 'auction' && auctionTermsOf(call.body)),
  };
}

function auctionTermsOf(body: AuctionBody): Pick<Submission, 'prices' | 'publicValuesHash'> {
  assertOurDomain(body.domain);
  if (body.variant !== TransactionVariant.REQUEST)
    throw malformed('variant', 'this body was signed for something else');
  // A client may name others than GetProofRequestParams did. These roles do not exist here, so any will do.
  for (const party of ['auctioneer', 'executor', 'verifier', 'treasury'] as const) addressField(party, body[party]);
  return {
    prices: {
      baseFee: u64TextField('base_fee', body.baseFee),
      maxPricePerPgu: u64TextField('max_price_per_pgu', body.maxPricePerPgu),
    },
    ...(body.publicValuesHash && { publicValuesHash: hashField('public_values_hash', body.publicValuesHash) }),
  };
}
