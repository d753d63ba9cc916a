// What any pages under the store must keep. Run against LMDB and against memory, so that a world in memory means something.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from 'ordered-binary';
import type { FullKey, PageRange, Pages } from '../../store/pages.js';

export interface PagesUnderTest {
  readonly pages: Pages;
  /** Commits find no room until it is called with false. Absent for LMDB: test/process/diskFull.test.ts fills a real disk. */
  readonly fill?: (full: boolean) => void;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (found: Uint8Array | undefined) => found && Buffer.from(found).toString();
const everything: PageRange = { start: [0], end: [99], reverse: false, exclusiveStart: false, limit: undefined };
const keysIn = (pages: Pages, range: Partial<PageRange> = {}) =>
  [...pages.range({ ...everything, ...range })].map(({ key }) => key.join('/'));

export function pagesContract(name: string, open: () => PagesUnderTest, { fills }: { fills: boolean }): void {
  const put = (pages: Pages, key: FullKey, value: string) => pages.commit(() => [{ key, bytes: bytes(value) }]);

  describe(`pages, ${name}`, () => {
    it('show a commit before it is durable, and resolve it after', async () => {
      const { pages } = open();
      let resolved = false;
      const commit = put(pages, [1, 'a'], 'one').then(() => {
        resolved = true;
      });
      let seenEarly = false;
      while (!resolved) {
        await new Promise((resolve) => setImmediate(resolve));
        seenEarly ||= pages.get([1, 'a']) !== undefined;
      }
      await commit;
      assert.ok(seenEarly);
      assert.equal(text(pages.get([1, 'a'])), 'one');
      await pages.close();
    });

    it('keep nothing of a commit that throws, at any of its writes', async () => {
      const { pages } = open();
      await put(pages, [1, 'a'], 'before');
      const failing = pages.commit(function* () {
        yield { key: [1, 'a'], bytes: bytes('after') };
        yield { key: [1, 'b'], bytes: bytes('after') };
        throw new Error('changed my mind');
      });
      await assert.rejects(failing);
      assert.equal(text(pages.get([1, 'a'])), 'before');
      assert.equal(pages.get([1, 'b']), undefined);
      await put(pages, [1, 'b'], 'later');
      assert.deepEqual(keysIn(pages), ['1/a', '1/b']);
      await pages.close();
    });

    it('run commits in the order of their calls, each on what those before it left', async () => {
      const { pages } = open();
      const ran: number[] = [];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          pages.commit(() => {
            ran.push(n);
            const before = Number(text(pages.get([1, 'count'])) ?? 0);
            return [{ key: [1, 'count'], bytes: bytes(String(before + 1)) }];
          }),
        ),
      );
      assert.deepEqual(ran, [...ran.keys()]);
      assert.equal(text(pages.get([1, 'count'])), '20');
      await pages.close();
    });

    it('range as a sorted list does, over numbers and strings, both ways, behind a key, up to a limit', async () => {
      const part = fc.oneof(fc.integer({ min: 0, max: 2 ** 48 }), fc.stringMatching(/^[0-9a-f]{0,6}$/));
      const key = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(part, { minLength: 1, maxLength: 3 }));
      const { pages } = open();
      const known = new Map<string, FullKey>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(key, { maxLength: 8 }),
          key,
          fc.nat(6),
          fc.boolean(),
          async (added, from, limit, reverse) => {
            const full = added.map(([bucket, rest]): FullKey => [bucket, ...rest]);
            for (const one of full) known.set(JSON.stringify(one), one);
            await pages.commit(() => full.map((one) => ({ key: one, bytes: bytes('x') })));
            const start: FullKey = [from[0], ...from[1]];
            const sign = reverse ? -1 : 1;
            const model = [...known.values()]
              .sort((a, b) => sign * compareKeys(a as never, b as never))
              .filter((one) => sign * compareKeys(one as never, start as never) > 0)
              .slice(0, limit);
            const range = { start, end: reverse ? [0] : [99], reverse, exclusiveStart: true, limit } as PageRange;
            assert.deepEqual(
              limit === 0 ? [] : [...pages.range(range)].map(({ key }) => [...key]),
              model.map((one) => [...one]),
            );
          },
        ),
        { numRuns: 60 },
      );
      await pages.close();
    });

    it('hand out copies, and keep copies', async () => {
      const { pages } = open();
      const mine = bytes('mine');
      await pages.commit(() => [{ key: [1, 'a'], bytes: mine }]);
      mine.fill(0);
      const found = pages.get([1, 'a']) as Uint8Array;
      assert.equal(text(found), 'mine');
      found.fill(0);
      assert.equal(text(pages.get([1, 'a'])), 'mine');
      await pages.close();
    });

    it('forget what is removed, and do not mind that it never was', async () => {
      const { pages } = open();
      await put(pages, [1, 'a'], 'one');
      await pages.commit(() => [
        { key: [1, 'a'], bytes: undefined },
        { key: [1, 'never'], bytes: undefined },
      ]);
      assert.deepEqual(keysIn(pages), []);
      await pages.close();
    });

    if (fills)
      it('keep nothing of a commit that finds no room, and go on when there is some', async () => {
        const { pages, fill } = open();
        await put(pages, [1, 'a'], 'before');
        fill?.(true);
        await assert.rejects(put(pages, [1, 'a'], 'after'), /No space left/);
        assert.equal(text(pages.get([1, 'a'])), 'before');
        fill?.(false);
        await put(pages, [1, 'a'], 'later');
        assert.equal(text(pages.get([1, 'a'])), 'later');
        await pages.close();
      });

    it('close when everything is durable', async () => {
      const { pages } = open();
      let durable = 0;
      for (let n = 0; n < 5; n += 1)
        void put(pages, [1, n], 'x').then(() => {
          durable += 1;
        });
      await pages.close();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(durable, 5);
    });
  });
}
