// The line before a provider: how fast, how many, and what those hear who have to go without.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { devProvider } from '../dev/devProvider.js';
import { ProviderError, type QuoteProvider } from '../providers/quoteProvider.js';
import { parseQuote } from '../verify/quote/parseQuote.js';
import { createQuoteQueue, type QuoteQueue } from './quoteQueue.js';

const log = createLog('silent');
const dataOf = (i: number) => new Uint8Array(64).fill(i);

/** Quotes of the development PKI that are ready when the test says so. */
class HeldProvider implements QuoteProvider {
  readonly name = 'dev';
  readonly isSimulated = true;
  readonly describe = () => 'the held provider';
  readonly begun: Array<{ readonly first: number; readonly at: number; readonly finish: (error?: unknown) => void }> =
    [];
  under = 0;
  most = 0;
  isPrompt = false;
  readonly #dev = devProvider({ measurements: {}, clock: { now: () => Date.now() }, random: systemRandom });
  constructor(private readonly clock: SimulatedClock) {}

  async quote(reportData: Uint8Array, signal: AbortSignal) {
    this.under += 1;
    this.most = Math.max(this.most, this.under);
    const finished = new Promise<void>((resolve, reject) => {
      const finish = (error?: unknown) => (error === undefined ? resolve() : reject(error));
      this.begun.push({ first: reportData[0] ?? 0, at: this.clock.steady(), finish });
      if (this.isPrompt) finish();
    });
    try {
      await finished;
    } finally {
      this.under -= 1;
    }
    return this.#dev.quote(reportData, signal);
  }
}

let clock: SimulatedClock;
let provider: HeldProvider;
let queue: QuoteQueue;
beforeEach(() => {
  clock = new SimulatedClock();
  provider = new HeldProvider(clock);
  queue = createQuoteQueue({ provider, clock, log });
});

const codes = (results: ReadonlyArray<PromiseSettledResult<unknown>>) =>
  results.map((result) =>
    result.status === 'fulfilled' ? 'made' : (result.reason as { failure: { code: string } }).failure.code,
  );

/** Until the digests of WebCrypto are there: they come by threads. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await clock.settle();
}

describe('the line before a provider', () => {
  it('makes one quote at a time, in the order in which they are asked for', async () => {
    const made = [1, 2, 3].map((i) => queue.quote(dataOf(i)));
    for (const i of [1, 2, 3]) {
      await until(() => provider.begun.length === i);
      assert.equal(provider.under, 1);
      provider.begun[i - 1]?.finish();
      assert.deepEqual(parseQuote((await made[i - 1])?.quote ?? new Uint8Array()).td.reportData, dataOf(i));
    }
    assert.equal(provider.most, 1);
    assert.deepEqual(
      provider.begun.map(({ first }) => first),
      [1, 2, 3],
    );
  });

  it('makes one for equal wishes, and a new one for a wish that comes later', async () => {
    provider.isPrompt = true;
    const same = await Promise.all([1, 2, 3].map(() => queue.quote(dataOf(9))));
    assert.ok(same.every((quote) => quote === same[0]));
    assert.equal(provider.begun.length, 1);
    await queue.quote(dataOf(9));
    assert.equal(provider.begun.length, 2);
  });

  it('begins at most five in any second', async () => {
    provider.isPrompt = true;
    const made = Promise.all(Array.from({ length: 12 }, (_, i) => queue.quote(dataOf(i))));
    for (const count of [5, 10, 12]) {
      await until(() => provider.begun.length === count && provider.under === 0);
      assert.equal(provider.begun.length, count);
      await clock.advance(999);
      assert.equal(provider.begun.length, count);
      await clock.advance(1);
    }
    await made;
    const times = provider.begun.map(({ at }) => at);
    for (const [i, at] of times.entries()) if (i >= 5) assert.ok(at - (times[i - 5] ?? 0) >= 1_000);
  });

  it('holds 64 that wait, and tells the others to come back', async () => {
    const made = Array.from({ length: 70 }, (_, i) => queue.quote(dataOf(i)));
    const refused: number[] = [];
    for (const [i, each] of made.entries()) each.catch(() => refused.push(i));
    await until(() => provider.begun.length === 1);
    // One is made, 64 wait.
    assert.deepEqual(refused, [65, 66, 67, 68, 69]);
    assert.deepEqual(
      codes(await Promise.allSettled(made.slice(65))),
      Array.from({ length: 5 }, () => 'QUOTE_BUSY'),
    );
    queue.close();
    provider.begun[0]?.finish(new ProviderError('over'));
    assert.deepEqual(codes(await Promise.allSettled(made.slice(0, 2))), ['QUOTE_UNAVAILABLE', 'QUOTE_BUSY']);
  });

  it('lets no client wait longer than 10 s, in the line or for the quote itself', async () => {
    const settled = Promise.allSettled([queue.quote(dataOf(1)), queue.quote(dataOf(2))]);
    await clock.advance(10_000);
    assert.deepEqual(codes(await settled), ['QUOTE_UNAVAILABLE', 'QUOTE_BUSY']);
  });

  it('asks a provider that does not let go for nothing else meanwhile', async () => {
    const first = queue.quote(dataOf(1)).catch(() => undefined);
    await clock.advance(10_000);
    await first;
    const second = queue.quote(dataOf(2));
    await clock.advance(1_000);
    assert.equal(provider.begun.length, 1);
    provider.begun[0]?.finish();
    await until(() => provider.begun.length === 2);
    provider.begun[1]?.finish();
    await second;
  });

  it('T35: gives each of 200 at once its own quote, or none', async () => {
    provider.isPrompt = true;
    const made = Array.from({ length: 200 }, (_, i) => queue.quote(dataOf(i)));
    const settled = Promise.allSettled(made);
    for (let second = 0; second < 20; second += 1) {
      await clock.advance(1_000);
      await until(() => provider.under === 0);
    }
    const results = await settled;
    for (const [i, result] of results.entries())
      if (result.status === 'fulfilled') assert.deepEqual(parseQuote(result.value.quote).td.reportData, dataOf(i));
    const tally = codes(results);
    assert.equal(
      tally.filter((code) => code === 'made').length + tally.filter((code) => code === 'QUOTE_BUSY').length,
      200,
    );
    assert.ok(tally.filter((code) => code === 'made').length >= 5);
  });

  it('goes on after a failure, whose reason reaches the client in our words', async () => {
    const failing = queue.quote(dataOf(1));
    await until(() => provider.begun.length === 1);
    provider.begun[0]?.finish(new ProviderError('the agent answers without a quote'));
    await assert.rejects(failing, ({ failure }) => {
      assert.deepEqual(failure, {
        code: 'QUOTE_UNAVAILABLE',
        retry: 'transient',
        problem: 'the agent answers without a quote',
      });
      return true;
    });
    const broken = queue.quote(dataOf(2));
    await until(() => provider.begun.length === 2);
    provider.begun[1]?.finish(new Error('SECRET'));
    await assert.rejects(broken, ({ failure }) => !JSON.stringify(failure).includes('SECRET'));
    const third = queue.quote(dataOf(3));
    await until(() => provider.begun.length === 3);
    provider.begun[2]?.finish();
    await third;
  });
});
