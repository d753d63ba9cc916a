// The image without a container engine: what its Dockerfile says, and its entrypoint as process 1 of namespaces of its own, on a root
// that is read-only. What Docker itself does with the file is not shown here.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/testkit/freePort.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';
import { needing, toolEnvironment } from './tools.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Instructions of a Dockerfile, a line each, without comments. */
const instructions = read('Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '');
const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
const inLast = (name: string) => lastStage.filter((line) => line.startsWith(`${name} `));

describe('the Dockerfile', () => {
  it('gives no option in a way that beats an environment or a file of the user', () => {
    assert.deepEqual(inLast('ENTRYPOINT'), ['ENTRYPOINT ["/app/image/entrypoint.sh"]']);
    assert.deepEqual(inLast('CMD'), ['CMD ["serve"]']);
    const variables = inLast('ENV').flatMap((line) => line.match(/SEALED_\w+/g) ?? []);
    assert.deepEqual(variables, ['SEALED_DEFAULTS']);
    assert.deepEqual(JSON.parse(read('image/defaults.json')), { listen: '0.0.0.0:8080', data: '/data' });
  });

  it('checks the health by the configuration that runs', () => {
    const [check = ''] = inLast('HEALTHCHECK');
    assert.match(check, / CMD \["sealed-prover", "health"\]$/);
  });

  it('has a base for each variant, and runs as a numbered user', () => {
    assert.match(lastStage[0] ?? '', /^FROM base-\$\{VARIANT\}$/);
    for (const variant of ['cpu', 'gpu']) {
      assert.ok(
        instructions.some((line) => new RegExp(`^FROM \\S+ AS base-${variant}$`).test(line)),
        variant,
      );
    }
    assert.deepEqual(inLast('USER'), ['USER 1000:1000']);
  });

  it('copies only what is there, and what is sent to the builder', () => {
    const sent = read('.dockerignore').split('\n');
    const copied = instructions
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    assert.ok(copied.length > 10);
    for (const path of copied) {
      accessSync(join(root, path));
      assert.ok(sent.includes(`!${path}`), `.dockerignore keeps ${path} back`);
    }
    accessSync(join(root, 'image/entrypoint.sh'), constants.X_OK);
  });
});

describe('the image’s entrypoint on a read-only root', { ...needing('unshare'), timeout: 600_000 }, () => {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** What the image has on its path and beside its package, made of this checkout. */
  function layOut() {
    const folder = temporaryFolder('image');
    const build = buildService();
    const bin = join(folder, 'bin');
    for (const path of [bin, join(folder, 'data'), join(folder, 'tmp')]) mkdirSync(path);
    const script = (path: string, line: string) => {
      writeFileSync(path, `#!/bin/sh\n${line}\n`);
      chmodSync(path, 0o755);
    };
    // Not installed on every machine. That process 1 is then the service itself is what Kubernetes makes of it too.
    script(join(bin, 'tini'), 'shift; exec "$@"');
    script(join(bin, 'sealed-prover'), `exec '${process.execPath}' '${join(build, 'cli.js')}' "$@"`);
    const fakeEngine = join(build, 'testkit/engine/fakeEngine.main.js');
    writeFileSync(join(folder, 'script.json'), '{}');
    const engine = join(bin, 'engine');
    script(engine, `exec '${process.execPath}' '${fakeEngine}' --script '${join(folder, 'script.json')}' "$@"`);
    writeFileSync(join(folder, 'defaults.json'), JSON.stringify({ listen: '127.0.0.1:9', data: join(folder, 'data') }));
    const env = {
      ...Object.fromEntries(Object.entries(toolEnvironment).filter(([name]) => !name.startsWith('SEALED_'))),
      PATH: `${bin}:${toolEnvironment['PATH']}`,
      SEALED_DEFAULTS: join(folder, 'defaults.json'),
      SEALED_ENGINE: engine,
      TMPDIR: join(folder, 'tmp'),
    };
    return { folder, env };
  }

  /** As `docker run --read-only --tmpfs /tmp -v …:/data IMAGE WORDS`. */
  function run({ folder, env }: ReturnType<typeof layOut>, words: string[], more: Record<string, string> = {}) {
    const inside = [
      'set -e',
      'for part in data tmp; do mount --bind "$0/$part" "$0/$part"; done',
      'mount -o remount,bind,ro /',
      'if touch "$0/written" 2>/dev/null; then echo "the root can be written" >&2; exit 70; fi',
      'exec "$@"',
    ].join('\n');
    const isolation = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const entrypoint = join(root, 'image/entrypoint.sh');
    const child = spawn('unshare', [...isolation, 'sh', '-c', inside, folder, entrypoint, ...words], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    ends.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    return watched(child);
  }

  function watched(child: ChildProcess) {
    let text = '';
    const closed = once(child, 'close').then(([code]) => code as number | null);
    const said = (wanted: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => wanted.test(text) && resolve(text);
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
        void closed.then(() => reject(new Error(`it ended without ${wanted}:\n${text}`)));
        look();
      });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    return { child, closed, said, text: () => text };
  }

  /** As `docker exec`: in the namespaces of process 1. */
  function exec(container: ChildProcess, env: NodeJS.ProcessEnv, words: string[]) {
    const children = readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8');
    const main = children.trim().split(' ')[0] ?? '';
    const enter = ['--target', main, '--user', '--preserve-credentials', '--mount', '--pid', '--', ...words];
    return execFileSync('nsenter', enter, { env, encoding: 'utf8' }).trim();
  }

  it('serves where the user says, and the health check finds it, by option, environment or file, with TLS and access control', async () => {
    const rig = layOut();
    const port = await freePort();
    const file = join(rig.folder, 'config.json');
    writeFileSync(file, JSON.stringify({ listen: `127.0.0.1:${port}` }));
    writeFileSync(join(rig.folder, 'tokens'), `${'t'.repeat(32)}\n`);
    const tls = {
      SEALED_TLS_CERT: certificateFile('server'),
      SEALED_TLS_KEY: certificateFile('server', 'key'),
      SEALED_TLS_CLIENT_CA: certificateFile('test-ca'),
      SEALED_PLAINTEXT: 'never',
      SEALED_CLIENT_CERTIFICATES: 'required',
      SEALED_TOKEN_FILE: join(rig.folder, 'tokens'),
    };
    const cases: [string, string[], Record<string, string>][] = [
      ['http', ['--listen', `127.0.0.1:${port}`, '--log-level', 'warn'], {}],
      ['http', ['serve'], { SEALED_LISTEN: `127.0.0.1:${port}` }],
      ['https', [], { SEALED_CONFIG: file, ...tls }],
    ];
    for (const [scheme, words, more] of cases) {
      const { child, said, closed } = run(rig, words, more);
      await said(/^Serving on /m);
      const checked = exec(child, { ...rig.env, ...more }, ['sealed-prover', 'health']);
      assert.equal(checked, `Serving: ${scheme}://127.0.0.1:${port}/health`);
      // `docker stop`: the signal goes to process 1.
      exec(child, rig.env, ['kill', '-TERM', '1']);
      assert.equal(await closed, 0, words.join(' '));
    }
    assert.deepEqual(readdirSync(join(rig.folder, 'tmp')), []);
  });

  it('runs any other command', async () => {
    const rig = layOut();
    const version = run(rig, ['--version']);
    assert.equal(await version.closed, 0);
    assert.match(version.text(), /^\d+\.\d+\.\d+\n$/);
    const prove = run(rig, ['prove']);
    assert.equal(await prove.closed, 2);
    assert.match(prove.text(), /--program ELF, or --request ID/);
  });
});
