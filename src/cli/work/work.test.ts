// What `work` and `serve` refuse before anything runs: whatever would let an input go elsewhere than to a worker of the operator.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../config/load.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { certificateFile } from '../../testkit/testCertificates.js';
import { runCli } from '../runCli.js';

const folder = temporaryFolder('work');
const engine = join(folder, 'engine');
writeFileSync(engine, '');

const sound: Readonly<Record<string, string>> = {
  '--front': 'https://127.0.0.1:9',
  '--cert': certificateFile('client'),
  '--key': certificateFile('client', 'key'),
  '--engine': engine,
  '--cpu-prove-lanes': '1',
};

async function refused(changes: Readonly<Record<string, string>>, code: number, words: RegExp): Promise<void> {
  const cli = scriptedCli({ HOME: folder });
  const found = await runCli(['work', ...Object.entries({ ...sound, ...changes }).flat()], cli);
  assert.match(cli.err(), words);
  assert.equal(found, code);
}

test('a worker does not start without TLS, its certificate, memory for inputs, or something to prove on', async () => {
  await refused({ '--front': 'http://127.0.0.1:9' }, 2, /https URL: inputs come by TLS alone/);
  await refused({ '--scratch': folder }, 1, /is on a disk, and inputs are kept in memory alone/);
  await refused({ '--scratch': '/nowhere' }, 1, /cannot be used for inputs: there is no such file or folder/);
  await refused({ '--key': certificateFile('server', 'key') }, 1, /They must be PEM files/);
  await refused({ '--cert': '/nowhere.pem' }, 1, /cannot be used: there is no such file or folder/);
  await refused({ '--name': 'A B' }, 2, /lower-case letters, digits and hyphens/);
  await refused({ '--cpu-prove-lanes': '0' }, 2, /no GPU is given: nothing could prove/);
  await refused({ '--gpus': '0' }, 2, /--gpus needs --gpu-server/);
});

test('a front does not listen for workers without mutual TLS', () => {
  const problems = (flags: Readonly<Record<string, string>>) => {
    try {
      loadConfig({ flags: { data: folder, ...flags }, environment: {} });
      return '';
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
  };
  const workersListen = '127.0.0.1:8443';
  const workersCa = 'ca.pem';
  assert.match(problems({ workersListen }), /--workers-listen needs --workers-ca: nobody else may see inputs/);
  assert.match(problems({ workersListen, workersCa }), /inputs go to workers by TLS alone/);
  assert.match(problems({ workersListen, workersCa, workersCert: 'a' }), /need each other/);
  assert.match(problems({ workersCa }), /--workers-ca needs --workers-listen/);
  const own = { workersListen, workersCa, workersCert: 'a', workersKey: 'b' };
  assert.match(problems({ ...own, listen: workersListen }), /workers have a port of their own/);
  assert.equal(problems({ ...own, cpuProveLanes: '0' }), '');
  assert.equal(problems({ workersListen, workersCa, tlsCert: 'a', tlsKey: 'b' }), '');
});
