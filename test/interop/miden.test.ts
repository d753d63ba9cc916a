// The real Miden client from npm, unchanged, against a real Miden prover behind the gateway: its input goes to nothing but an attested key.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask } from '../../src/testkit/attestation/askService.js';
import { startAttestProxy } from '../../src/testkit/attestation/attestProcesses.js';
import { startGateway } from '../../src/testkit/gateway/gatewayRig.js';
import { readAsPatch969 } from '../../src/testkit/gateway/patch969.js';
import { runToEnd } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const scripts = fileURLToPath(new URL('../../interop/miden/', import.meta.url));
const policy = '{"version":1,"name":"Miden","require":"bound","statement":{"service":"sealed-prover-gateway"}}';

/** Answers its port. It gets ready to prove meanwhile. */
async function startProver(t: TestContext): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [join(scripts, 'prover.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const gone = once(child, 'exit').then(([code]) => assert.fail(`the prover ended with ${code}`));
  const [line] = await Promise.race([once(createInterface({ input: child.stdout as never }), 'line'), gone]);
  return Number(line);
}

describe('the real Miden client', { timeout: 600_000 }, () => {
  it('T44: proves through the gateway, to nothing but its attested key, and gets its own transaction back', async (t) => {
    const gateway = await startGateway(t, await startProver(t));
    const named = join(temporaryFolder('miden'), 'policy.json');
    writeFileSync(named, policy);
    // Mode `require`: it listens only because the verdict on the gateway is accepted, and sends to no other key.
    const proxy = await startAttestProxy(gateway.url, '--policy', named, '--insecure-dev-root', gateway.rootFile);
    t.after(() => proxy.stop());
    const { code, output } = await runToEnd(process.execPath, [join(scripts, 'client.mjs'), proxy.url]);
    assert.equal(code, 0, output);
    const { executed, proven } = JSON.parse(output);
    assert.match(executed, /^0x[0-9a-f]{64}$/);
    assert.equal(proven, executed);
    // What a client of pull request 969 looks at.
    const { headers } = await ask(`${gateway.url}/health`);
    assert.equal(readAsPatch969(`${headers['attestation-report']}`).version, 4);
  });
});
