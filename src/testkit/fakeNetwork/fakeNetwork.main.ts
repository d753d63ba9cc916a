// `npm run fake-network -- --port 0`: the fake network as a process. Its first line is its URLs as JSON. It ends with SIGINT or SIGTERM.
import { parseArgs } from 'node:util';
import { controlRoutes } from './controlRoutes.js';
import { startFakeNetwork } from './fakeNetwork.js';
import { s1Switches } from './s1/profile.js';
import { createStubProver } from './s1/stubProver.js';

const usage = `usage: npm run fake-network -- [--port PORT] [--profile s1]

  --profile s1   as Succinct's own private prover meets it: circuits v5, messages of at most 4 MiB, and a stub of its GPU prover
                 (/twirp/api.ProverService/…) on the same port: its fulfiller
                 seeks the first one at port 3000
`;

function optionsOf(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: { port: { type: 'string', default: '0' }, profile: { type: 'string' } },
    });
    const port = Number(values.port);
    const isRight = Number.isInteger(port) && port >= 0 && port <= 65_535 && [undefined, 's1'].includes(values.profile);
    return isRight ? { port, isS1: values.profile === 's1' } : undefined;
  } catch {
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
const network = await startFakeNetwork({
  port: options.port,
  ...(options.isS1 && { switches: s1Switches }),
  routes: (controllable) => [...controlRoutes(controllable), ...(options.isS1 ? createStubProver().routes : [])],
});
process.stdout.write(`${JSON.stringify({ url: network.url, control: `${network.url}/control/state` })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void network.close());
