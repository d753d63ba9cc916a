// What the root logger writes, read from the standard error of a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';

const here = JSON.stringify(new URL('./log.ts', import.meta.url).href);

function logged(statements: string): { err: unknown } {
  const program = `import { createLog } from ${here}; const log = createLog('info'); ${statements}`;
  const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return JSON.parse(stderr) as { err: unknown };
}

describe('an error in the log', () => {
  it('has its text and those of its causes, and no field that it carries', () => {
    const { err } = logged(`
      const root = Object.assign(new Error('root'), { secret: 'hidden' });
      const middle = Object.assign(new Error('middle', { cause: root }), { secret: 'hidden' });
      log.error({ err: Object.assign(new Error('top', { cause: middle }), { secret: 'hidden' }) });`);
    const { text, stack, causes } = err as { text: string; stack: string; causes: { text: string; stack: string }[] };
    assert.deepEqual([text, ...causes.map((each) => each.text)], ['top', 'middle', 'root']);
    for (const each of [stack, ...causes.map((cause) => cause.stack)]) assert.match(each, /^Error: \w+\n/);
    assert.doesNotMatch(JSON.stringify(err), /hidden/);
  });

  it('ends, also when it is its own cause', () => {
    const { err } = logged(`const error = new Error('round'); error.cause = error; log.error({ err: error });`);
    assert.equal((err as { causes: unknown[] }).causes.length, 4);
  });
});

describe('lines of the log', () => {
  const run = (statements: string, stderr: number | 'pipe' = 'pipe') => {
    const program = `import { createLog } from ${here}; const log = createLog('info'); ${statements}`;
    return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      stdio: ['ignore', 'ignore', stderr],
      encoding: 'utf8',
    });
  };

  it('are all written before an uncaught error ends the process, and before an exit', () => {
    for (const end of ['throw new Error("end")', 'process.exit(1)']) {
      const { stderr, status } = run(`log.info('first'); setImmediate(() => { log.info('last'); ${end}; });`);
      assert.equal(status, 1);
      assert.match(stderr, /first.*last/s);
    }
  });

  it('are dropped, and the process goes on, when standard error takes nothing', {
    skip: !existsSync('/dev/full'),
  }, () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { status } = run(
        `log.info('lost'); setImmediate(() => { log.info('lost'); setImmediate(() => process.exit(7)); });`,
        full,
      );
      assert.equal(status, 7);
    } finally {
      closeSync(full);
    }
  });
});
