// A service with as many open requests as one wants, to look at the operators' page by: `node --import tsx bench/crowd.ts 10000`. They are made
// as the bench makes them, a fake engine works on a few of them without end, and the page's address is printed. Ctrl-C ends all of it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPage } from '../src/cli/admin/page.js';
import { socketAt } from '../src/cli/admin/place.js';
import { systemRandom } from '../src/random.js';
import { createServiceRig } from '../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../src/testkit/temporaryFolder.js';
import { load } from './load.js';
import { requestProofPath, seed, signedRequests } from './requests.js';

export interface Crowd {
  readonly socketPath: string;
  end(): Promise<void>;
}

/** Resolves when all of them are open. */
export async function gather(count: number): Promise<Crowd> {
  const data = join(temporaryFolder('crowd'), 'data');
  mkdirSync(data);
  const ids = await seed(data, count);
  const rig = await createServiceRig({
    data,
    script: {
      rules: [{ on: 'prove', progress: [{ stage: 'proving', done: 31, total: 96, cycles: 0 }], act: { kind: 'hang' } }],
    },
    flags: { 'max-open-requests-per-address': '20000' },
  });
  await rig.serve();
  const messages = signedRequests(ids);
  const to = { host: '127.0.0.1', port: rig.port };
  const { refused } = await load({ ...to, path: requestProofPath, messages, connections: 8, inFlight: 8 });
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  return { socketPath: join(data, 'admin.sock'), end: () => rig.end() };
}

if (process.argv[1] === import.meta.filename) {
  const { socketPath, end } = await gather(Number(process.argv[2] ?? 10_000));
  const { url, server } = await openPage({
    at: socketAt(socketPath),
    operator: 'crowd',
    port: 0,
    random: systemRandom,
  });
  process.stdout.write(`${url}\n`);
  process.once('SIGINT', () => {
    server.closeAllConnections();
    server.close();
    void end();
  });
}
