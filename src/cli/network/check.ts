// `sealed-prover network check`: what the network says of a prover's key, and what it does not say. Nothing is signed.
import { createSigner } from '../../client/signer.js';
import { networkKeyVariable } from '../../config/network.js';
import { FulfillmentStatus, ProverNetwork } from '../../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress, type RequestId, shownId } from '../../ids.js';
import { createUpstream, type Upstream, UpstreamError } from '../../network/upstream.js';
import type { Cli } from '../cli.js';
import { readSecretKey, secretKeyOf } from '../contracts/keyFile.js';
import { toJson } from '../output.js';

export interface NetworkCheckOptions {
  readonly networkUrl: URL;
  readonly networkKeyFile?: string;
  readonly requester?: Address;
  readonly request?: RequestId;
  readonly json?: true;
}

/** What could not be learnt, in the words of the network. */
interface Unknown {
  readonly code: number;
  readonly text: string;
}

type Learnt<T> = T | { readonly unknown: Unknown };

const pageSize = 100;

/** Answers 0 when the network knows an owner. Throws CliError for a key that cannot be used. */
export async function runNetworkCheck(
  { output, clock, environment }: Cli,
  options: NetworkCheckOptions,
): Promise<number> {
  const { address } = createSigner(keyOf(options, environment));
  const upstream = createUpstream({ url: options.networkUrl, clock });
  try {
    const facts = await learn(upstream, address, options);
    output.print(options.json ? toJson(facts) : textOf(facts));
    return typeof facts.owner === 'string' ? 0 : 1;
  } finally {
    upstream.close();
  }
}

/** Throws CliError. */
function keyOf({ networkKeyFile }: NetworkCheckOptions, environment: Cli['environment']): `0x${string}` {
  if (networkKeyFile !== undefined) return readSecretKey(networkKeyFile, '--network-key-file');
  return secretKeyOf(environment[networkKeyVariable], { option: '--network-key-file', variable: networkKeyVariable });
}

async function learn(upstream: Upstream, signer: Address, { requester, request }: NetworkCheckOptions) {
  const { getOwner, getNonce, getFilteredReservations, getFilteredProofRequests, getProofRequestDetails } =
    ProverNetwork.method;
  const address = bytesOf(signer);
  const owner = await learnt(async () => {
    const found = parseAddress((await upstream.read(getOwner, { address }, 0)).owner);
    return found === undefined ? 'an address that is none' : shownId(found);
  });
  const ownerBytes = bytesOf((typeof owner === 'string' && parseAddress(owner)) || signer);
  return {
    signer: shownId(signer),
    owner,
    nonce: await learnt(async () => (await upstream.read(getNonce, { address }, 0)).nonce.toString()),
    assigned: await learnt(async () => {
      const filter = { fulfiller: ownerBytes, fulfillmentStatus: FulfillmentStatus.ASSIGNED, limit: pageSize };
      const { requests } = await upstream.read(getFilteredProofRequests, filter, 0);
      return requests.length < pageSize ? `${requests.length}` : `${pageSize} or more`;
    }),
    ...(requester !== undefined && {
      reservation: await learnt(async () => {
        const { reservations } = await upstream.read(getFilteredReservations, { requester: bytesOf(requester) }, 0);
        const provers = reservations
          .map(({ fulfiller }) => parseAddress(fulfiller))
          .filter((each) => each !== undefined);
        return provers.length === 0 ? 'none' : provers.map(shownId).join(', ');
      }),
    }),
    ...(request !== undefined && {
      request: await learnt(async () => {
        const { request: found } = await upstream.read(getProofRequestDetails, { requestId: bytesOf(request) }, 0);
        if (found === undefined) return 'not there';
        const fulfiller = found.fulfiller && parseAddress(found.fulfiller);
        return `${FulfillmentStatus[found.fulfillmentStatus] ?? found.fulfillmentStatus}, ${fulfiller ? shownId(fulfiller) : 'no prover'}`;
      }),
    }),
  };
}

async function learnt<T>(ask: () => Promise<T>): Promise<Learnt<T>> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UpstreamError) return { unknown: { code: error.code, text: error.text } };
    throw error;
  }
}

const textOf = (facts: Readonly<Record<string, Learnt<string>>>): string =>
  Object.entries(facts)
    .map(([name, found]) => {
      const value = typeof found === 'string' ? found : `not learnt: code ${found.unknown.code}, ${found.unknown.text}`;
      return `${name.padEnd(12)}${value}`;
    })
    .join('\n');
