// Every screen of the operators' page where there is nothing to show, and where ten thousand requests are open: light and dark, on a phone, and for
// those who do not see it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IpcNetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { pageRoutes } from '../../src/rpc/admin/page/pageRoutes.js';
import { startAdmin } from '../../src/testkit/service/adminWorld.js';
import { sampleLane } from '../../src/testkit/service/laneActs.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { createWorld, type World } from '../../src/testkit/world/world.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundlePage, go, type Look, launch, openInBrowser, screensWithoutId } from './openPage.js';

const many = 10_000;

describe('every screen', { skip: withoutChromium, timeout: 300_000 }, () => {
  let browser: Browser;
  let files: ReadonlyMap<string, Uint8Array>;

  before(async () => {
    const folder = temporaryFolder('page');
    const { first, later } = await bundlePage(folder);
    files = new Map(['index.html', ...first, ...later].map((name) => [name, readFileSync(join(folder, name))]));
    browser = await launch();
  });
  after(() => browser.close());

  async function opened(t: TestContext, world: World, look: Look) {
    const { path } = (await startAdmin(t, world, {}, { more: pageRoutes(files) })) as IpcNetConnectOpts;
    return await openInBrowser(t, browser, path, look);
  }

  /** Each screen that can be walked to has what it shows, nothing that axe finds, and is not wider than what it is seen through. */
  async function assertWell(
    { page, complaints }: Awaited<ReturnType<typeof opened>>,
    those = screensWithoutId,
  ): Promise<void> {
    for (const screen of those) {
      await go(page, screen);
      await page.locator('h1').first().waitFor();
      await page.locator('.card, .row, .feed li, .box, .empty').first().waitFor();
      assert.equal(await page.getByRole('alert').count(), 0, screen);
      assert.deepEqual(await axeFindings(page), [], screen);
      const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.ok(Number(tooWide) <= 0, `${screen} is ${tooWide} px too wide`);
    }
    assert.deepEqual(complaints, []);
  }

  it('says so where there is nothing', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    for (const { key } of [...world.store.scan('programs', [])])
      await world.store.write((tx) => tx.remove('programs', ...key));
    const phone = await opened(t, world, { dark: true, width: 360, height: 740 });
    await assertWell(phone);
    for (const [screen, sentence] of [
      ['/', 'Nothing needs you'],
      ['/requests', 'No requests yet.'],
      ['/lanes', 'This service has no lanes.'],
      ['/queue', 'Nobody waits.'],
      ['/failures', 'Nothing has failed.'],
      ['/programs', 'No client has registered a program yet.'],
      ['/artifacts', 'Nothing is stored.'],
      ['/audit', 'No operator has done anything yet.'],
    ] as const) {
      await go(phone.page, screen);
      await phone.page.getByText(sentence).first().waitFor();
    }
  });

  it('counts each lane in the box of its state', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    const states = ['ready', 'preparing', 'preparing', 'cooling'] as const;
    world.lanes.reports = states.map((state, n) => sampleLane(`gpu-${n}`, { state }));
    const { page, complaints } = await opened(t, world, {});
    await go(page, '/machines/lane');
    const boxes = page.getByRole('img', { name: 'States of a lane, with how many are in each' });
    for (const text of ['ready 1', 'preparing 2', 'cooling 1']) await boxes.getByText(text, { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it(`is as well with ${many} open requests, of which only those in sight are rows`, async (t) => {
    const limits = { maxOpen: 2 * many, maxOpenOfRequester: 2 * many, window: 64 };
    const world = await createWorld(limits);
    t.after(() => world.end());
    for (let n = 0; n < many; n += 500) {
      await Promise.all(Array.from({ length: 500 }, () => world.submit()));
      await world.clock.advance(1_000);
    }
    const light = await opened(t, world, {});
    await assertWell(light);
    const { page } = light;
    await go(page, '/requests');
    await page.locator('.all .row').first().waitFor();
    const newest = await world.submit();
    // The page is told four times a second, of simulated time.
    while ((await page.locator(`#row-${newest}`).count()) === 0) await world.clock.advance(250);
    const most = await page.evaluate(`(async () => {
      const box = document.querySelector('.rows');
      let most = 0;
      for (let screen = 0; screen < 40; screen += 1) {
        box.scrollTop += 20_000;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        most = Math.max(most, document.querySelectorAll('.all .row').length);
      }
      return most;
    })()`);
    assert.ok(Number(most) > 10 && Number(most) <= 60, `${most} rows`);
    await assertWell(await opened(t, world, { dark: true, width: 360, height: 740 }), ['/', '/requests', '/queue']);
  });
});
