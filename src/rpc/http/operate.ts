// What the operator asks on a socket of their own, which nobody else may open: everything about the signing keys, and the registration that
// they send themselves. A rotation is an action, which leaves an audit: src/rpc/admin/acts/onSigner.ts.
import { malformed } from '../../failures/malformed.js';
import { Role } from '../../gen/admin/v1/access_pb.js';
import type { ByHand } from '../../signers/byHand.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { reads } from '../../transport/http/routes.js';
import type { OperatorsRoute } from '../admin/surface.js';

export interface OperatorRouteDependencies {
  readonly status: () => Promise<object>;
  /** Absent where nobody else sends registrations. */
  readonly byHand?: ByHand | undefined;
}

export const operatorRoutes = ({ status, byHand }: OperatorRouteDependencies): readonly OperatorsRoute[] => [
  {
    methods: reads,
    path: '/tee/status',
    needs: Role.READ,
    answer: async (exchange) => answerJson(exchange, 200, await status()),
  },
  ...(byHand === undefined
    ? []
    : [
        {
          methods: ['POST'],
          path: '/tee/registration',
          answer: (exchange: Exchange) => postRegistration(exchange, byHand),
        },
        {
          methods: ['POST'],
          path: '/tee/registered',
          answer: (exchange: Exchange) => postRegistered(exchange, byHand),
        },
      ]),
];

/** Of a body with a number and a hash. */
const maxBodyBytes = 1_024;

/** `{"blockNumber":n,"blockHash":"0x…"}`: has the key that waits quoted over this block, and answers what to send. */
async function postRegistration(exchange: Exchange, { requote }: ByHand): Promise<void> {
  const { blockNumber, blockHash } = await jsonOf(exchange);
  if (!Number.isSafeInteger(blockNumber) || (blockNumber as number) < 0)
    throw malformed('blockNumber', 'it is the number of a block');
  const hash = hashIn(blockHash, 'blockHash');
  const answer = await requote({ number: blockNumber as number, hash }, exchange.signal);
  await answerJson(exchange, 'problem' in answer ? 409 : 200, answer);
}

/** `{"txHash":"0x…"}`: a registration that fails in its block is noticed at once, and a new quote is made. */
async function postRegistered(exchange: Exchange, { note }: ByHand): Promise<void> {
  const { txHash } = await jsonOf(exchange);
  const answer = note(hashIn(txHash, 'txHash'));
  await answerJson(exchange, 'problem' in answer ? 409 : 202, answer);
}

function hashIn(value: unknown, field: string): string {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value)) return value.slice(2).toLowerCase();
  throw malformed(field, 'it has 0x and 64 hex digits');
}

async function jsonOf({ body }: Exchange): Promise<Record<string, unknown>> {
  let text = '';
  for await (const piece of body as AsyncIterable<Buffer>) {
    text += piece.toString('latin1');
    if (text.length > maxBodyBytes) throw malformed('body', 'it is a small JSON object');
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw malformed('body', 'it is a JSON object');
}
