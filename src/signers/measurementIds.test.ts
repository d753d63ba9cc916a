import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readTdReport } from '../attestation/verify/quote/tdReport.js';
import { measurementIds } from './measurementIds.js';

it('the ids of what runs in a VM are those of the registry', () => {
  const body = Uint8Array.from({ length: 584 }, (_, index) => index % 256);
  assert.deepEqual(measurementIds(readTdReport(body, 'TD 1.0')), {
    plain: '7c93f02ec92fd38f81ffe6c5f73768a559bbbfb2171cc5704c6b98fd571c161c',
    dstack: '0778164d0746b739376132b3edc1545dfb11f8de99dc8e98eab3e6117e9d7d32',
  });
});
