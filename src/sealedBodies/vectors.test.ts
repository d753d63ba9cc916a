// The vectors of the format, and a second implementation of HPKE at the other end.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { answerSecret, deriveAnswerKey } from './answerKey.js';
import { requestAad, requestInfo } from './authenticated.js';
import { createBodyKey } from './bodyKey.js';
import { sealRequest } from './sealRequest.js';
import { loadSuite } from './suite.js';

const hex = (bytes: Uint8Array | ArrayBuffer) => Buffer.from(bytes as Uint8Array).toString('hex');
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const bytesOf = (value: string) => new Uint8Array(Buffer.from(value));
/** The first is the seed of the key pair, the second the answer's nonce. */
const chance = () => {
  const given = [new Uint8Array(32).fill(0x42), Uint8Array.from({ length: 32 }, (_, i) => i)];
  return { bytes: () => given.shift() as Uint8Array<ArrayBuffer> };
};

const facts = { method: 'PUT', path: '/artifacts/aa?kind=stdin', contentType: 'application/octet-stream' };
const enc = '083f7859feb58bd62e43682c35a9936668e96c103e74e25530134e2dc6419758';
const frames = ['393e100517863697b8dec9f3cb6f9ddd476334ae1872', '4e79c920e3ba535462116da9bb8b94000e64309c09'] as const;
const secret = '7e71d05b45f41d30d149c6113ce4b2b7d0427cb643a6babb150dc07b6ad42fae';
const answerFacts = { status: 200, contentType: 'application/json' };
const answerFrame = '4d74eae1bc1ac965281888d1a2ce0b723a67';
const publicKey = 'ae3bf1cd87c2d2ed25af4a1a239eed04a990f00e7403e4c8065927de010fd17a';

const kid = createHash('sha256').update(fromHex(publicKey)).digest('hex').slice(0, 16);

const other = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

describe('the vectors of sealed bodies', () => {
  it('are opened by the serving end, and its answer is theirs', async () => {
    const key = await createBodyKey(chance());
    assert.equal(hex(key.publicKey), publicKey);
    const opened = await key.openRequest(`v=1; kid=${kid}; enc=${enc}`, facts);
    assert.equal(text(await opened.open(fromHex(frames[0]), false)), 'hello ');
    assert.equal(await opened.open(fromHex(frames[1]), false), undefined);
    assert.equal(text(await opened.open(fromHex(frames[1]), true)), 'world');
    assert.equal(opened.answerHeader, `v=1; nonce=${hex(Uint8Array.from({ length: 32 }, (_, i) => i))}`);
    assert.equal(hex(await opened.sealerFor(answerFacts)(bytesOf('ok'), true)), answerFrame);
  });

  it('are what the suite makes of that ephemeral key: enc, frames, exported secret', async () => {
    const suite = await loadSuite();
    const pair = (byte: number) => suite.kem.deriveKeyPair(new Uint8Array(32).fill(byte));
    const context = await suite.createSenderContext({
      recipientPublicKey: (await pair(0x42)).publicKey,
      ekm: await pair(0x24),
      info: requestInfo(facts),
    });
    assert.equal(hex(context.enc), enc);
    assert.equal(hex(await context.seal(bytesOf('hello '), requestAad(false))), frames[0]);
    assert.equal(hex(await context.seal(bytesOf('world'), requestAad(true))), frames[1]);
    assert.equal(hex(await context.export(answerSecret.label, answerSecret.bytes)), secret);
  });

  it('have an answer that opens with the exported secret, once and in its place', async () => {
    const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);
    const key = await deriveAnswerKey(fromHex(secret).buffer, { enc: fromHex(enc), nonce });
    const open = key.openerFor(answerFacts);
    assert.equal(await open(fromHex(answerFrame), false), undefined);
    assert.equal(text(await open(fromHex(answerFrame), true)), 'ok');
    assert.equal(await open(fromHex(answerFrame), true), undefined, 'its index is past');
    assert.equal(await key.openerFor({ ...answerFacts, status: 500 })(fromHex(answerFrame), true), undefined);
    assert.equal(await key.openerFor({ status: 200, contentType: undefined })(fromHex(answerFrame), true), undefined);
  });
});

describe('another implementation of HPKE', () => {
  it('opens what we seal, and exports the same secret', async () => {
    const pair = await other.GenerateKeyPair(true);
    const sealed = await sealRequest(await other.SerializePublicKey(pair.publicKey), facts);
    const [, sentEnc = ''] = /enc=([0-9a-f]{64})$/.exec(sealed.header) ?? [];
    const context = await other.SetupRecipient(pair, fromHex(sentEnc), { info: requestInfo(facts) });
    for (const [index, part] of ['one', 'two', ''].entries()) {
      const ciphertext = await sealed.seal(bytesOf(part), index === 2);
      assert.equal(text(await context.Open(ciphertext, requestAad(index === 2))), part);
    }
    const exported = await context.Export(answerSecret.label, answerSecret.bytes);
    const nonce = new Uint8Array(32).fill(7);
    const answer = await deriveAnswerKey(exported.slice().buffer, { enc: fromHex(sentEnc), nonce });
    const open = await sealed.openAnswer(`v=1; nonce=${hex(nonce)}`, answerFacts);
    assert.equal(text(await open(await answer.sealerFor(answerFacts)(bytesOf('yes'), true), true)), 'yes');
  });

  it('seals what we open', async () => {
    const key = await createBodyKey(chance());
    const { encapsulatedSecret, ctx } = await other.SetupSender(await other.DeserializePublicKey(key.publicKey), {
      info: requestInfo(facts),
    });
    const opened = await key.openRequest(`v=1; kid=${kid}; enc=${hex(encapsulatedSecret)}`, facts);
    assert.equal(text(await opened.open(await ctx.Seal(bytesOf('one'), requestAad(false)), false)), 'one');
    assert.equal(text(await opened.open(await ctx.Seal(bytesOf('two'), requestAad(true)), true)), 'two');
  });
});
