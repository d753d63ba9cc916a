// T54: a TEE proof by the quote of its key, and the verdict for each single thing that does not hold.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createDevPki } from '../attestation/dev/devPki.js';
import { toHex } from '../attestation/verify/bytes.js';
import type { Address, VkHash } from '../ids.js';
import { systemRandom } from '../random.js';
import { offChainReportData, registryReportData } from '../tee/reportData.js';
import { encodeTeeProof, teeDigest } from '../tee/teeProof.js';
import { registersOf, startEvents } from '../testkit/attestation/mockEvents.js';
import { goodAppCompose } from '../testkit/attestation/mockTarget.js';
import { nextKey, vectorKey } from '../testkit/world/scriptedSigner.js';
import { type VerifyTeeProofByQuoteParameters, verifyTeeProofByQuote } from './verifyTeeProofByQuote.js';

const now = 1_700_000_000;
const pki = createDevPki(now * 1_000, systemRandom);
const root = createHash('sha256').update(pki.root).digest('hex');
const vkHash = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash;
const publicValues = Buffer.from('140000006d1a0000c22a0000', 'hex');
const proof = encodeTeeProof({ signature: vectorKey.sign(teeDigest(vkHash, publicValues)), vkHash, publicValues });
const place = { chainId: 31337, registry: '5fbdb2315678afecb367f032d93f642f64180aa3' as Address };
const reference = { number: 7, hash: 'ab'.repeat(32) };
const mrTd = 'a1'.repeat(48);

type Changes = Partial<Parameters<typeof pki.quote>[0]> & { readonly address?: Address };

/** As GET /tee/signers/0x… answers it. */
const shownWith = (reportData: Uint8Array, { address = vectorKey.address, ...td }: Changes = {}, more: object = {}) =>
  JSON.stringify({
    address: `0x${address}`,
    state: 'active',
    quote: { reference: { number: reference.number, hash: `0x${reference.hash}` } },
    quoteBytes: Buffer.from(pki.quote({ mrTd, ...td, reportData: toHex(reportData) })).toString('base64'),
    eventLog: null,
    collateral: JSON.stringify(pki.collateral(now * 1_000)),
    ...more,
  });
const offChain = shownWith(offChainReportData(vectorKey.address));
const atPlace = { chainId: place.chainId, registry: `0x${place.registry}` };
const onChain = shownWith(registryReportData('v2', place, vectorKey.address, reference), {}, atPlace);
const right = { proof, vkHash, shownSigner: offChain, now, insecureDevRoots: [root] };

async function failing(changes: Partial<VerifyTeeProofByQuoteParameters>): Promise<[ids: string, detail: string]> {
  const { ok, checks } = await verifyTeeProofByQuote({ ...right, ...changes });
  const failed = checks.filter((check) => !check.ok);
  assert.equal(ok, failed.length === 0);
  return [failed.map(({ id }) => id).join(), failed.at(-1)?.detail ?? ''];
}

const policyOf = (mrTds: string) =>
  JSON.stringify({
    version: 1,
    name: 'ours',
    require: 'genuine',
    os: [{ name: 'image', mrTd: mrTds, rtmr0: ['00'.repeat(48)], rtmr1: '00'.repeat(48), rtmr2: '00'.repeat(48) }],
  });

describe('T54: a TEE proof by the quote of its key', () => {
  it('is verified without a chain, for keys of a registry and for others', async () => {
    assert.deepEqual(await failing({}), ['', '']);
    assert.deepEqual(await failing({ shownSigner: onChain }), ['', '']);
    assert.deepEqual(await failing({ shownSigner: onChain, ...place }), ['', '']);
    const { attestation, checks } = await verifyTeeProofByQuote(right);
    assert.equal(attestation?.level, 'bound');
    assert.match(
      checks.at(-1)?.detail ?? '',
      /^A genuine machine \(UpToDate\) vouches for the key, whatever runs in it\./,
    );
  });

  it('is not, when the quote is of another key, another place, or over something else', async () => {
    const cases: ReadonlyArray<readonly [Partial<VerifyTeeProofByQuoteParameters>, RegExp]> = [
      [
        { shownSigner: shownWith(offChainReportData(nextKey.address), { address: nextKey.address }) },
        /^It is of another key, 0x/,
      ],
      [{ shownSigner: shownWith(offChainReportData(nextKey.address)) }, /report_data is another one/],
      // What is shown beside a quote proves nothing: the binding says otherwise.
      [{ shownSigner: shownWith(offChainReportData(vectorKey.address), {}, atPlace) }, /report_data is another one/],
      [{ shownSigner: onChain.replace('31337', '1') }, /report_data is another one/],
      [{ shownSigner: onChain.replace('"number":7', '"number":8') }, /report_data is another one/],
      [{ shownSigner: onChain, registry: '11'.repeat(20) }, /bound to another registry, or to none/],
      [{ shownSigner: onChain, chainId: 1 }, /bound to another registry, or to none/],
      [{ ...place }, /bound to another registry, or to none/],
      [
        { shownSigner: shownWith(offChainReportData(vectorKey.address), {}, { quoteBytes: '' }) },
        /no quote that can be read/,
      ],
      [{ shownSigner: '[]' }, /no quote that can be read/],
      [{ shownSigner: 'null' }, /no quote that can be read/],
      [{ shownSigner: '<html>' }, /no quote that can be read/],
    ];
    for (const [changes, expected] of cases) {
      const [ids, detail] = await failing(changes);
      assert.equal(ids, 'quote');
      assert.match(detail, expected);
    }
  });

  it('is not, when the machine is none that Intel vouches for, is under debug, or runs something else', async () => {
    const debugged = shownWith(offChainReportData(vectorKey.address), { tdAttributes: '0100000000000000' });
    const cases: ReadonlyArray<readonly [Partial<VerifyTeeProofByQuoteParameters>, RegExp]> = [
      [{ insecureDevRoots: ['00'.repeat(32)] }, /certificates\.chain \(CERT_CHAIN_INVALID\)/],
      [{ collateral: '{}' }, /^The quote is refused: /],
      [{ now: now + 40 * 86_400 }, /COLLATERAL_NOT_VALID_NOW/],
      [{ shownSigner: debugged }, /td\.attributes/],
      [{ policy: policyOf('b2'.repeat(48)) }, /measurement\.os/],
      [{ shownSigner: offChain.replace('"eventLog":null', '"eventLog":"[]"') }, /events\.replay \(EVENT_MISSING\)/],
    ];
    for (const [changes, expected] of cases) {
      const [ids, detail] = await failing(changes);
      assert.equal(ids, 'quote', detail);
      assert.match(detail, expected);
    }
    await assert.rejects(failing({ policy: '{}' }), /POLICY_MALFORMED|policy/);
  });

  it('is compared with what the policy names: the compose file, through the event log, as it was measured', async () => {
    const appCompose = JSON.stringify(goodAppCompose);
    const composeHash = createHash('sha256').update(appCompose).digest('hex');
    const events = startEvents({ composeHash });
    const [rtmr0, rtmr1, rtmr2, rtmr3] = registersOf(events);
    const shownOf = (more: object) =>
      shownWith(offChainReportData(vectorKey.address), { rtmr0, rtmr1, rtmr2, rtmr3 }, { appCompose, ...more });
    const os = [{ name: 'image', mrTd, rtmr0: [rtmr0], rtmr1, rtmr2 }];
    const policy = JSON.stringify({
      version: 1,
      name: 'ours',
      require: 'identified',
      os,
      compose: { hashes: [composeHash] },
    });
    const eventLog = JSON.stringify(events);
    assert.deepEqual(await failing({ shownSigner: shownOf({ eventLog }), policy }), ['', '']);
    const other = JSON.stringify(startEvents({ composeHash: 'c1'.repeat(32) }));
    for (const [more, expected] of [
      [{ eventLog: other }, /RTMR_MISMATCH/],
      [{ eventLog, appCompose: `${appCompose} ` }, /compose\.hash/],
      [{}, /^The quote is refused: /],
    ] as const) {
      const [ids, detail] = await failing({ shownSigner: shownOf(more), policy });
      assert.equal(ids, 'quote');
      assert.match(detail, expected);
    }
  });

  it('needs its other checks all the same, and a key that is named has to be the one', async () => {
    assert.equal((await failing({ vkHash: '66'.repeat(32) }))[0], 'vk');
    assert.equal((await failing({ signers: [nextKey.address] }))[0], 'signer');
    assert.equal((await failing({ signers: [vectorKey.address] }))[0], '');
    const forged = encodeTeeProof({ signature: new Uint8Array(65).with(64, 27), vkHash, publicValues });
    assert.equal((await failing({ proof: forged }))[0], 'signature,quote');
  });
});
