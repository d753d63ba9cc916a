// The route of the evidence files.
import type { Route } from '../../transport/http/routes.js';
import type { EvidenceFiles } from './evidenceFiles.js';
import { sendPassing } from './sendPassing.js';

export const evidenceRoute = (files: Pick<EvidenceFiles, 'find'>, otherwise: Route['answer']): Route => ({
  methods: ['GET', 'HEAD'],
  path: /^\/evidences\/([A-Za-z0-9._*-]{1,300})$/,
  answer: (exchange, name) =>
    sendPassing(exchange, async () => {
      const body = files.find(name);
      if (body === undefined) return otherwise(exchange, name);
      const type = name.endsWith('.json')
        ? 'application/json'
        : name.endsWith('.pem')
          ? 'application/x-pem-file'
          : 'text/plain';
      const headers = { 'content-type': type, 'content-length': body.byteLength, 'cache-control': 'no-store' };
      await exchange.answer({ status: 200, headers, body });
    }),
});
