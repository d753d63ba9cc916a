// Who may call what, of every method that proto/admin/v1 defines and by every way that leads to it; and what else keeps a caller out of the port.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { NetConnectOpts, Socket } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type DescMethod, type DescMethodUnary, fromJson, hasOption, toBinary } from '@bufbuild/protobuf';
import { Role, role } from '../../../gen/admin/v1/access_pb.js';
import { Artifacts } from '../../../gen/admin/v1/artifacts_pb.js';
import { Deliveries } from '../../../gen/admin/v1/deliveries_pb.js';
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import { Machines } from '../../../gen/admin/v1/machines_pb.js';
import { Programs } from '../../../gen/admin/v1/programs_pb.js';
import { Queue } from '../../../gen/admin/v1/queue_pb.js';
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import { Service } from '../../../gen/admin/v1/service_pb.js';
import { Signers } from '../../../gen/admin/v1/signers_pb.js';
import { Upkeep } from '../../../gen/admin/v1/upkeep_pb.js';
import { callGrpc, callJson, pathOf, post } from '../../../testkit/service/adminCalls.js';
import { watchEvents, watchGrpc } from '../../../testkit/service/adminWatch.js';
import { startAdmin } from '../../../testkit/service/adminWorld.js';
import { called, open } from '../../../testkit/transport/listenerRig.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../../testkit/world/world.js';
import { framed } from '../../../transport/grpc/message.js';
import { answerJson } from '../../../transport/http/exchange.js';
import { adminMethods } from '../service.js';
import { createListDoor } from './listDoor.js';
import { Operators } from './operators.js';
import { createOwnHost } from './ownHost.js';
import { may, roleNames, roleOf } from './roles.js';

const folder = new URL('../../../../proto/admin/v1/', import.meta.url);
const services = [Artifacts, Deliveries, Lanes, Programs, Machines, Queue, Requests, Service, Signers, Upkeep];
const methods: readonly DescMethod[] = services.flatMap((each) => each.methods);
const unaries = methods.filter((each): each is DescMethodUnary => each.methodKind === 'unary');

const tokenOf = (who: string) => `${who}-0123456789abcdef`;
const lines = Object.keys(roleNames).map((name) => `${name} ${name}er token:${tokenOf(name)}`);
const bearer = (who: string) => ({ authorization: `Bearer ${tokenOf(who)}` });
/** As a client of HTTP/2 writes it. */
const here = { ':authority': 'localhost' };
const json = { 'content-type': 'application/json' };

interface Port {
  readonly to: NetConnectOpts;
  readonly operators: Operators;
  /** A second, for the door alone. */
  rest(): void;
}

async function openPort(t: Pick<TestContext, 'after'>, world: World): Promise<Port> {
  const operators = new Operators({ certificates: false });
  operators.replace(lines.join('\n'));
  let now = 0;
  const door = createListDoor({
    operators,
    isOwnHost: createOwnHost(() => undefined),
    clock: { steady: () => now as never },
  });
  const said = (path: string, needs?: Role.READ | 'anyone') => ({
    methods: ['GET', 'POST'],
    path,
    ...(needs !== undefined && { needs }),
    answer: (exchange: Parameters<typeof answerJson>[0]) => answerJson(exchange, 200, { path }),
  });
  const more = [said('/for-anyone', 'anyone'), said('/for-readers', Role.READ), said('/says-nothing')];
  const to = await startAdmin(t, world, {}, { door, more });
  return { to, operators, rest: () => (now += 1_000) };
}

describe('roles', () => {
  it('are said by every method that is defined, and each of them is served', () => {
    const text = readdirSync(folder)
      .filter((name) => name.endsWith('.proto'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const defined = text.join('\n').match(/^ {2}rpc \w+\(/gm)?.length;
    assert.equal(methods.length, defined, 'this test knows every service');
    assert.deepEqual(
      methods.filter((each) => !hasOption(each, role)).map((each) => `${each.parent.name}.${each.name}`),
      [],
    );
    const served = adminMethods({} as never).map(({ path }) => path);
    assert.deepEqual([...served].sort(), unaries.map(pathOf).sort());
  });

  it('one that says nothing is for owners', () => {
    const silent = { ...Service.method.status, proto: { ...Service.method.status.proto, options: undefined } };
    assert.equal(roleOf(silent as never), Role.OWN);
    assert.equal(may(Role.UNSPECIFIED, Role.UNSPECIFIED), false);
  });

  it('readers may not change anything, and only owners may take what cannot be given back', () => {
    const of = (wanted: Role) =>
      methods.filter((each) => roleOf(each) === wanted).map((each) => `${each.parent.name}.${each.name}`);
    const changes = methods.filter((each) => each.input.fields.some(({ name }) => name === 'change'));
    assert.ok(changes.length > 15);
    for (const each of changes) assert.ok(roleOf(each) > Role.READ, each.name);
    assert.deepEqual(of(Role.OWN), ['Programs.Remove', 'Service.Drain', 'Upkeep.Backup']);
  });
});

describe('the port of operators', () => {
  let world: World;
  before(async () => {
    world = await createWorld({ pages: createMemoryPages() });
    await world.prove(1_000);
  });
  after(() => world.end());

  for (const [name, has] of Object.entries(roleNames))
    it(`lets the role ${name} do what is its, by gRPC and as JSON, and refuses the rest`, async (t) => {
      const { to, rest } = await openPort(t, world);
      for (const method of unaries) {
        const isAllowed = may(has, roleOf(method));
        rest();
        const byGrpc = await callGrpc(to, method, {}, { ...here, ...bearer(name) });
        const status = 'status' in byGrpc ? byGrpc.status : 0;
        const { status: byJson, body } = await post(to, pathOf(method), '{}', { ...json, ...bearer(name) });
        const path = pathOf(method);
        if (isAllowed) assert.ok(![7, 8, 16].includes(status) && ![401, 403, 421, 429].includes(byJson), path);
        else assert.deepEqual([status, byJson, JSON.stringify(body).includes('NOT_ALLOWED')], [7, 403, true], path);
      }
    });

  it('answers nobody without a credential, whatever they ask, and says the same to a wrong one', async (t) => {
    const { to } = await openPort(t, world);
    const said = new Set<string>();
    for (const credential of [{}, { authorization: 'Bearer wrong-0123456789abcdef' }, { authorization: 'Basic x' }]) {
      for (const method of unaries) {
        const byGrpc = await callGrpc(to, method, {}, { ...here, ...credential });
        said.add('status' in byGrpc ? `${byGrpc.status} ${byGrpc.sentence}` : 'answered');
        const { status, body } = await post(to, pathOf(method), 'no JSON', { ...json, ...credential });
        said.add(`${status} ${JSON.stringify(body)}`);
      }
      for (const path of ['/feed', '/for-readers', '/says-nothing', '/nothing-of-ours']) {
        const { status, body } = await post(to, path, '', credential, 'GET');
        said.add(`${status} ${JSON.stringify(body)}`);
      }
      const watched = watchGrpc(to, { afterFeed: 1n }, { ...here, ...credential });
      // Somebody who is let in is told something at once.
      const told = watched.until(() => true).then(() => 'told');
      assert.match(await Promise.race([watched.ended, told]), /^16 Operators are asked/);
    }
    assert.deepEqual([...said].map((each) => each.slice(0, 3)).sort(), ['16 ', '401'], [...said].join('\n'));
    assert.equal((await post(to, '/for-anyone', '', {}, 'GET')).status, 200);
  });

  it('has no route beside the methods that a reader could use to change something', async (t) => {
    const { to } = await openPort(t, world);
    const as = async (who: string, path: string) => (await post(to, path, '', bearer(who), 'GET')).status;
    assert.deepEqual([await as('read', '/for-readers'), await as('read', '/says-nothing')], [200, 403]);
    assert.deepEqual([await as('operate', '/says-nothing'), await as('own', '/says-nothing')], [403, 200]);
    assert.equal(await as('read', '/nothing-of-ours'), 404);
  });

  it('takes the name of an action from the list, whatever its caller says', async (t) => {
    const { to } = await openPort(t, world);
    const given = JSON.stringify({ change: { reason: 'a new driver' } });
    const claim = { 'x-sealed-operator': 'mallory' };
    const paused = await post(to, pathOf(Queue.method.pauseIntake), given, { ...json, ...claim, ...bearer('operate') });
    assert.equal(paused.status, 200, JSON.stringify(paused.body));
    const resumed = await callGrpc(
      to,
      Queue.method.resumeIntake,
      { change: { reason: 'it is there' } },
      { ...here, ...claim, ...bearer('own') },
    );
    assert.ok('message' in resumed);
    assert.deepEqual(
      world.assembly.audit.list(2).map(({ operator, isClaimed }) => [operator, isClaimed]),
      [
        ['owner', false],
        ['operateer', false],
      ],
    );
  });

  it('tells a reader no id of a proof, by whatever method', async (t) => {
    const { to, rest } = await openPort(t, world);
    const { rows } = await callJson(await startAdmin(t, world), Requests.method.list, {});
    const id = rows.find(({ state }) => state === 'fulfilled')?.id;
    const view = world.system.registry.view(id as never);
    assert.ok(id !== undefined && view?.state === 'fulfilled');
    const watching = [
      watchEvents(to, '?after=1', bearer('read')),
      watchGrpc(to, { afterFeed: 1n, progress: true }, { ...here, ...bearer('read') }),
    ];
    const seen: string[] = [];
    for (const watched of watching) {
      await watched.until(({ event }) => event.case === 'request' && event.value.entry?.to === 'fulfilled');
      watched.leave();
      seen.push(JSON.stringify(watched.seen, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
    }
    for (const method of unaries.filter((each) => roleOf(each) === Role.READ)) {
      rest();
      const takesId = method.input.fields.some(({ name }) => name === 'id');
      // The id of the proof itself is one of those that a reader may try.
      for (const given of takesId
        ? [
            { id },
            { id: view.proof.id.slice(0, 12) },
            ...(method === Requests.method.get ? [{ id, withContext: true }] : []),
          ]
        : [{}, { page: { size: 1 } }]) {
        const { body } = await post(to, pathOf(method), JSON.stringify(given), { ...json, ...bearer('read') });
        const bytes = framed(toBinary(method.input, fromJson(method.input, given, { ignoreUnknownFields: true })));
        const byGrpc = await called(to, pathOf(method), { ...here, ...bearer('read') }, bytes);
        seen.push(JSON.stringify([body, byGrpc.head, byGrpc.trailers]), byGrpc.body.toString('latin1'));
        assert.ok(!byGrpc.body.includes(Buffer.from(view.proof.id, 'hex')), pathOf(method));
      }
    }
    assert.ok(seen.join('').includes(id) && seen.join('').includes(view.proof.sha256));
    assert.ok(!seen.join('').includes(view.proof.id));
  });

  it('refuses another name of its host, and a page of another site, before and behind the credentials', async (t) => {
    const { to, rest } = await openPort(t, world);
    const path = pathOf(Service.method.status);
    const answer = async (headers: Readonly<Record<string, string>>) =>
      (await post(to, path, '{}', { ...json, ...bearer('read'), ...headers })).status;
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b', '2130706433'])
      assert.equal(await answer({ host }), 421, host);
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:9', '[::1]:9'])
      assert.equal(await answer({ host }), 200, host);
    const byGrpc = await callGrpc(to, Service.method.status, {}, { ':authority': 'evil.example', ...bearer('own') });
    assert.equal('status' in byGrpc && byGrpc.status, 7);
    assert.equal((await post(to, '/for-anyone', '', { host: 'evil.example' }, 'GET')).status, 421);
    rest();
    assert.equal(await answer({ 'sec-fetch-site': 'same-origin' }), 200);
    for (const site of ['cross-site', 'same-site', 'none'])
      assert.equal(await answer({ 'sec-fetch-site': site }), 403, site);
    assert.equal((await post(to, path, '{}', { ...json, 'sec-fetch-site': 'cross-site' })).status, 401);
  });

  it('gives each operator 20 calls a second and 8 streams, and takes nothing of another one', async (t) => {
    const { to, rest } = await openPort(t, world);
    const call = async (who: string) =>
      (await post(to, pathOf(Service.method.status), '{}', { ...json, ...bearer(who) })).status;
    for (let n = 0; n < 20; n += 1) assert.equal(await call('read'), 200);
    assert.deepEqual([await call('read'), await call('own')], [429, 200]);
    rest();
    assert.equal(await call('read'), 200);
    const streams = [];
    for (let n = 0; n < 8; n += 1) {
      streams.push(watchEvents(to, '?after=1', bearer('read')));
      await streams.at(-1)?.until(() => true);
    }
    assert.match(await watchEvents(to, '?after=1', bearer('read')).ended, /^429 .*WATCHERS_FULL/);
    const other = watchGrpc(to, { afterFeed: 1n }, { ...here, ...bearer('own') });
    await other.until(() => true);
    for (const each of [...streams, other]) each.leave();
  });

  it('ends the streams of those who are taken off the list, and of nobody else', async (t) => {
    const { to, operators } = await openPort(t, world);
    const [gone, staying] = [
      watchGrpc(to, { afterFeed: 1n }, { ...here, ...bearer('read') }),
      watchGrpc(to, { afterFeed: 1n }, { ...here, ...bearer('own') }),
    ];
    await Promise.all([gone.until(() => true), staying.until(() => true)]);
    operators.replace(lines.filter((line) => !line.startsWith('read')).join('\n'));
    assert.match(await gone.ended, /^16 /);
    assert.equal((await post(to, pathOf(Service.method.status), '{}', { ...json, ...bearer('read') })).status, 401);
    const before = staying.seen.length;
    await world.submit();
    await world.settle();
    await staying.until(() => staying.seen.length > before);
    staying.leave();
  });

  it('bounds what it reads, and for how long', async (t) => {
    const { to } = await openPort(t, world);
    const path = pathOf(Service.method.status);
    const large = Buffer.alloc(64 * 1024 + 1, ' ');
    const { status } = await post(to, path, large, { ...json, ...bearer('own') });
    assert.equal(status, 413);
    const byGrpc = await called(to, path, { ...here, ...bearer('own') }, framed(large));
    assert.deepEqual([byGrpc.head['grpc-status'], byGrpc.body.byteLength], ['8', 0]);

    const begin = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${tokenOf('own')}\r\ncontent-type: application/json\r\n`;
    /** What is answered to a body that goes on as `more` does. */
    const answered = async (head: string, more: (socket: Socket) => Promise<unknown>) => {
      const socket = await open(to);
      let said = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        said += chunk;
      });
      socket.write(`${begin}${head}\r\n\r\n`);
      for (let times = 0; !said.includes('}'); times += 1) {
        assert.ok(times < 100_000, said);
        await more(socket);
        await new Promise(setImmediate);
      }
      socket.destroy();
      return said;
    };
    const chunk = `1000\r\n${' '.repeat(4_096)}\r\n`;
    const endless = await answered(
      'transfer-encoding: chunked',
      async (socket) => socket.writable && socket.write(chunk),
    );
    assert.match(endless, /^HTTP\/1\.1 413 /);
    const startedAt = world.clock.now();
    const slow = await answered('content-length: 100', () => world.clock.advance(1_000));
    assert.match(slow, /^HTTP\/1\.1 408 [\s\S]*did not arrive whole: too slow/);
    assert.ok(world.clock.now() - startedAt >= 20_000);
    // And it serves as before.
    assert.equal((await post(to, path, '{}', { ...json, ...bearer('own') })).status, 200);
  });
});
