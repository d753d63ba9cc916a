// POST /wait_proof: an id in, a TEE proof out, however long that takes. A client of the model takes any other answer for the end.
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Clock } from '../../clock.js';
import { malformed } from '../../failures/malformed.js';
import type { RequestView } from '../../machines/request/view.js';
import { teeHeadersOf } from '../../tee/teeHeaders.js';
import type { Exchange, HeaderFields } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import type { Admit } from '../access/access.js';
import { answerText, inText } from './answerText.js';
import type { Ends } from './ends.js';
import { answerUnknown, readGivenId } from './givenId.js';
import { proofIsGone, whyNoProof } from './whyNoProof.js';

export interface PostWaitProofDependencies {
  readonly ends: Pick<Ends, 'of'>;
  readonly catalog: Pick<Catalog, 'lookup'>;
  readonly backend: Pick<ArtifactBackend, 'open'>;
  readonly clock: Clock;
  readonly admit: Admit;
}

/** Proxies that take a silent connection for a dead one wait for at least half a minute. */
const heartbeatMs = 15_000;

async function postWaitProof(exchange: Exchange, dependencies: PostWaitProofDependencies): Promise<void> {
  const { ends, admit, clock } = dependencies;
  admit({ authorization: exchange.headers.authorization, peer: exchange.connection.peer });
  const [patienceMs, hasHeartbeat] = [patienceOf(exchange), heartbeatOf(exchange)];
  const given = await readGivenId(exchange, clock);
  if (given.requestId === undefined) return answerUnknown(exchange, given);
  const ending = ends.of(given.requestId, waitSignal(exchange, clock, patienceMs));
  const end = hasHeartbeat ? await Promise.race([ending, nextTurn(clock)]) : await ending;
  if (exchange.signal.aborted) return;
  if (end === 'not yet') return answerWithHeartbeat(exchange, ending, dependencies);
  if (end === 'unknown') return answerUnknown(exchange, given);
  if (end === 'open') return exchange.answer({ status: 204 });
  const outcome = await outcomeOf(end, dependencies);
  if ('why' in outcome) return answerText(exchange, outcome.status, outcome.why);
  const { body, headers } = outcome;
  try {
    await exchange.answer({ status: 200, headers: { 'content-type': 'application/json', ...headers }, body });
  } finally {
    // A client that has gone before its answer began leaves it unread.
    body.destroy();
  }
}

/** What is known at once has settled by then. */
async function nextTurn(clock: Clock): Promise<'not yet'> {
  await clock.turn();
  return 'not yet';
}

type Outcome =
  | { readonly status: number; readonly why: string }
  | { readonly body: Readable; readonly headers: HeaderFields };

async function outcomeOf(end: RequestView, { catalog, backend }: PostWaitProofDependencies): Promise<Outcome> {
  if (end.state !== 'fulfilled') return whyNoProof(end);
  const { proof, request } = end;
  if (request.mode !== 'tee' || proof.signer === undefined)
    return { status: 422, why: `This is a request for a ${request.mode} proof. Ask for it over SP1's own wire.` };
  const record = catalog.lookup(proof.id);
  if (record === undefined) return { status: 410, why: proofIsGone };
  const body = await backend.open(proof, record);
  return { body, headers: { 'content-length': proof.sizeBytes, ...teeHeadersOf(proof.signer) } };
}

/**
 * The head goes at once, so what would be in it cannot be said: a blank now and then, which JSON allows before a value, and then the proof or
 * `{"error":"a sentence"}`.
 */
async function answerWithHeartbeat(
  exchange: Exchange,
  ending: ReturnType<Ends['of']>,
  dependencies: PostWaitProofDependencies,
): Promise<void> {
  const { clock } = dependencies;
  const body = new PassThrough();
  let cancel = () => {};
  function beat(): void {
    body.write(' ');
    cancel = clock.wakeIn(heartbeatMs, beat);
  }
  beat();
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  const answered = exchange.answer({ status: 200, headers, body });
  const told = tell().catch((error: unknown) => void body.destroy(error as Error));
  await Promise.all([answered, told]).finally(() => {
    cancel();
    body.destroy();
  });

  async function tell(): Promise<void> {
    const end = await ending;
    cancel();
    if (exchange.signal.aborted) return;
    const isOpen = end === 'open' || end === 'unknown';
    const outcome = isOpen
      ? { status: 204, why: 'There is no outcome yet. Ask again.' }
      : await outcomeOf(end, dependencies);
    if ('why' in outcome) body.end(JSON.stringify({ error: outcome.why }));
    else await pipeline(outcome.body, body);
  }
}

/** `?timeout_s=n`, ours: 204 when there is no outcome by then. Undefined: without limit. Throws MALFORMED_REQUEST. */
function patienceOf({ query }: Exchange): number | undefined {
  const text = query.get('timeout_s');
  if (text === null) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw malformed('timeout_s', 'it is a whole number of seconds');
  return Number(text) * 1_000;
}

/** `?heartbeat=1`, ours. Throws MALFORMED_REQUEST. */
function heartbeatOf({ query }: Exchange): boolean {
  const text = query.get('heartbeat');
  if (text !== null && text !== '0' && text !== '1') throw malformed('heartbeat', 'it is 1 or 0');
  return text === '1';
}

function waitSignal({ signal }: Exchange, clock: Clock, patienceMs: number | undefined): AbortSignal {
  if (patienceMs === undefined) return signal;
  const late = new AbortController();
  const cancel = clock.wakeIn(patienceMs, () => late.abort());
  signal.addEventListener('abort', cancel, { once: true });
  return AbortSignal.any([signal, late.signal]);
}

export const waitProofRoute = (dependencies: PostWaitProofDependencies): Route =>
  inText({
    methods: ['POST'],
    path: '/wait_proof',
    answer: (exchange) => postWaitProof(exchange, dependencies),
  });
