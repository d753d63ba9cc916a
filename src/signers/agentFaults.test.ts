// 53: machines whose quoting fails when a key is to be succeeded. The present key signs on, the alarm comes at once, and the successor when it
// works again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dstackProvider } from '../attestation/providers/dstack.js';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import { tsmProvider } from '../attestation/providers/tsm.js';
import { systemRandom } from '../random.js';
import { type AgentFault, startFakeAgent } from '../testkit/attestation/fakeAgent.js';
import { createFakeConfigfs } from '../testkit/attestation/fakeConfigfs.js';
import { scriptedRegistrar } from '../testkit/signers/scriptedRegistrar.js';
import { createSignersRig } from '../testkit/signers/signersRig.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';

interface Machine {
  readonly provider: (clock: SimulatedClock) => QuoteProvider;
  break(): void;
  mend(): void;
  /** It says nothing, or pauses between its tries: what is asked of it may end by time alone. */
  readonly needsTime?: boolean;
  close?(): void;
}

const mostSeconds = 3_600;

async function rotate(machine: Machine): Promise<{ alarm: string }> {
  const clock = new SimulatedClock();
  const provider = machine.provider(clock);
  let isBroken = false;
  const needsTime = () => isBroken && machine.needsTime === true;
  const rig = await createSignersRig({ registrar: scriptedRegistrar, clock, provider, needsTime });
  async function until(holds: () => unknown): Promise<void> {
    for (let seconds = 0; !holds(); seconds += 1) {
      assert.ok(seconds < mostSeconds, rig.states().join());
      await clock.advance(1_000);
      await rig.settle();
    }
  }
  const keyOf = () => {
    const key = rig.signers.active();
    return 'waiting' in key ? '' : key.address;
  };
  const alarmOf = () => rig.lines.find((line) => line.includes('signer.rotation_failing'));
  try {
    await until(keyOf);
    const first = keyOf();
    assert.equal(alarmOf(), undefined);
    isBroken = true;
    machine.break();
    rig.rotate();
    await until(alarmOf);
    assert.equal(keyOf(), first);
    const alarm = JSON.parse(alarmOf() ?? '') as { cause: string; problem: string; lifeLeftS: number };
    assert.equal(alarm.cause, 'quote');
    // Long before the key dies.
    assert.ok(alarm.lifeLeftS > 3_000, `${alarm.lifeLeftS}`);
    machine.mend();
    // What was asked while it was broken is given up by then.
    await clock.advance(120_000);
    isBroken = false;
    await until(() => keyOf() !== first);
    return { alarm: alarm.problem };
  } finally {
    await rig.end();
    machine.close?.();
  }
}

describe('53: an agent that fails at a rotation', () => {
  const faults: readonly AgentFault[] = [
    'status 400',
    'empty fields',
    'cut JSON',
    'no JSON',
    'hangs up',
    'silence',
    'other data',
    'no quote',
  ];
  for (const fault of faults)
    it(`${fault}: the present key signs on, with an alarm, and the successor comes when it is mended`, async () => {
      const clockStart = new SimulatedClock().now();
      const agent = await startFakeAgent({ now: clockStart });
      const method = fault === 'other data' || fault === 'no quote' ? 'quote' : 'GetQuote';
      const { alarm } = await rotate({
        provider: (clock) => dstackProvider({ endpoint: { socketPath: agent.socketPath }, clock }),
        break: () => void agent.faults.set(method, fault),
        mend: () => agent.faults.clear(),
        needsTime: fault === 'silence',
        close: () => agent.close(),
      });
      assert.doesNotMatch(alarm, /SECRET/);
    });
});

describe('53: a configfs that fails at a rotation', () => {
  const faults: Readonly<Record<string, (fake: ReturnType<typeof createFakeConfigfs>) => void>> = {
    'an empty outblob without an error': (fake) => {
      fake.instead = Buffer.alloc(0);
    },
    'another writer in between, each time (the generation)': (fake) => {
      fake.otherWriters = 1_000;
    },
    'no provider of the kernel': (fake) => {
      fake.errors.set('mkdir', 'ENXIO');
    },
  };
  for (const [fault, breakIt] of Object.entries(faults))
    it(`${fault}: the present key signs on, with an alarm, and the successor comes when it is mended`, async () => {
      const fake = createFakeConfigfs(new SimulatedClock().now());
      const { folder, files } = fake;
      await rotate({
        provider: (clock) => tsmProvider({ folder, files, clock, random: systemRandom }),
        break: () => breakIt(fake),
        mend() {
          fake.instead = undefined;
          fake.otherWriters = 0;
          fake.errors.clear();
        },
        needsTime: true,
      });
    });
});

describe('a VM of dstack', () => {
  it('with the key provider none has no key that signs, and says why', async () => {
    const clock = new SimulatedClock();
    const agent = await startFakeAgent({ now: clock.now(), keyProvider: 'none' });
    const provider = dstackProvider({ endpoint: { socketPath: agent.socketPath }, clock });
    const rig = await createSignersRig({ registrar: scriptedRegistrar, clock, provider });
    try {
      for (let turns = 0; !rig.states().includes('abandoned'); turns += 1) {
        assert.ok(turns < 100, rig.states().join());
        await rig.settle();
      }
      const key = rig.signers.active();
      assert.ok('waiting' in key);
      assert.match(key.waiting, /has the key provider none/);
      assert.ok(
        rig.lines.some((line) => line.includes('signer.rotation_failed') && line.includes('key provider none')),
      );
    } finally {
      await rig.end();
      agent.close();
    }
  });
});
