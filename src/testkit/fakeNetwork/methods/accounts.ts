// What the fake network answers about accounts: unsigned, from its state.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ProverNetwork } from '../../../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress } from '../../../ids.js';
import type { UnaryMethod } from '../../../transport/grpc/call.js';
import { parseMessage, unary } from '../../../transport/grpc/unary.js';
import { malformedField, refused } from '../refused.js';
import type { FakeWorld } from '../world.js';

function addressOf(bytes: Uint8Array): Address {
  const address = parseAddress(bytes);
  if (address === undefined) throw malformedField('address');
  return address;
}

export const getNonce = ({ ledger, nonceLag }: FakeWorld) =>
  unary(ProverNetwork.method.getNonce, ({ address }) => {
    const behind = ledger.nonceOf(addressOf(address)) - nonceLag();
    return { nonce: behind < 0n ? 0n : behind };
  });

export const getBalance = () =>
  unary(ProverNetwork.method.getBalance, ({ address }) => {
    addressOf(address);
    return { amount: (10n ** 24n).toString() };
  });

export const getOwner = ({ ledger }: FakeWorld) =>
  unary(ProverNetwork.method.getOwner, ({ address }) => ({
    owner: bytesOf(ledger.ownerOf(addressOf(address))),
  }));

/** Not in the base schema that is generated: 1 address → 1 is_whitelisted. No peer calls it. */
export const getTeeWhitelistStatus = ({ ledger }: FakeWorld): UnaryMethod => ({
  path: '/network.ProverNetwork/GetTEEWhitelistStatus',
  async answer({ raw }) {
    // The same shape, under another name.
    const { address } = parseMessage(ProverNetwork.method.getOwner.input, raw);
    const isWhitelisted = ledger.teeWhitelist.has(addressOf(address));
    return isWhitelisted ? new BinaryWriter().tag(1, WireType.Varint).bool(true).finish() : new Uint8Array();
  },
});

export const getFilteredReservations = ({ ledger }: FakeWorld) =>
  unary(ProverNetwork.method.getFilteredReservations, ({ requester, limit = 10, page = 1 }) => {
    const wanted = requester && addressOf(requester);
    const found = [...ledger.reservations].filter(([address]) => wanted === undefined || address === wanted);
    const start = (Math.max(1, page) - 1) * limit;
    return {
      reservations: found.slice(start, start + limit).map(([address, { fulfiller, createdAt }]) => ({
        requester: bytesOf(address),
        fulfiller: bytesOf(fulfiller),
        createdAt: BigInt(createdAt),
      })),
    };
  });

export const getTransactionDetails = ({ ledger }: FakeWorld) =>
  unary(ProverNetwork.method.getTransactionDetails, ({ txHash }) => {
    const transaction = ledger.transactions.get(Buffer.from(txHash).toString('hex'));
    if (transaction === undefined) throw refused('notFound', 'transaction not found');
    const { sender, signature, nonce, createdAt, method, requestId } = transaction;
    return {
      transaction: {
        txHash,
        sender: bytesOf(sender),
        signature,
        nonce,
        createdAt: BigInt(Math.floor(createdAt / 1000)),
        name: method,
        ...(requestId !== undefined && { requestId: bytesOf(requestId) }),
      },
    };
  });
