// The fake engine as a process that notes when it begins each request: `kind nanoseconds`, by the monotonic clock that all processes
// of a machine share, appended to the file named by `--begun`.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FakeEngine } from '../src/testkit/fakeEngine.js';

const { values } = parseArgs({
  options: {
    begun: { type: 'string' },
    filler: { type: 'string' },
    role: { type: 'string' },
    socket: { type: 'string' },
    'max-frame': { type: 'string' },
  },
});
const { begun: path = '', role, socket: socketPath = '' } = values;
process.stdin.on('end', () => process.exit(0)).resume();
const engine = await FakeEngine.start({
  role: role === 'prove' ? 'prove' : 'execute',
  socketPath,
  script: { proofFillerBytes: Number(values.filler) },
});

async function note(kind: 'execute' | 'prove' | 'verify'): Promise<void> {
  for (let count = 1; ; count += 1) {
    await engine.until(kind, count);
    appendFileSync(path, `${kind} ${process.hrtime.bigint()}\n`);
  }
}
void Promise.all([note('execute'), note('prove'), note('verify')]);
