// The operators' page: a handful of files, held in memory. No path of a caller reaches a disk, and what is served knows nothing of the service
// before it has asked its API.
import { answerJson, type Exchange } from '../../../transport/http/exchange.js';
import { reads } from '../../../transport/http/routes.js';
import type { OperatorsRoute } from '../surface.js';
import { assetPath, screenPath } from './pagePaths.js';

/** By name; `index.html` names the others. */
export type PageFiles = ReadonlyMap<string, Uint8Array>;

/** Nothing from elsewhere, no markup made of text (trusted types), in no frame. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** `files`: empty where the page was not built. */
export function pageRoutes(files: PageFiles): readonly OperatorsRoute[] {
  const send = (exchange: Exchange, name: string, cache: string) => {
    const body = files.get(name);
    if (body === undefined) return answerJson(exchange, 404, { code: 'not_found', message: whyNot(files) });
    const type = types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const own = { 'content-type': type, 'content-length': body.byteLength, 'cache-control': cache };
    return exchange.answer({ status: 200, headers: { ...headers, ...own }, body });
  };
  return [
    // Names have the hash of what they hold.
    {
      methods: reads,
      path: assetPath,
      needs: 'anyone',
      answer: (exchange, name) => send(exchange, name, 'public, max-age=31536000, immutable'),
    },
    {
      methods: reads,
      path: screenPath,
      needs: 'anyone',
      answer: (exchange) => send(exchange, 'index.html', 'no-store'),
    },
  ];
}

const whyNot = (files: PageFiles) =>
  files.size === 0
    ? 'The page is not there: it is built by `npm run build`, and comes with the npm package. See docs/operating.md.'
    : 'The page has no such file. It was loaded from another version of the service: load it again.';
