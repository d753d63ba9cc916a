// Any method by its name, what is refused before anything is asked, and the descriptors that other tools call them by.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { adminMethods } from '../../rpc/admin/service.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';
import { callable } from './call.js';

describe('admin call', () => {
  let world: World;
  let socket: string;
  const afterwards: (() => unknown)[] = [];

  before(async () => {
    world = await createWorld({ pages: createMemoryPages() });
    const to = await startAdmin({ after: (end) => void afterwards.push(end as never) }, world);
    socket = 'path' in to ? to.path : assert.fail();
  });
  after(async () => {
    for (const end of afterwards) await end();
    await world.end();
  });

  async function call(...words: string[]) {
    const cli = scriptedCli({ LOGNAME: 'ada' }, { clock: world.clock });
    const exitCode = await runCli(['admin', 'call', '--socket', socket, ...words], cli);
    return { exitCode, out: cli.out(), err: cli.err() };
  }

  it('calls a method by its name, in whichever form, and prints its answer as an object of version 1', async () => {
    const id = await world.submit();
    await world.settle();
    for (const name of ['Requests/List', 'sealed.admin.v1.Requests/List', '/sealed.admin.v1.Requests/List']) {
      const { out, exitCode } = await call(name, '{"page":{"size":5}}');
      assert.equal(exitCode, 0);
      const { v, rows } = JSON.parse(out);
      assert.deepEqual([v, rows.map((row: { id: string }) => row.id)], [1, [id]]);
    }
    assert.equal(JSON.parse((await call('Service/Status')).out).phase, 'serving');
    const paused = await call('Queue/PauseDispatch', '{"change":{"reason":"a new driver"}}');
    assert.equal(JSON.parse(paused.out).changed.applied, true);
    assert.equal(world.assembly.audit.list(1)[0]?.operator, 'ada');
  });

  it('has every method that answers once', () => {
    assert.deepEqual(
      [...callable.values()].map(({ parent, name }) => `/${parent.typeName}/${name}`).sort(),
      adminMethods({} as never)
        .map(({ path }) => path)
        .sort(),
    );
  });

  it('refuses what is no method and no message of it, with what there is', async () => {
    for (const words of [
      ['Requests/Watch'],
      ['Nothing/Here'],
      ['Requests/List', '{'],
      ['Requests/List', '{"strange":1}'],
    ]) {
      const { exitCode, err } = await call(...words);
      assert.equal(exitCode, 2, words.join(' '));
      assert.match(err, words.length === 1 ? /There are: Artifacts\// : /This is no RequestsListRequest as JSON/);
    }
    assert.equal((await call('Requests/Get', '{"id":"abababab"}')).exitCode, 3);
  });

  it('is what /admin.binpb describes for other tools, with all that it is defined with', async () => {
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      request({ socketPath: socket, path: '/admin.binpb', agent: false }, (response) => {
        assert.equal(response.statusCode, 200);
        buffer(response).then(resolve, reject);
      })
        .on('error', reject)
        .end();
    });
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    for (const { parent, name } of callable.values()) {
      const found = registry.getService(parent.typeName)?.methods.find((method) => method.name === name);
      assert.ok(found, `${parent.typeName}/${name}`);
    }
    assert.ok(registry.getService('sealed.admin.v1.Requests')?.methods.some(({ name }) => name === 'Watch'));
  });
});
