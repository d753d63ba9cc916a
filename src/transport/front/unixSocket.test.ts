// Sockets in a real file system: who may connect, whose place is taken, what is left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { certificateOf } from '../../testkit/testCertificates.js';
import { called, said, startListener } from '../../testkit/transport/listenerRig.js';
import { createTls } from './tls.js';

const get = 'GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n';
const methods = [{ path: '/test.Echo/Say', answer: ({ raw }: { raw: Uint8Array }) => raw }];

describe('a listener on a unix socket', { timeout: 300_000 }, () => {
  let folder: string;
  let socketPath: string;
  let count = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sealed-unix-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    socketPath = join(folder, `${count++}.sock`);
  });

  it('serves what one on TCP serves, to its owner alone, and is gone when it is closed', async (t) => {
    const umask = process.umask(0);
    t.after(() => process.umask(umask));
    const { to, front } = await startListener(t, { methods }, { socketPath });
    assert.equal(lstatSync(socketPath).mode & 0o777, 0o600);
    assert.match(await said(to, get), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\/path/);
    assert.equal((await called(to, '/test.Echo/Say')).trailers['grpc-status'], '0');
    await front.close(0);
    assert.equal(existsSync(socketPath), false);
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.endsWith('.sock')),
      [],
    );
  });

  it('takes the place of one whose process was killed', async (t) => {
    const code = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => console.log('listens'))`;
    const other = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    await assert.rejects(startListener(t, {}, { socketPath }), {
      name: 'SocketPathError',
      message: `Another process listens on ${socketPath}. Stop it, or choose another path.`,
    });
    other.kill('SIGKILL');
    await once(other, 'exit');
    assert.ok(lstatSync(socketPath).isSocket());
    const { to } = await startListener(t, {}, { socketPath });
    assert.match(await said(to, get), /200 OK/);
  });

  it('takes the place of nothing but a socket', async (t) => {
    writeFileSync(socketPath, 'something');
    const refusal = {
      name: 'SocketPathError',
      message: `${socketPath} is there already and is no socket. Remove it, or choose another path.`,
    };
    await assert.rejects(startListener(t, {}, { socketPath }), refusal);
    unlinkSync(socketPath);
    symlinkSync('/nowhere', socketPath);
    await assert.rejects(startListener(t, {}, { socketPath }), refusal);
  });

  it('says that its path is too long, or that its folder is none', async (t) => {
    const longest = join(folder, 'x'.repeat(103 - folder.length - 1));
    const { to } = await startListener(t, {}, { socketPath: longest });
    assert.match(await said(to, get), /200 OK/);
    await assert.rejects(startListener(t, {}, { socketPath: `${longest}x` }), {
      name: 'SocketPathError',
      message: `The path of the socket ${longest}x is too long: it has 104 bytes, and the system takes 103 here. Choose a shorter one.`,
    });
    // A short name leaves less for its folder, in which the socket is made.
    const deep = join(folder, 'y'.repeat(103 - folder.length - 3));
    await assert.rejects(startListener(t, {}, { socketPath: join(deep, 's') }), /takes 94 here/);
    const nowhere = join(folder, 'nowhere');
    await assert.rejects(startListener(t, {}, { socketPath: join(nowhere, 'long.sock') }), {
      name: 'SocketPathError',
      message: `No socket can be made in ${nowhere} (ENOENT). It must be a folder of yours.`,
    });
  });

  it('leaves what another process has put in its place', async (t) => {
    const { front } = await startListener(t, {}, { socketPath });
    unlinkSync(socketPath);
    const other = createServer().listen(socketPath);
    await once(other, 'listening');
    await front.close(0);
    assert.ok(lstatSync(socketPath).isSocket());
    other.close();
  });

  it('speaks no TLS', async (t) => {
    const acceptor = createTls({ ...certificateOf('server'), clientCa: undefined }, 10_000);
    await assert.rejects(
      startListener(t, { tls: { acceptor, plaintext: 'never' } }, { socketPath }),
      /TLS is not spoken/,
    );
    assert.equal(existsSync(socketPath), false);
  });
});
