// Vectors of report_data: what other implementations must get as well.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Binding, reportData } from './reportData.js';

const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);
const spki = new Uint8Array(32).fill(0xaa);
const body = new Uint8Array(32).fill(0xbb);
const statement = new Uint8Array(createHash('sha256').update('{"service":"sealed-prover","version":"0.2.0"}').digest());

const vectors: ReadonlyArray<readonly [what: string, binding: Binding, hex: string]> = [
  [
    'all four parts',
    { nonce, spki, body, statement },
    '8e488314a0fcce25f2cea3861e218e729c2e46df3ee9b1eff7685aa940a45ecbffc88c7c53dc542adf8d1675ecd255c7703db79001e3dbbfe77ee8864351610f',
  ],
  [
    'no statement',
    { nonce, spki, body },
    '06830773ca52125637f70c02c812a06c264808b5c0335db3f83792740d9629190144031cbfa3ffb5d4da7b8bc7a37221dc3c7608146df0aa2c3b3dc1c4811966',
  ],
  [
    'nonce and TLS key',
    { nonce, spki },
    '757343d8a5f540677a67bc3f0c43e24b2384b76397b86cb5ee7852f29913e263bd7300d1b0ab9258cad6b26d8d72c58a95c7cdbc5f1717ba8a34de0d2c25285d',
  ],
  [
    'TLS key and statement',
    { spki, statement },
    '7e3db3f1008daa40f92a44a84b497a4072186bd6a141a36c67a356f5db04f5d8e85b5294fcdee1021631a7795e222011b36f31d772f921257c7c5e58a240dcde',
  ],
  [
    'nonce, key for bodies and statement',
    { nonce, body, statement },
    'fa3315a46196d01d385a01c6baf26a0ac3d8b5ef92b02e9526fecff3879ab3aedcae362e8e7361ceed455f10e11d83f170f9987970d2d441740e96c7b142aa2d',
  ],
  [
    'nothing',
    {},
    '524f1045b40f49b98fab4a131e237ce75bfdb1e3923b086c81c61695851f1cf1902209bb482a55af8e29b3da36c4eb601125c64963ed6b8a625c698740bab44b',
  ],
];

describe('reportData', () => {
  for (const [what, binding, hex] of vectors) {
    it(`over ${what}`, async () => assert.equal(Buffer.from(await reportData(binding)).toString('hex'), hex));
  }

  it('takes no part of another length: an empty one would look bound', () =>
    assert.rejects(reportData({ nonce: new Uint8Array() }), { code: 'REPORT_DATA_WRONG' }));

  it('tells a part apart from the same bytes in another place', async () => {
    const same = new Uint8Array(32).fill(1);
    const all = await Promise.all(
      [{ nonce: same }, { spki: same }, { body: same }, { statement: same }].map(reportData),
    );
    assert.equal(new Set(all.map((one) => Buffer.from(one).toString('hex'))).size, 4);
  });
});
