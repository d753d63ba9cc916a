// The control of a fake network by HTTP and JSON, for those who run it as a process: `POST /control/addReservation` with
// `{"requester": "0x…", "fulfiller": "0x…"}`, `GET /control/state`.
import { json } from 'node:stream/consumers';
import type { ExecutionStatus, FulfillmentStatus } from '../../gen/network/network_pb.js';
import { type Address, parseAddress, parseRequestId, type RequestId } from '../../ids.js';
import { answerJson } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Controllable } from './fakeNetwork.js';
import type { Fault } from './faults.js';

type Given = Readonly<Record<string, unknown>>;

function address(given: Given, name: string): Address {
  const found = parseAddress(String(given[name]));
  if (found === undefined) throw new Error(`${name} is no address`);
  return found;
}

function requestId(given: Given): RequestId {
  const found = parseRequestId(String(given['requestId']));
  if (found === undefined) throw new Error('requestId is none');
  return found;
}

const verbs: Readonly<Record<string, (network: Pick<Controllable, 'control' | 'faults'>, given: Given) => void>> = {
  addReservation: ({ control }, given) =>
    control.addReservation(address(given, 'requester'), address(given, 'fulfiller')),
  removeReservation: ({ control }, given) => control.removeReservation(address(given, 'requester')),
  whitelistTee: ({ control }, given) => control.whitelistTee(address(given, 'address')),
  delegate: ({ control }, given) => control.delegate(address(given, 'delegate'), address(given, 'owner')),
  assign: ({ control }, given) => control.assign(requestId(given), address(given, 'fulfiller')),
  setStatus: ({ control }, given) => control.setStatus(requestId(given), Number(given['status']) as FulfillmentStatus),
  setDeadline: ({ control }, given) => control.setDeadline(requestId(given), BigInt(String(given['deadline']))),
  setExecution: ({ control }, given) =>
    control.setExecution(requestId(given), Number(given['status']) as ExecutionStatus, Number(given['cause'] ?? 0)),
  fulfilAsOther: ({ control }, given) =>
    control.fulfilAsOther(requestId(given), Buffer.from(String(given['proof']), 'base64'), address(given, 'fulfiller')),
  unassign: ({ control }, given) => control.unassign(requestId(given)),
  lagNonces: ({ control }, given) => control.lagNonces(BigInt(String(given['by']))),
  lagDetails: ({ control }, given) => control.lagDetails(Number(given['ms'])),
  shiftPages: ({ control }, given) => control.shiftPages(Number(given['by'])),
  turn: ({ control }, given) => control.turn(given),
  setFault({ faults }, { method, fault, ...window }) {
    const { expected, ...rest } = fault as Record<string, unknown>;
    const nonce = expected === undefined ? {} : { expected: BigInt(String(expected)) };
    faults.set(String(method), { ...rest, ...nonce } as Fault, window);
  },
  clearFaults: ({ faults }) => faults.clear(),
};

export const controlRoutes = ({ record, control, faults, invariants }: Controllable): readonly Route[] => [
  {
    methods: ['POST'],
    path: /^\/control\/([A-Za-z]+)$/,
    async answer(exchange, verb) {
      const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
      if (act === undefined) return answerJson(exchange, 404, { error: `one of ${Object.keys(verbs).join(', ')}` });
      try {
        act({ control, faults }, (await json(exchange.body)) as Given);
        return await answerJson(exchange, 200, {});
      } catch (error) {
        return answerJson(exchange, 400, { error: (error as Error).message });
      }
    },
  },
  {
    methods: ['GET'],
    path: '/control/state',
    answer: (exchange) =>
      answerJson(exchange, 200, {
        broken: invariants(),
        calls: record.calls.map(({ method, verdict, code, signer, nonce, at }) => ({
          method,
          verdict,
          code,
          signer,
          nonce: nonce?.toString(),
          at,
        })),
      }),
  },
];
