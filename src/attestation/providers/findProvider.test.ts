// Which provider a machine has, by what lies in its file system and its environment.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { systemRandom } from '../../random.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { findProvider } from './findProvider.js';

const clock = new SimulatedClock();
const tsm = '/sys/kernel/config/tsm/report/';

/** A machine that has these; a name with a slash at its end is a folder. */
function machineWith(...paths: string[]) {
  const root = temporaryFolder('machine');
  for (const path of paths) {
    mkdirSync(path.endsWith('/') ? join(root, path) : dirname(join(root, path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), '');
  }
  return { root, socket: undefined, environment: {}, clock, random: systemRandom };
}

describe('the provider of a machine', () => {
  it('is for auto the first of dstack, tappd and tsm that is there, and never dev', () => {
    const nameOf = (...paths: string[]) => findProvider('auto', machineWith(...paths))?.name;
    assert.equal(nameOf('/var/run/dstack.sock', '/var/run/tappd.sock', tsm), 'dstack');
    assert.equal(nameOf('/run/dstack/dstack.sock', tsm), 'dstack');
    assert.equal(nameOf('/var/run/tappd.sock', tsm), 'tappd');
    assert.equal(nameOf(tsm), 'tsm');
    assert.equal(nameOf(), undefined);
  });

  it('is none when it is named and not there', () => {
    for (const name of ['dstack', 'tappd', 'tsm'] as const) assert.equal(findProvider(name, machineWith()), undefined);
    assert.equal(findProvider('tappd', machineWith('/var/run/dstack.sock')), undefined);
  });

  it('has its socket where the option says', () => {
    const found = findProvider('dstack', { ...machineWith('/var/run/dstack.sock'), socket: '/elsewhere.sock' });
    assert.equal(found?.describe(), 'the dstack agent at /elsewhere.sock');
    assert.equal(found?.isSimulated, false);
  });

  it('is a simulator where the environment names one, by URL or by path', () => {
    for (const endpoint of ['http://127.0.0.1:8090', 'unix:///tmp/sim.sock', '/tmp/sim.sock']) {
      const environment = { DSTACK_SIMULATOR_ENDPOINT: endpoint };
      const found = findProvider('dstack', { ...machineWith('/var/run/dstack.sock'), environment });
      assert.equal(found?.isSimulated, true, endpoint);
      assert.match(found?.describe() ?? '', /simulator/);
    }
  });
});
