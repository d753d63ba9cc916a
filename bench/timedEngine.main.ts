// The fake engine as a process that notes when it begins each request: `kind nanoseconds`, by the monotonic clock that all processes
// of a machine share, appended to the file named by `--begun`.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FakeEngine } from '../src/testkit/engine/fakeEngine.js';

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

// Within the call that begins a request: making its proof takes the fake milliseconds, which are not the service's.
engine.begun.push = (...requests) => {
  for (const { kind } of requests) appendFileSync(path, `${kind} ${process.hrtime.bigint()}\n`);
  return Array.prototype.push.apply(engine.begun, requests);
};
