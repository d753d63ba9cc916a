// One contract for all providers, and what each does when the thing behind it fails.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemRandom } from '../../random.js';
import {
  type AgentFault,
  type FakeAgent,
  fakeAppCompose,
  startFakeAgent,
} from '../../testkit/attestation/fakeAgent.js';
import { createFakeConfigfs } from '../../testkit/attestation/fakeConfigfs.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { devProvider } from '../dev/devProvider.js';
import { parseQuote } from '../verify/quote/parseQuote.js';
import { checkedQuote } from './checkedQuote.js';
import { dstackProvider } from './dstack.js';
import { ProviderError, type QuoteProvider } from './quoteProvider.js';
import { tappdProvider } from './tappd.js';
import { tsmProvider } from './tsm.js';

const reportData = Uint8Array.from({ length: 64 }, (_, i) => i);
const patient = new AbortController().signal;
const clock = new SimulatedClock();
const problemOf = (provider: QuoteProvider, signal: AbortSignal = patient) =>
  checkedQuote(provider, reportData, signal).then(
    () => assert.fail('a quote was made'),
    (error: unknown) => {
      assert.ok(error instanceof ProviderError, String(error));
      return error.problem;
    },
  );

let dstack: FakeAgent;
let tappd: FakeAgent;
before(async () => {
  dstack = await startFakeAgent();
  tappd = await startFakeAgent({ kind: 'tappd' });
});
after(() => {
  dstack.close();
  tappd.close();
});

const measurements = { mrTd: 'a1'.repeat(48) };
const makers: Readonly<Record<string, () => QuoteProvider>> = {
  dstack: () => dstackProvider({ endpoint: dstack, clock }),
  tappd: () => tappdProvider({ endpoint: tappd, clock }),
  tsm: () => {
    const { folder, files } = createFakeConfigfs();
    return tsmProvider({ folder, files, clock, random: systemRandom });
  },
  dev: () => devProvider({ measurements, clock: { now: () => Date.now() }, random: systemRandom }),
};

for (const [name, make] of Object.entries(makers)) {
  describe(`the provider ${name}`, () => {
    it('gives a TDX quote over what was asked', async () => {
      const provider = make();
      const { quote } = await checkedQuote(provider, reportData, patient);
      assert.deepEqual(parseQuote(quote).td.reportData, reportData);
      assert.equal(provider.name, name);
    });

    it('gives another quote over other data', async () => {
      const provider = make();
      const other = new Uint8Array(64).fill(7);
      assert.deepEqual(parseQuote((await checkedQuote(provider, other, patient)).quote).td.reportData, other);
    });

    it('says what it is, for the log', () => assert.match(make().describe(), /^[a-z].{5,}/));
  });
}

describe('an agent', () => {
  const agents = {
    dstack: { agent: () => dstack, method: 'GetQuote' },
    tappd: { agent: () => tappd, method: 'RawQuote' },
  };
  const faults: ReadonlyArray<readonly [AgentFault, RegExp]> = [
    ['status 400', /^the \w+ agent answered \w+ with status 400$/],
    ['empty fields', /^the \w+ agent answers without a quote$/],
    ['cut JSON', /^the answer of the \w+ agent to \w+ is no JSON object that can be read$/],
    ['duplicate key', /is no JSON object that can be read$/],
    ['no JSON', /is no JSON object that can be read$/],
    ['a list', /is no JSON object that can be read$/],
    ['too long', /^the \w+ agent answers with more than 4194304 bytes$/],
    ['hangs up', /ended the connection before its answer was whole$/],
    ['no HTTP', /^the \w+ agent does not speak HTTP as it should$/],
  ];
  for (const [name, { agent, method }] of Object.entries(agents)) {
    for (const [fault, expected] of faults)
      it(`${name} with ${fault} gives no quote, and the reason has none of its words`, async () => {
        agent().faults.set(method, fault);
        const problem = await problemOf(makers[name]?.() as QuoteProvider);
        agent().faults.clear();
        assert.match(problem, expected);
        assert.doesNotMatch(problem, /SECRET/);
      });

    for (const fault of ['silence', 'never ends'] as const)
      it(`${name} with ${fault} is let go when the time is over`, async () => {
        agent().faults.set(method, fault);
        const late = new AbortController();
        const called = agent().nextCall();
        const problem = problemOf(makers[name]?.() as QuoteProvider, late.signal);
        await called;
        late.abort(new ProviderError('too late'));
        assert.equal(await problem, 'too late');
        agent().faults.clear();
      });

    for (const [fault, expected] of [
      ['other data', 'the quote is over something else than what was asked'],
      ['no quote', 'what the provider gives is no TDX quote'],
    ] as const)
      it(`${name} with a quote of ${fault} is refused`, async () => {
        agent().faults.set('quote', fault);
        assert.equal(await problemOf(makers[name]?.() as QuoteProvider), expected);
        agent().faults.clear();
      });

    it(`${name}: the event log is passed on with what verifiers know of it, and the compose file as it was measured`, async () => {
      const { eventLog = [], appCompose } = await checkedQuote(makers[name]?.() as QuoteProvider, reportData, patient);
      assert.ok(eventLog.some(({ event }) => event === 'compose-hash'));
      assert.ok(eventLog.every((entry) => !('version' in entry)));
      assert.equal(appCompose, fakeAppCompose);
    });
  }

  it('has its log asked for once more when that does not fit the quote', async () => {
    const provider = dstackProvider({ endpoint: dstack, clock });
    for (const [lags, asked] of [
      [0, 1],
      [1, 2],
      [2, 2],
    ] as const) {
      dstack.calls.length = 0;
      dstack.lags = lags;
      await checkedQuote(provider, reportData, patient);
      assert.equal(dstack.calls.filter((method) => method === 'GetQuote').length, asked, `${lags} lags`);
    }
  });

  it('is asked for its compose file once, and again a minute after it could not say', async () => {
    const provider = dstackProvider({ endpoint: dstack, clock });
    const infos = () => dstack.calls.filter((method) => method === 'Info').length;
    dstack.calls.length = 0;
    dstack.faults.set('Info', 'empty fields');
    assert.equal((await checkedQuote(provider, reportData, patient)).appCompose, undefined);
    await checkedQuote(provider, reportData, patient);
    assert.equal(infos(), 1);
    dstack.faults.clear();
    await clock.advance(60_000);
    assert.equal((await checkedQuote(provider, reportData, patient)).appCompose, fakeAppCompose);
    await checkedQuote(provider, reportData, patient);
    assert.equal(infos(), 2);
  });

  it('of an old tappd is asked for raw data by its other method', async () => {
    tappd.faults.set('RawQuote', 'status 404');
    tappd.bodies.length = 0;
    await checkedQuote(tappdProvider({ endpoint: tappd, clock }), reportData, patient);
    tappd.faults.clear();
    assert.deepEqual(tappd.bodies[1], { report_data: Buffer.from(reportData).toString('hex'), hash_algorithm: 'raw' });
  });

  it('gives a key of 32 bytes for a path, and nothing else for one', async () => {
    const provider = dstackProvider({ endpoint: dstack, clock });
    dstack.bodies.length = 0;
    const key = await provider.key?.('sealed-prover/tls/1', 'tls', patient);
    assert.equal(Buffer.from(key ?? []).toString('hex'), '7e'.repeat(32));
    assert.deepEqual(dstack.bodies, [{ path: 'sealed-prover/tls/1', purpose: 'tls' }]);
    for (const fault of ['empty fields', 'cut JSON', 'status 400'] as const) {
      dstack.faults.set('GetKey', fault);
      await assert.rejects(
        async () => provider.key?.('p', 'tls', patient),
        (error: Error) => {
          assert.ok(error instanceof ProviderError);
          assert.doesNotMatch(`${error.message} ${error.cause}`, /7e7e|SECRET/);
          return true;
        },
      );
    }
    dstack.faults.clear();
  });

  it('that is not there is named', async () => {
    const folder = temporaryFolder('no-agent');
    const absent = { socketPath: join(folder, 'absent.sock') };
    assert.equal(await problemOf(dstackProvider({ endpoint: absent, clock })), 'the dstack agent is not there');
  });
});

describe('configfs', () => {
  const make = (change: (fake: ReturnType<typeof createFakeConfigfs>) => void) => {
    const fake = createFakeConfigfs();
    change(fake);
    const time = new SimulatedClock();
    return {
      fake,
      time,
      provider: tsmProvider({ folder: fake.folder, files: fake.files, clock: time, random: systemRandom }),
    };
  };
  /** Moves time until the work is done. */
  async function inTime<T>(time: SimulatedClock, work: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = () => {
      isDone = true;
    };
    work.then(mark, mark);
    while (!isDone) await time.advance(50);
    return work;
  }

  it('is asked three times when it is busy', async () => {
    const twice = make((fake) => {
      fake.busy = 2;
    });
    await inTime(twice.time, checkedQuote(twice.provider, reportData, patient));
    assert.equal(twice.fake.writes, 3);
    const always = make((fake) => {
      fake.busy = 9;
    });
    assert.equal(await inTime(always.time, problemOf(always.provider)), 'configfs is busy with other quotes');
    assert.equal(always.fake.writes, 3);
  });

  it('that another writer has used in between is asked again, and what was read is thrown away', async () => {
    const once = make((fake) => {
      fake.otherWriters = 1;
    });
    await inTime(once.time, checkedQuote(once.provider, reportData, patient));
    assert.equal(once.fake.writes, 2);
    const always = make((fake) => {
      fake.otherWriters = 9;
    });
    assert.equal(
      await inTime(always.time, problemOf(always.provider)),
      'somebody else asks configfs for quotes at the same time',
    );
  });

  const refused: ReadonlyArray<readonly [string, (fake: ReturnType<typeof createFakeConfigfs>) => void, RegExp]> = [
    ['is not there', (fake) => fake.errors.set('mkdir', 'ENOENT'), /this machine has no configfs for quotes/],
    ['has no provider', (fake) => fake.errors.set('outblob', 'ENXIO'), /the kernel has no provider of quotes/],
    ['may not be used', (fake) => fake.errors.set('mkdir', 'EACCES'), /this user may not ask configfs/],
    ['is of another kind of guest', (fake) => Object.assign(fake, { provider: 'sev_guest\n' }), /no TDX guest/],
    [
      'gives nothing',
      (fake) => Object.assign(fake, { instead: Buffer.alloc(0) }),
      /the host's quoting service does not run/,
    ],
    ['gives too little', (fake) => Object.assign(fake, { instead: Buffer.alloc(1_019) }), /1019 bytes only/],
    ['gives too much', (fake) => Object.assign(fake, { instead: Buffer.alloc(8_193) }), /more than 8192 bytes/],
  ];
  for (const [what, change, expected] of refused)
    it(`that ${what} gives no quote, and nothing is left in it`, async () => {
      const { fake, provider } = make(change);
      assert.match(await problemOf(provider), expected);
      assert.deepEqual(await fake.left(), []);
    });

  it('that holds a read is let go when the time is over', async () => {
    let release = () => {};
    const { fake, provider } = make((fake) => {
      fake.hold = new Promise((resolve) => {
        release = resolve;
      });
    });
    const late = new AbortController();
    const problem = problemOf(provider, late.signal);
    late.abort(new ProviderError('too late'));
    assert.equal(await problem, 'too late');
    release();
    assert.ok(fake.writes <= 1);
  });
});
