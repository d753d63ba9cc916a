// `npm run fuzz`: new inputs for every target in turn, until one does not pass, the time is over, or Ctrl-C.
import { parseArgs } from 'node:util';
import { holdingClock } from '../../src/clock.js';
import { attempt, reportOf } from './attempt.js';
import { assertNothingElse } from './ledger.js';
import { growthOf, type Memory, memoryOf } from './memory.js';
import { createSubject, type Subject } from './subject.js';
import { targets } from './targets.js';

const usage = `Usage: npm run fuzz -- [TARGET …] [--minutes N] [--seed N]

Targets: ${targets.map(({ name }) => name).join(', ')} (default: all). Without --minutes it goes on until Ctrl-C.
`;

const say = (text: string) => process.stderr.write(`${text}\n`);

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { values, positionals } = options();
const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY);
const firstSeed = Number(values.seed ?? holdingClock.now() % 2 ** 31);
const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
if (values.help || unknown !== undefined || Number.isNaN(minutes) || Number.isNaN(firstSeed)) {
  say(unknown === undefined ? usage : `There is no target ${unknown}.\n\n${usage}`);
  process.exit(values.help ? 0 : 2);
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

/** Inputs of one target in a row. Short, so that a run sees all of them soon and stops soon. */
const batch = 50;
const sayEveryMs = 5_000;
/**
 * Growth is measured from here on: by then V8's heap has its size, and as many connections that clients have broken and left are ended
 * as come (`memory.ts`).
 */
const warmAfterMs = 120_000;
/** What hours may add to that: V8 takes its time, and a file is open now and then. */
const mostGrowth: Memory = { megabytes: 200, descriptors: 40 };

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isInterrupted = true;
  });

const subject = await createSubject();
say(`Fuzzing ${chosen.map(({ name }) => name).join(', ')}. First seed: ${firstSeed}. Ctrl-C ends it.`);
const problem = await run(subject);
if (problem === undefined) {
  // Ctrl-C reaches the service as well, which stops by itself then.
  await subject.stop().catch(() => undefined);
  await assertNothingElse(subject.rig.data, subject.ledger);
} else say(`\n${problem}`);
await subject.end();
process.exit(problem === undefined ? 0 : 1);

/** Resolves with what is wrong, or undefined when it was ended. */
async function run(on: Subject): Promise<string | undefined> {
  const startedAt = holdingClock.steady();
  let saidAt = startedAt;
  let warm: { service: Memory; own: Memory } | undefined;
  for (let round = 0; ; round++) {
    for (const target of chosen) {
      const finding = await attempt(target, { subject: on, runs: batch, seed: (firstSeed + round) % 2 ** 31 });
      if (isInterrupted) return undefined;
      if (finding !== undefined) return reportOf(finding);
      const now = holdingClock.steady();
      if (now - startedAt > minutes * 60_000) return undefined;
      if (now - saidAt >= sayEveryMs) {
        saidAt = now;
        say(
          `${Math.round((now - startedAt) / 1_000)} s: ${(round + 1) * batch} inputs of each, ${await memoryText(on)}`,
        );
      }
    }
    if (holdingClock.steady() - startedAt < warmAfterMs) continue;
    // What reads attestations runs in this process.
    const memory = { service: await on.memory(), own: memoryOf(process.pid) };
    warm ??= memory;
    for (const who of ['service', 'own'] as const) {
      const growth = growthOf(warm[who], memory[who]);
      if (growth.megabytes > mostGrowth.megabytes || growth.descriptors > mostGrowth.descriptors)
        return `${who === 'own' ? 'This process' : 'The service'} has grown by ${growth.megabytes} MiB and ${growth.descriptors} descriptors since its first two minutes.`;
    }
  }
}

async function memoryText(on: Subject): Promise<string> {
  const { megabytes, descriptors } = await on.memory();
  return `${megabytes} MiB, ${descriptors} descriptors`;
}
