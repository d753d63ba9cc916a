// examples/tee-client as its user runs it: against a service with the real engine, and against one that does what a service should not.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { verifyTeeProof } from '../../src/client/client.js';
import { freePort } from '../../src/testkit/freePort.js';
import { required } from '../../src/testkit/service/realService.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const fibonacci = 'examples/fibonacci/fibonacci.elf';
const fibonacciVkHash = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const runClient = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) =>
    execFile(required('TEE_CLIENT'), args, { env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    ),
  );

const shownAs = ({ out }: Ended, name: string): string | undefined => new RegExp(`^${name} +(.*)$`, 'm').exec(out)?.[1];

describe('the example client in Rust, with the real engine', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  before(async () => {
    rig = await createServiceRig({ flags: { tee: 'dev', 'cpu-prove-lanes': '0', engine: required('SEALED_ENGINE') } });
    await rig.serve();
  });
  after(() => rig.end());

  const prove = (elf: string, ...more: string[]) => runClient(['--url', rig.url, '--program', elf, ...more]);

  it('gets a proof for a private input, and says that it has not verified it', async () => {
    const path = join(rig.folder, 'fibonacci.tee.json');
    const ended = await prove(fibonacci, '--u32', '20', '--out', path);
    assert.equal(ended.code, 0, ended.err);
    assert.match(shownAs(ended, 'id') ?? '', /^[0-9a-f]{64}$/);
    assert.equal(shownAs(ended, 'vk'), `0x${fibonacciVkHash}`);
    assert.equal(shownAs(ended, 'public values'), '0x140000006d1a0000c22a0000');
    assert.match(ended.out, /^not verified /m);
    assert.match(ended.out, /^warning .* a key for development/m);
    const signer = shownAs(ended, 'signer');
    assert.ok(signer);
    const verdict = verifyTeeProof({ proof: readFileSync(path), vkHash: fibonacciVkHash, signers: [signer] });
    assert.ok(verdict.ok, JSON.stringify(verdict.checks));
    assert.ok(shownAs(ended, 'signature')?.match(/^0x[0-9a-f]{128}1[bc]$/));
  });

  it('says why there is none, and ends with another code for each reason', async () => {
    const failed = await prove('examples/panic/panic.elf');
    assert.equal(failed.code, 5);
    assert.match(failed.err, /^There is no proof \(422\): The guest program failed: .*exit code 1/);
    assert.match(failed.out, /^id {13}[0-9a-f]{64}\n$/);

    const older = join(rig.folder, 'sp1-5.elf');
    const elf = readFileSync(fibonacci);
    elf[4] = 1;
    writeFileSync(older, elf);
    const refused = await prove(older);
    assert.deepEqual([refused.code, refused.out], [4, '']);
    assert.match(refused.err, /^The service has refused the request \(400\): .*32-bit/);

    const away = await runClient(['--url', `http://127.0.0.1:${await freePort()}`, '--program', fibonacci]);
    assert.deepEqual([away.code, away.out], [3, '']);
    assert.match(away.err, /^No service answers at http:\/\/127\.0\.0\.1:\d+: /);

    for (const args of [
      [],
      ['--url', rig.url],
      ['--url', rig.url, '--program', fibonacci, '--u32', '4294967296'],
      ['--url', rig.url, '--program', join(rig.folder, 'none.elf')],
    ]) {
      const { code, err } = await runClient(args);
      assert.equal(code, 2, err);
      assert.match(err, /is missing|no number below 2\^32|cannot read .*none\.elf/);
    }
  });
});

async function startScripted(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the example client in Rust', { timeout: 600_000 }, () => {
  it('takes no answer for a proof that is none', async (t) => {
    for (const body of ['', 'no JSON', '{"signature":[1],"vk":[2],"public_values":[]}', '{"signature":[256]}']) {
      const url = await startScripted(t, (request, response) => {
        request.resume();
        response.end(request.url === '/request_proof' ? 'an id' : body);
      });
      const ended = await runClient(['--url', url, '--program', fibonacci]);
      assert.equal(ended.code, 6, `${body}: ${ended.err}`);
      assert.match(ended.err, /^The service has answered something that is no TEE proof: /);
    }
  });

  it('shows its token, follows no redirect, and waits on where a service was away', async (t) => {
    const asked: string[] = [];
    const url = await startScripted(t, (request, response) => {
      request.resume();
      asked.push(`${request.url} ${request.headers.authorization}`);
      // The connection breaks, then a proxy answers, then another service is named.
      if (request.url === '/request_proof') response.end('an id');
      else if (asked.length === 2) request.destroy();
      else if (asked.length === 3) response.writeHead(504).end();
      else response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const { code, err } = await runClient(['--url', `${url}/`, '--program', fibonacci], { SEALED_TOKEN: 'secret' });
    assert.equal(code, 5, err);
    assert.match(err, /^There is no proof \(307\)/);
    const wait = '/wait_proof Bearer secret';
    assert.deepEqual(asked, ['/request_proof Bearer secret', wait, wait, wait]);
  });
});
