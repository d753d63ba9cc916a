// What it costs to be looked at, and how soon it is seen: the operators' lists and single requests with 100,000 ended ones stored, the metrics,
// how far the feed lags behind at 500 transitions a second, and intake with 20 who watch, beside the same without any.
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRequestId } from '../src/ids.js';
import { systemRandom } from '../src/random.js';
import type { Envelope } from '../src/store/buckets.js';
import { openStore } from '../src/store/environment.js';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { requestProofPath, seed, signedRequests, signer } from './requests.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, scaled } from './setting.js';

const part = 'operators';
const watchers = 20;
const rounds = 5;
const perSecond = 500;
/** Calls that are sent at once, so many times a second that they come to `perSecond`. */
const batch = 10;

export const measureOperators: Part = async (setting) => {
  const data = dataIn(setting, 'operators');
  const stored = scaled(100_000, setting);
  const ofRun = scaled(3_000, setting);
  const paced = scaled(perSecond * 20, setting);
  setting.say(`operators: storing ${stored} ended requests`);
  const ids = await seed(data, 4_000 + 2 * rounds * ofRun + paced);
  const ended = await storeEnded(data, stored);
  const { cli, folder } = setting;
  const flags = ['--max-open-requests', '1000000', '--max-open-requests-per-address', '1000000'];
  flags.push('--metrics-listen', '127.0.0.1:0');
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags });
  const operator = createOperator(join(data, 'admin.sock'));
  try {
    await service.lanesSettled();
    const take = (count: number) => signedRequests(ids.splice(0, count));
    await intake(service, take(4_000));
    setting.say('operators: lists');
    const lists = await listed(operator, scaled(500, setting));
    // A p99 of a thousand would be that of the first ten, for which nothing is compiled yet.
    const gets = await timed(scaled(3_000, setting), (n) =>
      operator.post('Requests/Get', { id: ended[(n * 7_919) % ended.length] }),
    );
    const waiting = await waitingIds(operator);
    const waitingGets = await timed(scaled(3_000, setting), (n) =>
      operator.post('Requests/Get', { id: waiting[n % waiting.length] }),
    );
    const floor = await timed(scaled(3_000, setting), () => operator.post('Requests/Counts', {}));
    const scrapes = await timed(scaled(300, setting), () => fetch(metricsOf(service)).then((answer) => answer.text()));
    setting.say('operators: the feed');
    const lags = await feedLag(service, operator, take(paced));
    setting.say(`operators: intake with ${watchers} who watch, and without`);
    const [unseen, seen] = [[], []] as [number[], number[]];
    for (let round = 0; round < rounds; round += 1) {
      unseen.push(await intake(service, take(ofRun)));
      seen.push(await watched(operator, service, () => intake(service, take(ofRun))));
    }
    const note = `${stored} ended requests stored`;
    return [
      {
        part,
        measure: 'a page of 100 requests, p99',
        value: quantile(lists, 0.99),
        unit: 'ms',
        aim: { most: 20 },
        note,
      },
      { part, measure: 'the same, p50', value: quantile(lists, 0.5), unit: 'ms' },
      { part, measure: 'one request, p99', value: quantile(gets, 0.99), unit: 'ms', aim: { most: 2 } },
      { part, measure: 'the same, p50', value: quantile(gets, 0.5), unit: 'ms' },
      { part, measure: 'one that waits, p99', value: quantile(waitingGets, 0.99), unit: 'ms', aim: { most: 2 } },
      { part, measure: 'the same, p50', value: quantile(waitingGets, 0.5), unit: 'ms' },
      { part, measure: 'a call that answers a few numbers, p99: a floor', value: quantile(floor, 0.99), unit: 'ms' },
      { part, measure: 'the metrics, p99', value: quantile(scrapes, 0.99), unit: 'ms', aim: { most: 20 } },
      { part, measure: 'the same, p50', value: quantile(scrapes, 0.5), unit: 'ms' },
      {
        part,
        measure: 'transition → watcher, p99',
        value: quantile(lags, 0.99),
        unit: 'ms',
        aim: { most: 50 },
        note: `${perSecond} a second`,
      },
      { part, measure: 'RequestProof, processor time, nobody watches', value: quantile(unseen, 0.5), unit: 'µs' },
      {
        part,
        measure: `the same with ${watchers} watchers and a scrape a second`,
        value: quantile(seen, 0.5) / quantile(unseen, 0.5),
        unit: '×',
        aim: { most: 1.05 },
        note: `median of ${rounds}, in turn`,
      },
    ] satisfies Figure[];
  } finally {
    operator.close();
    await service.kill();
  }
};

/** As many as are wanted of one that was recorded. Answers their ids. No service may have the folder open. */
async function storeEnded(data: string, count: number): Promise<string[]> {
  const recorded = new URL('../src/machines/fixtures/request@3/fulfilled.json', import.meta.url);
  const text = readFileSync(recorded, 'utf8');
  const { request: template } = (JSON.parse(text) as { snapshot: { context: { request: { requestId: string } } } })
    .snapshot.context;
  const store = await openStore(join(data, 'store'));
  const ids: string[] = [];
  try {
    const bornAt = Date.now() - count;
    while (ids.length < count)
      await store.write((tx) => {
        for (let n = 0; n < 2_000 && ids.length < count; n += 1) {
          // Of long ago it would be deleted at once.
          const at = bornAt + ids.length;
          const id = newRequestId(at, systemRandom);
          ids.push(id);
          const envelope = JSON.parse(text.replaceAll(template.requestId, id)) as Envelope;
          tx.put('snapshots', [id], { ...envelope, at });
          tx.put('ended', ['request', at, id], true);
          tx.put('requestsByRequester', [signer.address, at, id], true);
        }
      });
    return ids;
  } finally {
    await store.close();
  }
}

interface Operator {
  /** A call as JSON, over a connection that stays open. */
  post(method: string, body: object): Promise<Record<string, unknown>>;
  /** Reads the feed until it is told to stop. */
  follow(coalesceMs: number, onChunk: (text: string) => void): Promise<() => void>;
  close(): void;
}

function createOperator(socketPath: string): Operator {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const headers = { 'content-type': 'application/json' };
  const opened = (path: string, method: string, body?: string, pooled = true) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({ socketPath, path, method, headers, agent: pooled ? agent : false }, resolve);
      call.once('error', reject);
      call.end(body);
    });
  return {
    async post(method, body) {
      const answer = await opened(`/sealed.admin.v1.${method}`, 'POST', JSON.stringify(body));
      const text = (await answer.setEncoding('utf8').toArray()).join('');
      if (answer.statusCode !== 200) throw new Error(`${method}: ${text.slice(0, 200)}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
    async follow(coalesceMs, onChunk) {
      const answer = await opened(`/feed?after=0&coalesce_ms=${coalesceMs}&progress=0`, 'GET', undefined, false);
      answer
        .setEncoding('utf8')
        .on('data', onChunk)
        .on('error', () => {});
      return () => answer.destroy();
    },
    close: () => agent.destroy(),
  };
}

async function timed(count: number, call: (n: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const from = performance.now();
    await call(n);
    found.push(performance.now() - from);
  }
  return found;
}

/** One page after the other, as far back as that goes. */
function listed(operator: Operator, count: number): Promise<number[]> {
  let token = '';
  return timed(count, async () => {
    const answer = await operator.post('Requests/List', { page: { size: 100, token } });
    token = ((answer['page'] as { nextToken?: string } | undefined)?.nextToken ?? '') as string;
  });
}

/** Of the youngest that wait for their admission: they stand last in the line. */
async function waitingIds(operator: Operator): Promise<string[]> {
  const answer = await operator.post('Requests/List', { filter: { states: ['requested'] }, page: { size: 100 } });
  return (answer['rows'] as { id: string }[]).map(({ id }) => id);
}

/** Between the time that a transition has in the journal and that of its line at one who watches (ms). */
async function feedLag(service: RunningService, operator: Operator, messages: Uint8Array[]): Promise<number[]> {
  const lags: number[] = [];
  let rest = '';
  const leave = await operator.follow(0, (text) => {
    const at = Date.now();
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ') || !line.includes('"request"')) continue;
      const event = JSON.parse(line.slice('data: '.length)) as { at?: string };
      if (event.at !== undefined) lags.push(at - Date.parse(event.at));
    }
  });
  const from = performance.now();
  for (let n = 0; messages.length > 0; n += 1) {
    const due = from + (n * batch * 1_000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    await intake(service, messages.splice(0, batch), 1);
  }
  await sleep(1_000);
  leave();
  return lags;
}

/** Answers the processor time of the service for each call (µs). */
async function intake(service: RunningService, messages: readonly Uint8Array[], connections = 8): Promise<number> {
  if (connections > 1) await service.resetProbe();
  const inFlight = connections > 1 ? 8 : messages.length;
  const { refused } = await load({ ...service, path: requestProofPath, messages, connections, inFlight });
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  return connections > 1 ? (1e6 * (await service.readProbe()).cpuSeconds) / messages.length : 0;
}

/** While as many follow the feed as a page does, and a scraper comes each second. */
async function watched<T>(operator: Operator, service: RunningService, work: () => Promise<T>): Promise<T> {
  const leave = await Promise.all(Array.from({ length: watchers }, () => operator.follow(250, () => {})));
  const scraping = setInterval(() => void fetch(metricsOf(service)).then((answer) => answer.text()), 1_000);
  try {
    return await work();
  } finally {
    clearInterval(scraping);
    for (const each of leave) each();
  }
}

function metricsOf({ logPath }: RunningService): string {
  const line = readFileSync(logPath, 'utf8')
    .split('\n')
    .find((each) => each.includes('"metrics.listening"'));
  if (line === undefined) throw new Error('the log does not say where the metrics are');
  return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}/metrics`;
}
