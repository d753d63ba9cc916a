// What operators look up on the page: what was done, what is known, what is stored, and where the screens are found.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { holdingClock as clock } from '../../src/clock.js';
import { Queue } from '../../src/gen/admin/v1/queue_pb.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundleForRigs, go, launch, openInBrowser } from './openPage.js';

describe('screens that are looked up', { skip: withoutChromium, timeout: 180_000 }, () => {
  let rig: ServiceRig;
  let requester: ServiceRequester;
  let browser: Browser;
  let fulfilled: RequestId;
  let open: RequestId;
  const socket = () => join(rig.data, 'admin.sock');

  before(async () => {
    await bundleForRigs();
    browser = await launch();
    const stdinSha256 = createHash('sha256').update(stdinOf('what runs')).digest('hex');
    rig = await createServiceRig({
      script: {
        // Its first engine dies over the first request, which is proved by the next one.
        memoryPath: join(temporaryFolder('screens'), 'memory'),
        rules: [
          { on: 'prove', stdinSha256, act: { kind: 'hang' } },
          { on: 'prove', times: 1, act: { kind: 'crash' } },
        ],
      },
    });
    const service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
    fulfilled = await requester.submit(stdinOf('what is proved'));
    await service.until((line) => line.requestId === fulfilled && line.to === 'fulfilled');
    open = await requester.submit(stdinOf('what runs'));
    await service.until((line) => line.requestId === open && line.to === 'proving.running');
  });
  after(async () => {
    await browser.close();
    requester.close();
    await rig.end();
  });
  const opened = async (t: TestContext) => await openInBrowser(t, browser, socket());
  const row = async (id: RequestId) => {
    const { request } = await callJson({ path: socket() }, Requests.method.get, { id });
    assert.ok(request?.row);
    return request.row;
  };

  it('are behind More, by the keyboard and by two keys each, and Escape leaves it where it was', async (t) => {
    const { page, complaints } = await opened(t);
    const more = page.getByRole('button', { name: 'More' });
    await more.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Audit' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Audit' }).waitFor({ state: 'hidden' });
    assert.equal(await page.locator(':focus').textContent(), 'More ▾');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Queue' }).waitFor();
    await page.getByRole('link', { name: 'Audit' }).waitFor({ state: 'hidden' });
    assert.equal(await page.getByRole('button', { name: 'Queue' }).count(), 1);
    await page.locator('h1').click();
    for (const [key, heading] of [
      ['p', 'Programs'],
      ['a', 'Artifacts'],
      ['d', 'Deliveries'],
      ['k', 'Signing keys'],
      ['m', 'The machine of a request'],
      ['e', 'Feed'],
      ['u', 'Audit'],
      ['s', 'Service'],
      ['f', 'Failures'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  it('tell who did what, and why, as soon as it is done', async (t) => {
    const { page, complaints } = await opened(t);
    await go(page, '/audit');
    await page.getByText('No operator has done anything yet.').waitFor();
    const change = { reason: 'moved <i>down</i>' };
    await callJson({ path: socket() }, Requests.method.setPriority, { id: open, priority: 'last', change });
    const line = page.getByRole('row').filter({ hasText: 'request.priority' });
    await line.getByText('moved <i>down</i>').waitFor();
    await line.getByRole('link', { name: open.slice(-8) }).click();
    await page.getByRole('cell', { name: /moved <i>down/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('tell which programs are known, for whom they count, and what waits for them', async (t) => {
    const { page, complaints } = await opened(t);
    const { vkHash } = await row(open);
    await go(page, `/requests/${open}`);
    await page.getByRole('link', { name: `0x${vkHash}` }).click();
    await page.getByRole('heading', { name: 'How long it usually takes' }).waitFor();
    await page.getByRole('row', { name: /^execute/ }).waitFor();
    await page.getByRole('link', { name: open.slice(-8) }).waitFor();
    await go(page, '/programs');
    const line = page.getByRole('row').filter({ hasText: vkHash.slice(0, 12) });
    await line.getByText('everybody').waitFor();
    await line.getByRole('link', { name: 'of it' }).click();
    await page.locator(`#row-${open}`).waitFor();
    assert.equal(await page.locator('.all .row').count(), 2);
    assert.deepEqual(complaints, []);
  });

  it('tell what is stored, by kind, whose it is and what needs it', async (t) => {
    const { page, complaints } = await opened(t);
    await go(page, '/artifacts');
    await page.getByRole('row', { name: /^proof 1 1/ }).waitFor();
    await page.getByRole('combobox', { name: 'kind' }).selectOption('proof');
    const rows = page.getByRole('region', { name: 'Artifacts' }).getByRole('row');
    await rows.filter({ hasText: fulfilled.slice(-8) }).waitFor();
    assert.equal(await rows.count(), 2);
    assert.equal(new URL(page.url()).search, '?kind=proof');
    await page.goBack();
    await rows.filter({ hasText: 'program' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('tell what the service is, and what is paused there', async (t) => {
    const { page, complaints } = await opened(t);
    await go(page, '/service');
    await page.getByText('0.1.0').waitFor();
    await page.getByRole('row').filter({ hasText: '--listen' }).getByText('127.0.0.1').waitFor();
    await page.getByText('by their defaults').click();
    await page.getByRole('row').filter({ hasText: '--drain-timeout' }).waitFor();
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Stop the service…' }).click();
    await dialog.getByText('Would happen:').waitFor();
    await page.keyboard.press('Escape');
    const change = { reason: 'replacing gpu-2' };
    await callJson({ path: socket() }, Queue.method.pauseDispatch, { change });
    await page.getByText('replacing gpu-2').waitFor();
    await callJson({ path: socket() }, Queue.method.resumeDispatch, { change });
    await page.getByText('replacing gpu-2').waitFor({ state: 'hidden' });
    await go(page, '/deliveries');
    await page.getByText('Nothing is owed.').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('draw how it went in the last hour and how often engines have died, and say it in words', async (t) => {
    const { page, complaints } = await opened(t);
    const hour = page.getByRole('region', { name: 'Last hour' });
    await hour.getByText('fulfilled 1 in all, at most 1 in a minute').waitFor();
    await hour.getByText('failed none').waitFor();
    // A quick machine makes nobody wait for as long as can be told.
    await hour.getByText(/^wait p95 (at most \d+ m?s|too short to tell)/).waitFor();
    // One bar, which is not flat.
    assert.match((await hour.locator('path.good').getAttribute('d')) ?? '', /^M\d+ 32v-32h3v32z$/);
    assert.equal(await hour.locator('path.bad').getAttribute('d'), '');
    await go(page, '/lanes');
    const lane = page.getByRole('region', { name: 'cpu-prove-0' });
    await lane.getByText('of the last day').waitFor();
    assert.match((await lane.locator('path.bad').getAttribute('d')) ?? '', /^M\d+ 32v-32h3v32z$/);
    assert.equal(await page.locator('.chart').count(), 1);
    assert.deepEqual(complaints, []);
  });

  it('are told nothing 30 s after their tab was hidden, and catch up when it is seen again', async (t) => {
    const { page, complaints } = await opened(t);
    await page.getByRole('status').getByText('live').waitFor();
    await page.clock.install();
    const show = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await show(true);
    await page.clock.runFor(29_000);
    assert.equal(await page.getByRole('status').getByText('live').count(), 1);
    const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/feed?'));
    await page.clock.runFor(2_000);
    await closed;
    await page.getByText('asleep').waitFor();
    const followed = page.waitForRequest((request) => /\/feed\?after=[1-9]/.test(request.url()));
    await show(false);
    await followed;
    await page.getByRole('status').getByText('live').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('narrow the list as the address says, field by field, and write the address', async (t) => {
    const { page, complaints } = await opened(t);
    const { requester: address, vkHash } = await row(open);
    for (const [query, ids] of [
      ['state=proving.running', [open]],
      ['state=fulfilled', [fulfilled]],
      ['mode=core', [open, fulfilled]],
      ['mode=plonk', []],
      ['lane=cpu-prove-0', [open]],
      [`requester=0x${address}`, [open, fulfilled]],
      [`program=${vkHash}`, [open, fulfilled]],
      [`program=${'0'.repeat(64)}`, []],
      ['failure=POISONOUS', []],
      [`state=proving&requester=${address}&lane=cpu-prove-0`, [open]],
    ] as const) {
      await go(page, `/requests?${query}`);
      await page.getByRole('heading', { name: `Requests ${ids.length}`, exact: true }).waitFor();
      for (const id of ids) await page.locator(`#row-${id}`).waitFor();
      const [field, value] = query.split('&')[0]?.split('=') ?? [];
      assert.equal(await page.locator(`.filter [name=${field}]`).inputValue(), value);
    }
    await page.getByRole('link', { name: 'clear' }).click();
    await page.getByRole('combobox', { name: 'state' }).selectOption('fulfilled');
    await page.locator(`#row-${fulfilled}`).waitFor();
    assert.equal(new URL(page.url()).search, '?state=fulfilled');
    await go(page, '/requests?state=asleep');
    await page.getByRole('alert').getByText('"asleep" is none of them').waitFor();
    assert.deepEqual(complaints, []);
  });
});
