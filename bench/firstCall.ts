// What attesting adds to a client's first call: a connection with TLS, evidence over a fresh nonce, its verification. Processor time of client
// and service together, and without that of a further call on the same connection. The collateral is that of the service.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '../src/client/client.js';
import { type Figure, quantile } from './figures.js';
import { seed } from './requests.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Setting, scaled } from './setting.js';

const part = 'attestation';
/** Until the JIT has settled. */
const warmUps = 10;

export async function measureFirstCall(setting: Setting): Promise<readonly Figure[]> {
  const data = dataIn(setting, 'first-call');
  await seed(data, 1);
  const flags = ['--attest', 'dev', '--tls', 'ephemeral'];
  const service = await startService({
    cli: setting.cli,
    engine: await busyEngine(setting),
    data,
    folder: setting.folder,
    flags,
  });
  try {
    setting.say('attestation: first calls');
    const added: number[] = [];
    for (let n = -warmUps; n < Math.max(20, scaled(100, setting)); n += 1) {
      const ms = await addedByAttesting(service, readFileSync(join(data, 'dev-root.der')));
      if (n >= 0) added.push(ms);
      // No more than one question for evidence a second is answered at length: an address has ten at once.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const measure = 'added to the first call by attesting, processor time, p50';
    return [{ part, measure, value: quantile(added, 0.5), unit: 'ms', aim: { most: 50 } }];
  } finally {
    await service.kill();
  }
}

async function addedByAttesting(service: RunningService, insecureDevRoot: Uint8Array): Promise<number> {
  const privateKey = randomBytes(32).toString('hex');
  const client = createClient({ url: service.url, privateKey, attestation: { mode: 'require', insecureDevRoot } });
  try {
    const first = await processorMs(service, () => client.list());
    return first - (await processorMs(service, () => client.list()));
  } finally {
    client.close();
  }
}

async function processorMs(service: RunningService, work: () => Promise<unknown>): Promise<number> {
  await service.resetProbe();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const { cpuSeconds } = await service.readProbe();
  return (user + system) / 1_000 + 1_000 * cpuSeconds;
}
