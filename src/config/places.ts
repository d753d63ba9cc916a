// Forms of options that are places: where to listen, and by which origin something is reached.
import { z } from 'zod';
import { parseListenAddress } from './listenAddress.js';

export const listen = z.string().transform((text, context) => {
  const address = parseListenAddress(text);
  if (address === undefined)
    context.addIssue({ code: 'custom', message: 'must be HOST:PORT, for example 127.0.0.1:8080' });
  return address ?? { host: '', port: 0 };
});

/** What is sent there has a path of its own behind this one. */
export const baseUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.search}${url.hash}${url.username}${url.password}` === '';
  if (!plain) context.addIssue({ code: 'custom', message: 'must be a URL such as http://127.0.0.1:4318' });
  return url?.href.replace(/\/+$/, '') ?? '';
});

export const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.username === '';
  if (!plain) context.addIssue({ code: 'custom', message: 'must be an origin such as https://prover.example.org' });
  return url?.origin ?? '';
});
