// The operators' page in Debian's chromium, as an operator opens it: a service with a fake engine, and `admin page` before its socket.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { openPage } from '../../src/cli/admin/page.js';
import { socketAt } from '../../src/cli/admin/place.js';
import { systemRandom } from '../../src/random.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import { chromiumPath } from './chromium.js';

const root = join(import.meta.dirname, '../..');

/** What is waited for comes within a second, and on a busy machine within this (ms). */
const waitsMs = 60_000;

/** Those whose address needs no id. */
export const screensWithoutId = [
  '/',
  '/requests',
  '/lanes',
  '/queue',
  '/failures',
  '/events',
  '/machines/request',
  '/machines/lane',
  '/machines/delivery',
  '/machines/signer',
  '/programs',
  '/artifacts',
  '/deliveries',
  '/signers',
  '/audit',
  '/service',
];

export interface BuiltPage {
  /** Names of what is loaded at first, and of what may follow. */
  readonly first: readonly string[];
  readonly later: readonly string[];
}

export async function bundlePage(folder: string): Promise<BuiltPage> {
  const { buildPage } = await import(pathToFileURL(join(root, 'scripts/setup/page.mjs')).href);
  return await buildPage(root, folder);
}

/** Puts the page where services of rigs look for it. */
export const bundleForRigs = (): Promise<BuiltPage> => bundlePage(join(buildService(), 'page'));

/** `--no-sandbox`: tests run as root in containers. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

export interface OpenedPage {
  readonly page: Page;
  /** Where it is served, without its key. */
  readonly origin: string;
  /** What no page may have: errors of scripts, reports of the CSP, and requests to elsewhere. */
  readonly complaints: string[];
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** The page before the socket of a service, as `admin page` shows it. Closed with the test. */
export async function openInBrowser(
  t: Pick<TestContext, 'after'>,
  browser: Browser,
  socketPath: string,
  look: Look = {},
): Promise<OpenedPage> {
  const { url, server } = await openPage({ at: socketAt(socketPath), operator: 'ada', port: 0, random: systemRandom });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return await openAt(t, browser, url, look);
}

/** `url`: with its key. Closed with the test. */
export async function openAt(
  t: Pick<TestContext, 'after'>,
  browser: Browser,
  url: string,
  look: Look = {},
): Promise<OpenedPage> {
  const { origin } = new URL(url);
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    colorScheme: look.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(waitsMs);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A service that is being restarted is not reached: the browser says so for itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(url);
  return { page, origin, complaints };
}

/** As a link of ours does, without loading the page again. */
export const go = (page: Page, to: string): Promise<unknown> =>
  page.evaluate(`history.pushState(null, '', ${JSON.stringify(to)}); dispatchEvent(new PopStateEvent('popstate'))`);

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in the page as it stands: none is right. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
