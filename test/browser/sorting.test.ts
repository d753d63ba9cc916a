// The list of requests in another order than by age, in a real browser: of what is loaded, as the address says, and steady while somebody looks.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Browser, Page } from 'playwright-core';
import { type Crowd, gather } from '../../bench/crowd.js';
import { systemClock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundleForRigs, go, type Look, launch, openInBrowser } from './openPage.js';

const count = 1_200;
/** The first page, and one more. */
const loaded = 600;
const minuteMs = 60_000;

describe('the list of requests', { skip: withoutChromium, timeout: 180_000 }, () => {
  let browser: Browser;
  let crowd: Crowd;
  before(async () => {
    await bundleForRigs();
    browser = await launch();
    crowd = await gather(count);
  });
  after(async () => {
    await browser.close();
    await crowd.end();
  });
  const opened = async (t: TestContext, screen: string, look?: Look) => {
    const shown = await openInBrowser(t, browser, crowd.socketPath, look);
    await go(shown.page, screen);
    await shown.page.locator('.all .row').first().waitFor();
    return shown;
  };
  const moveDeadline = (id: string, inMinutes: number) =>
    callJson({ path: crowd.socketPath }, Requests.method.moveDeadline, {
      id,
      deadline: timestampFromMs(systemClock.now() + inMinutes * minuteMs),
      change: { reason: 'to be sorted by it' },
    });
  const newest = async (size: number) => {
    const { rows } = await callJson({ path: crowd.socketPath }, Requests.method.list, { page: { size } });
    return rows.map(({ id }) => id);
  };
  /** In the order in which they are seen. */
  const inSight = async (page: Page) =>
    (await page.evaluate(`[...document.querySelectorAll('.all .row')]
      .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map(({ id }) => id.slice(4))`)) as string[];
  const sorting = (page: Page, column: string) =>
    page.getByRole('columnheader', { name: column }).getAttribute('aria-sort');
  const first = (page: Page, id: string) => page.locator(`#row-${id}[aria-rowindex="2"]`);

  it('is sorted by the keyboard alone, of what is loaded, and says so; more is loaded when it is asked for', async (t) => {
    const ids = await newest(500);
    const [near, nearer] = [ids[400] ?? '', ids[300] ?? ''];
    await moveDeadline(near, 120);
    await moveDeadline(nearer, 90);
    const { page, complaints } = await opened(t, '/requests');
    assert.equal(await sorting(page, 'age'), 'ascending');
    assert.equal((await inSight(page))[0], ids[0]);
    await page.getByRole('grid').focus();
    for (let tab = 0; tab < 8; tab += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(`By deadline, of the ${loaded} that are loaded`).waitFor();
    await first(page, nearer).waitFor();
    assert.deepEqual((await inSight(page)).slice(0, 2), [nearer, near]);
    assert.equal(await sorting(page, 'deadline'), 'ascending');
    assert.equal(await sorting(page, 'age'), null);
    assert.equal(new URL(page.url()).search, '?sort=deadline');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await page.locator('.row.at').getAttribute('id'), `row-${near}`);
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.press('Enter');
    await page.waitForURL('**?sort=-deadline');
    await page.locator('[role=columnheader].deadline[aria-sort=descending]').waitFor();
    await page.evaluate(`document.querySelector('.rows').scrollTop = 1e6`);
    await page.locator(`#row-${nearer}[aria-rowindex="${loaded + 1}"]`).waitFor();
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByText(`By deadline, of the ${loaded + 500} that are loaded`).waitFor();
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByText(`By deadline, all ${count}`).waitFor();
    await page.goBack();
    await page.goBack();
    await first(page, ids[0] ?? '').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('comes in the order that its address says, and keeps its filter', async (t) => {
    const { page } = await opened(t, '/requests?state=proving&sort=-age');
    assert.equal(await sorting(page, 'age'), 'descending');
    await page.getByRole('columnheader', { name: 'try' }).getByRole('button').click();
    assert.equal(new URL(page.url()).search, '?state=proving&sort=-try');
    await page.getByRole('combobox', { name: 'state' }).selectOption('executing');
    assert.equal(new URL(page.url()).search, '?state=executing&sort=-try');
    await page.getByRole('link', { name: 'clear' }).click();
    assert.equal(new URL(page.url()).search, '?sort=-try');
    await go(page, '/requests?sort=nonsense');
    await page.locator('[role=columnheader].age[aria-sort=ascending]').waitFor();
  });

  it('moves a row to its new place when nobody looks closely, and no row while some are selected', async (t) => {
    const ids = await newest(50);
    const [one, other] = [ids[20] ?? '', ids[30] ?? ''];
    const { page, complaints } = await opened(t, '/requests?sort=deadline');
    await page.getByText('that are loaded').waitFor();
    await moveDeadline(one, 60);
    await first(page, one).waitFor();
    await page.locator('.row[aria-rowindex="3"] .select').click();
    await page.getByText('1 selected').waitFor();
    const still = await inSight(page);
    await moveDeadline(one, 300);
    await page.locator(`#row-${one}`).getByText('in 4 h').waitFor();
    await moveDeadline(other, 30);
    assert.deepEqual(await inSight(page), still);
    await page.keyboard.press('Escape');
    await first(page, other).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows on a phone what it is sorted by, in place of the age', async (t) => {
    const { page, complaints } = await opened(t, '/requests', { width: 360, height: 740 });
    await page.getByRole('combobox', { name: 'sort' }).selectOption('-for');
    await page.getByText('By time in state, of the').waitFor();
    const row = page.locator('.all .row').first();
    assert.deepEqual([await row.locator('.for').isVisible(), await row.locator('.age').isVisible()], [true, false]);
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) <= 0);
    await page.getByRole('combobox', { name: 'sort' }).selectOption('');
    await row.locator('.age').waitFor();
    assert.deepEqual(complaints, []);
  });
});
