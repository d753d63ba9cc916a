// The command line at the port of operators: who it calls as, what it refuses to do with a token, and what its exit codes say.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { TcpNetConnectOpts } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { systemRandom } from '../../random.js';
import { createListDoor } from '../../rpc/admin/access/listDoor.js';
import { Operators } from '../../rpc/admin/access/operators.js';
import { createOwnHost } from '../../rpc/admin/access/ownHost.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { pathOf } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';
import { openPage } from './page.js';
import { parseAdminUrl, portAt } from './place.js';

const tokenOf = (who: string) => `${who}-0123456789abcdef`;

describe('sealed-prover admin --admin-url', () => {
  let world: World;
  let folder: string;
  let url: string;
  const afterwards: (() => unknown)[] = [];
  const fileOf = (who: string) => join(folder, who);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'admin-url-'));
    for (const who of ['ada', 'eve', 'mallory']) writeFileSync(fileOf(who), `${tokenOf(who)}\n`);
    world = await createWorld({ pages: createMemoryPages() });
    await world.submit();
    await world.settle();
    const operators = new Operators({ certificates: false });
    operators.replace(`read ada token:${tokenOf('ada')}\nown eve token:${tokenOf('eve')}\n`);
    const isOwnHost = createOwnHost(() => undefined);
    const door = createListDoor({ operators, isOwnHost, clock: world.clock });
    const to = await startAdmin({ after: (end) => void afterwards.push(end as never) }, world, {}, { door });
    url = `http://127.0.0.1:${(to as TcpNetConnectOpts).port}`;
  });
  after(async () => {
    for (const end of afterwards) await end();
    await world.end();
    rmSync(folder, { recursive: true });
  });

  async function admin(environment: Readonly<Record<string, string>>, ...words: string[]) {
    const cli = scriptedCli({ LOGNAME: 'somebody', ...environment });
    const exitCode = await runCli(['admin', ...words], cli);
    return { exitCode, out: cli.out(), err: cli.err() };
  }

  it('looks with a token, by option or SEALED_ADMIN, and acts under the name on the list', async () => {
    const looked = await admin({}, 'requests', '--admin-url', url, '--token-file', fileOf('ada'));
    assert.equal(looked.exitCode, 0, looked.err);
    assert.match(looked.out, /^REQUEST/);
    const known = await admin({ SEALED_ADMIN: url }, 'status', '--json', '--token-file', fileOf('ada'));
    assert.equal(known.exitCode, 0, known.err);
    const paused = await admin(
      { SEALED_ADMIN: url },
      'dispatch',
      'pause',
      '--reason',
      'a new driver',
      '--token-file',
      fileOf('eve'),
    );
    assert.equal(paused.exitCode, 0, paused.err);
    const [done] = world.assembly.audit.list(1);
    assert.deepEqual([done?.operator, done?.isClaimed], ['eve', false]);
  });

  it('exits with 5 where it is not let in, or may not, and shows no token', async () => {
    const stranger = await admin({}, 'status', '--admin-url', url, '--token-file', fileOf('mallory'));
    const reader = await admin(
      {},
      'dispatch',
      'resume',
      '--reason',
      'it is there',
      '--admin-url',
      url,
      '--token-file',
      fileOf('ada'),
    );
    assert.deepEqual([stranger.exitCode, reader.exitCode], [5, 5]);
    assert.match(stranger.err, /Operators are asked for a token/);
    assert.match(reader.err, /takes the role operate, and the caller has read/);
    assert.doesNotMatch(stranger.err + reader.err, /0123456789abcdef/);
  });

  it('refuses to send a token without TLS to another machine, and says what is missing', async () => {
    writeFileSync(fileOf('two'), `${tokenOf('ada')}\n${tokenOf('eve')}\n`);
    const given = { token: ['--token-file', fileOf('ada')], at: ['--admin-url', url] };
    for (const [words, wanted] of [
      [['--admin-url', 'http://10.0.0.1:9000', ...given.token], /by TLS alone: use https:\/\/10\.0\.0\.1:9000/],
      [['--admin-url', 'ftp://here', ...given.token], /is an origin such as/],
      [['--admin-url', `${url}/path`, ...given.token], /is an origin such as/],
      [given.at, /name a file with your token by --token-file/],
      [[...given.at, '--token-file', fileOf('nobody')], /cannot be read/],
      [[...given.at, '--token-file', fileOf('two')], /must hold one token/],
      [[...given.at, ...given.token, '--socket', '/s'], /--socket or --admin-url/],
    ] as const) {
      const { exitCode, err } = await admin({}, 'status', ...words);
      assert.equal(exitCode, 2, err);
      assert.match(err, wanted);
      assert.doesNotMatch(err, /0123456789abcdef/);
    }
    assert.equal(parseAdminUrl('http://[::1]:9000').port, '9000');
  });

  it('exits with 6 where nothing listens', async () => {
    const { exitCode, err } = await admin(
      {},
      'status',
      '--admin-url',
      'http://127.0.0.1:1',
      '--token-file',
      fileOf('ada'),
    );
    assert.equal(exitCode, 6);
    assert.match(err, /No service answers at http:\/\/127\.0\.0\.1:1 .*--admin-listen/);
  });

  it('brings the page of a service elsewhere: the browser has a key of its own, and never the token', async (t) => {
    const at = portAt(new URL(url), { token: tokenOf('ada') });
    const page: { url: string; server: Server } = await openPage({
      at,
      operator: 'ada',
      port: 0,
      random: systemRandom,
    });
    t.after(() => page.server.close());
    const { origin, hash } = new URL(page.url);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${hash.slice('#t='.length)}` };
    const answer = await fetch(origin + pathOf(Service.method.status), { method: 'POST', headers, body: '{}' });
    assert.equal(answer.status, 200);
    assert.ok(!page.url.includes(tokenOf('ada')));
  });
});

describe('sealed-prover admin, at the socket', () => {
  it('acts under the login name, and under the name of the account where the variables are not set', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const socket = 'path' in to ? to.path : '';
    for (const [environment, wanted] of [
      [{ SUDO_USER: 'ada', LOGNAME: 'root' }, 'ada'],
      [{ LOGNAME: 'eve' }, 'eve'],
      [{}, userInfo().username],
    ] as const) {
      const cli = scriptedCli({ SEALED_ADMIN: socket, ...environment });
      assert.equal(await runCli(['admin', 'dispatch', 'pause', '--reason', 'a new driver'], cli), 0, cli.err());
      const [done] = world.assembly.audit.list(1);
      assert.deepEqual([done?.operator, done?.isClaimed], [wanted, true]);
      const resumed = scriptedCli({ SEALED_ADMIN: socket });
      assert.equal(await runCli(['admin', 'dispatch', 'resume', '--reason', 'it is in'], resumed), 0, resumed.err());
    }
  });
});
