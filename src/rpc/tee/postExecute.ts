// POST /execute, GET /address, GET /signers: SP1's TEE 2FA, so that the SDK's public `tee::client::Client` gets its second factor here and
// sends its input to nobody else (sp1-sdk 6.10.0, network/tee/client.rs). The client looks at events alone and at no status.
import { Readable } from 'node:stream';
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import { failureFrom } from '../../failures/failureFrom.js';
import { malformed } from '../../failures/malformed.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import type { RequestId } from '../../ids.js';
import type { Registry } from '../../requests/registry.js';
import { encodeAddresses, encodeSecondFactorError, secondFactorVersion } from '../../tee/secondFactor.js';
import type { Signer } from '../../tee/signer.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';
import type { ReceivedRequest } from '../../workers/upload/task.js';
import type { Admit } from '../access/access.js';
import type { Signatures } from '../signed/signatures.js';
import type { Ends } from './ends.js';
import { callerOf } from './postRequestProof.js';
import { type TakeInDependencies, takeIn } from './takeIn.js';

export interface SecondFactorDependencies extends TakeInDependencies {
  readonly admit: Admit;
  /** Of those who may ask. */
  readonly signatures: Pick<Signatures, 'recover'>;
  readonly signer: Signer;
  readonly ends: Pick<Ends, 'of'>;
  readonly registry: Pick<Registry, 'submit' | 'cancel'>;
  readonly catalog: Catalog;
  readonly backend: Pick<ArtifactBackend, 'receiveRequest' | 'read'>;
}

/** Comments keep what lies between from closing a quiet connection. */
const heartbeatMs = 15_000;

async function postExecute(exchange: Exchange, dependencies: SecondFactorDependencies): Promise<void> {
  const text = await accepted(exchange, dependencies).then(
    (requestId) => ({ requestId }),
    (error: unknown) => ({ event: errorEvent(sentenceOf(failureFrom(error, ''))) }),
  );
  if ('requestId' in text) giveUpWithClient(exchange, text.requestId, dependencies);
  if (exchange.signal.aborted) return;
  const events = 'event' in text ? [text.event] : eventsOf(exchange, text.requestId, dependencies);
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  await exchange.answer({ status: 200, headers, body: Readable.from(events, { objectMode: false }) });
}

/** Nobody else can get the event: a client that leaves, at whatever moment, has given its request up. */
function giveUpWithClient({ signal }: Exchange, requestId: RequestId, { registry }: SecondFactorDependencies): void {
  // Refused when the request has ended.
  const giveUp = () => void registry.cancel(requestId).catch(() => undefined);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp, { once: true });
}

async function accepted(exchange: Exchange, dependencies: SecondFactorDependencies): Promise<RequestId> {
  const { admit, signatures } = dependencies;
  const { headers, connection } = exchange;
  admit({ authorization: headers.authorization, peer: connection.peer });
  if (headers['x-sp1-tee-version'] !== `${secondFactorVersion}`) {
    const problem = `it is ${secondFactorVersion} for programs of SP1 6, and no others are served`;
    throw malformed('X-SP1-Tee-Version', problem);
  }
  const termsOf = async ({ facts }: ReceivedRequest) => {
    if (facts === undefined) throw new Error('a request for a second factor without its facts');
    const { id, signature, cycleLimit } = facts;
    // It signs the id alone, neither program nor input: it says who asks, and nothing else.
    const message = Buffer.from(id, 'hex');
    const requester = await signatures.recover({ message, signature: Buffer.from(signature, 'hex') });
    return { requester, cycleLimit, form: 'secondFactor' as const };
  };
  const sender = callerOf(headers.authorization);
  return takeIn(exchange, { form: 'secondFactor', sender, termsOf }, dependencies);
}

/** Comments until there is an outcome, then the one event. */
async function* eventsOf(
  { signal }: Exchange,
  requestId: RequestId,
  dependencies: SecondFactorDependencies,
): AsyncGenerator<string> {
  const { ends, clock } = dependencies;
  const end = ends.of(requestId, signal);
  for (;;) {
    let cancel = () => {};
    const beat = new Promise<'beat'>((resolve) => {
      cancel = clock.wakeIn(heartbeatMs, () => resolve('beat'));
    });
    const first = await Promise.race([end, beat]);
    cancel();
    if (first === 'beat') {
      yield ': executing\n\n';
      continue;
    }
    if (!signal.aborted) yield await eventOf(first, dependencies);
    return;
  }
}

async function eventOf(
  end: Awaited<ReturnType<Ends['of']>>,
  { catalog, backend }: SecondFactorDependencies,
): Promise<string> {
  if (end === 'open' || end === 'unknown') return errorEvent('The service stops. Ask again.');
  if (end.state === 'failed') return errorEvent(sentenceOf(end.failure));
  if (end.state !== 'fulfilled') return errorEvent(`The request is ${end.state}.`);
  const record = catalog.lookup(end.proof.id);
  if (record === undefined) return errorEvent('The signature is gone.');
  return event(await backend.read(end.proof, record));
}

const event = (payload: Uint8Array) => `data: ${Buffer.from(payload).toString('hex')}\n\n`;
const errorEvent = (text: string) => event(encodeSecondFactorError(text));

export const secondFactorRoutes = (dependencies: SecondFactorDependencies): readonly Route[] => [
  { methods: ['POST'], path: '/execute', answer: (exchange) => postExecute(exchange, dependencies) },
  {
    methods: reads,
    path: '/address',
    answer(exchange) {
      const key = dependencies.signer.active();
      if ('waiting' in key)
        return answerJson(exchange, 503, { error: { message: `No key signs now: ${key.waiting}.` } });
      return answerJson(exchange, 200, { address: `0x${key.address}` });
    },
  },
  {
    methods: reads,
    path: '/signers',
    answer(exchange) {
      const body = encodeAddresses(dependencies.signer.keys().map(({ address }) => address));
      const headers = { 'content-type': 'application/octet-stream', 'content-length': body.byteLength };
      return exchange.answer({ status: 200, headers, body });
    },
  },
];
