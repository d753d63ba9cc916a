// Moments that the command line shows: those of this machine's clock, of UTC with --utc, and of UTC for scripts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash } from '../../testkit/world/world.js';
import { momentsOf } from './moment.js';

const at = (text: string) => timestampFromMs(Date.parse(text));

describe('moments', () => {
  const own = process.env['TZ'];
  before(() => {
    process.env['TZ'] = 'America/St_Johns';
  });
  after(() => {
    if (own === undefined) delete process.env['TZ'];
    else process.env['TZ'] = own;
  });

  it('are those of this machine, in summer as in winter, and with a Z those of UTC', () => {
    const [local, utc] = [momentsOf({}), momentsOf({ utc: true })];
    assert.equal(local(at('2026-01-01T02:00:00.417Z')), '2025-12-31 22:30:00');
    assert.equal(local(at('2026-07-01T02:00:00.417Z'), 'milliseconds'), '2026-06-30 23:30:00.417');
    assert.equal(utc(at('2026-01-01T02:00:00.417Z')), '2026-01-01 02:00:00Z');
    assert.equal(utc(at('2026-07-01T02:00:00Z'), 'milliseconds'), '2026-07-01 02:00:00.000Z');
    assert.equal(local(undefined), '–');
  });

  it('are so in every table and sentence, and in UTC in each JSON object', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const { shown: run } = await startAdminCommand(t, world);
    const id = await world.submit();
    await world.settle();
    await run('dispatch', 'pause', '--reason', 'a new driver');
    const now = world.clock.now();
    for (const [words, ms] of [
      [['status'], now],
      [['request', id], now],
      [['request', id, '--history'], now],
      // The programs of this world have been there for ever.
      [['program', vkHash], 0],
      [['feed'], now],
      [['audit'], now],
    ] as const) {
      const [plain, inUtc] = [await run(...words), await run(...words, '--utc')];
      const [hour, hourUtc] = [{}, { utc: true } as const].map((options) =>
        momentsOf(options)(timestampFromMs(ms)).slice(0, 'yyyy-mm-dd hh'.length),
      ) as [string, string];
      assert.notEqual(hour, hourUtc);
      assert.match(plain, new RegExp(`${hour}:\\d\\d:\\d\\d(\\.\\d{3})?(?![.\\dZ])`), `${words.join(' ')}:\n${plain}`);
      assert.doesNotMatch(plain, /\d\d \d\d:\d\d:\d\d(\.\d+)?Z/);
      assert.match(inUtc, new RegExp(`${hourUtc}:\\d\\d:\\d\\d(\\.\\d{3})?Z`), `${words.join(' ')}:\n${inUtc}`);
      assert.doesNotMatch(inUtc, /\d\d \d\d:\d\d:\d\d(\.\d+)?(?![.\dZ])/);
      // What the service has put into a sentence is UTC for everybody, and says so.
      for (const [moment] of plain.matchAll(/\d\dT\d\d:\d\d\S*/g)) assert.match(moment, /Z[:.,]?$/);
      const json = await run(...words, '--json');
      assert.match(json, new RegExp(`${hourUtc.replace(' ', 'T')}:\\d\\d:\\d\\d(\\.\\d+)?Z`), words.join(' '));
      assert.equal(json.includes(hour.replace(' ', 'T')), false);
    }
  });
});
