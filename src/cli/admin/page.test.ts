// The port of loopback that `admin page` opens: what it lets through to the service, without a browser.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemRandom } from '../../random.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { openPage } from './page.js';
import { socketAt } from './place.js';

it('the port of the page asks for its key, which it compares in constant time, before it asks the service', async (t) => {
  const { timingSafeEqual } = crypto;
  let compared: number[] = [];
  crypto.timingSafeEqual = (one, other) => {
    compared.push(one.byteLength, other.byteLength);
    return timingSafeEqual(one, other);
  };
  syncBuiltinESMExports();
  t.after(() => {
    crypto.timingSafeEqual = timingSafeEqual;
    syncBuiltinESMExports();
  });
  const at = socketAt(join(temporaryFolder('page'), 'nobody.sock'));
  const { url, server } = await openPage({ at, operator: 'ada', port: 0, random: systemRandom });
  t.after(() => server.close());
  const key = new URL(url).hash.slice('#t='.length);
  const { port } = server.address() as AddressInfo;
  const asked = (headers: Readonly<Record<string, string>>) => {
    compared = [];
    return new Promise<number | undefined>((resolve, reject) => {
      const path = '/sealed.admin.v1.Service/Status';
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      });
      sent.on('error', reject).end('{}');
    });
  };
  // Nobody is behind it.
  assert.equal(await asked({ authorization: `Bearer ${key}` }), 503);
  const digestBytes = [32, 32];
  assert.deepEqual(compared, digestBytes);
  for (const wrong of ['', 'x', key.slice(1), `${key}x`, `x${key.slice(1)}`]) {
    assert.equal(await asked({ authorization: `Bearer ${wrong}` }), 401, wrong);
    assert.deepEqual(compared, digestBytes);
  }
  assert.equal(await asked({}), 401);
  const good = { authorization: `Bearer ${key}` };
  assert.equal(await asked({ ...good, host: `evil.example:${port}` }), 421);
  assert.equal(await asked({ ...good, 'sec-fetch-site': 'cross-site' }), 403);
});
