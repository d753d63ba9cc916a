// What operators do to a lane by their page, in a real browser, at a real service with a fake engine.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { holdingClock as clock } from '../../src/clock.js';
import { Lanes } from '../../src/gen/admin/v1/lanes_pb.js';
import { Queue } from '../../src/gen/admin/v1/queue_pb.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { asked, because, done, lastAuditedAt } from './actDialog.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundleForRigs, go, launch, openInBrowser } from './openPage.js';

const lane = 'cpu-prove-0';

describe('an operator acts on a lane by the page', { skip: withoutChromium, timeout: 300_000 }, () => {
  let rig: ServiceRig;
  let requester: ServiceRequester;
  let browser: Browser;
  const socket = () => join(rig.data, 'admin.sock');

  before(async () => {
    await bundleForRigs();
    browser = await launch();
    rig = await createServiceRig({ script: { rules: [{ on: 'prove', act: { kind: 'hang' } }] } });
    const service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
    const id = await requester.submit(stdinOf('what is proved'));
    await service.until((each) => each.requestId === id && each.to === 'proving.running');
  });
  after(async () => {
    await browser.close();
    requester.close();
    await rig.end();
  });

  const open = async (t: TestContext) => await openInBrowser(t, browser, socket());
  const lastAudited = () => lastAuditedAt(socket());

  it('drains, resumes, restarts, stops and starts a lane, the last of its kind only by force', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, '/lanes');
    const card = page.getByRole('region', { name: lane });
    await card.getByRole('button', { name: 'Drain…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('alert').getByText('LAST_LANE').waitFor();
    await dialog.getByLabel('Also if it is the last').check();
    await dialog.getByText('Would happen:').waitFor();
    await done(dialog, 'Drain the lane');
    await card.getByText('lane drained').waitFor();
    await done(await asked(card, 'Resume'), 'Resume the lane');
    const restart = await asked(card, 'Restart');
    await restart.getByText('is lost. It waits again, first in line').waitFor();
    await done(restart, 'Restart the lane');
    await card.getByRole('button', { name: 'Stop…' }).click();
    await dialog.getByLabel('Also if it is the last').check();
    await dialog.getByText('Would happen:').waitFor();
    await done(dialog, 'Stop the lane');
    await card.getByText('lane stopped').waitFor();
    await done(await asked(card, 'Start'), 'Start the lane');
    assert.equal(await lastAudited(), `lane.start ${lane}: ${because}`);
    assert.deepEqual(complaints, []);
  });

  it('sets a program up on a lane that is ready, and frees it there', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, '/lanes');
    const card = page.getByRole('region', { name: lane });
    await card.getByText('▶ busy').waitFor();
    assert.equal(await card.getByRole('button', { name: 'Set up…' }).count(), 0, 'it has a job');
    const change = { reason: because };
    await callJson({ path: socket() }, Queue.method.pauseDispatch, { change });
    await callJson({ path: socket() }, Lanes.method.restart, { id: lane, change });
    const dialog = await asked(card, 'Set up');
    assert.match((await dialog.getByLabel('Program').textContent()) ?? '', /^0x[0-9a-f]{12}…$/);
    await dialog.getByText(/^Program [0-9a-f]{64} is set up on lane cpu-prove-0/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await done(dialog, 'Set the program up');
    await card.getByText(/set-up of 0x[0-9a-f]{12}… done in/).waitFor();
    await card.getByText('1 program set up').waitFor();
    await done(await asked(card, 'Forget'), 'Free the program');
    await card.getByText('0 programs set up').waitFor();
    assert.equal(await lastAudited(), `lane.forget ${lane}: ${because}`);
    await callJson({ path: socket() }, Queue.method.resumeDispatch, { change });
    assert.deepEqual(complaints, []);
  });
});
