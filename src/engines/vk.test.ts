// Verifying keys that sp1-prover 6.10.0 made for example guests, with the hashes that its own hasher gives them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeVk } from '../testkit/engine/fakeProof.js';
import { koalaBearPrime } from './poseidon2.js';
import { parseVk, vkHash, vkSizeBytes } from './vk.js';

const vectors = {
  fibonacci: {
    vk: '000000000078000000000000e3ed732771a5c17513453e5723c7e17791542b6a883c1f5c3fa21c1e8c24127780da514bbb198115fd2d272be727b421189e0c6e4ce99b244d676236df2dde170f7ef06fb106f735955e0702819dd37230f50b047bbac60c00000000',
    hash: '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec',
  },
  preimage: {
    vk: '000000000078000000000000c35f6e56ee2e6f5137773a2dc0aec55ec7e33a162d721830e3b51a17a162d95ad543c6365ba5424ba020ad31a429d163411c0728575d5d711e72205e079a817c1ab32b37a141b5559f709b6558efd357b370982944e2202c00000000',
    hash: '664e6f7c14bb12916c8d14cb3031b6f451785a0e0488400538e5493532a2ba64',
  },
  panic: {
    vk: '000000000078000000000000071de106d93d8549ba63444a1fe23a0d979f8608fe23797dcff2f2506718170935c5415a9db99d3d9e555d27db865f010f8b1805b7a8ec6329935b742d7c240f09c0022d1621fb3b8e6d2965beb771011706262c5d9e4a2a00000000',
    hash: '7237561c5efcd737799ea33277680d503ed9b251086c809b613f0bdc37333ae7',
  },
};

for (const [name, { vk, hash }] of Object.entries(vectors)) {
  test(`the key of ${name} has SP1's hash`, () => {
    const parsed = parseVk(Buffer.from(vk, 'hex'));
    assert.ok(parsed);
    // Guests begin at 0x78000000, three limbs of 16 bits.
    assert.deepEqual(parsed.pcStart, [0, 0x7800, 0]);
    assert.equal(vkHash(parsed), hash);
  });
}

test('every word of a key enters its hash', () => {
  const bytes = Buffer.from(vectors.fibonacci.vk, 'hex');
  fc.assert(
    fc.property(fc.nat(vkSizeBytes / 4 - 1), (word) => {
      const other = Buffer.from(bytes);
      other.writeUInt32LE((bytes.readUInt32LE(4 * word) + 1) % koalaBearPrime, 4 * word);
      const parsed = parseVk(other);
      assert.ok(parsed);
      assert.notEqual(vkHash(parsed), vectors.fibonacci.hash);
    }),
  );
});

test('other lengths, words outside the field and other flags are no keys', () => {
  const good = Buffer.from(vectors.fibonacci.vk, 'hex');
  assert.equal(parseVk(good.subarray(1)), undefined);
  assert.equal(parseVk(Buffer.concat([good, Buffer.alloc(64)])), undefined);
  for (const [word, value] of [
    [3, koalaBearPrime],
    [24, 2 ** 32 - 1],
    [25, 2],
  ] as const) {
    const bad = Buffer.from(good);
    bad.writeUInt32LE(value, 4 * word);
    assert.equal(parseVk(bad), undefined);
  }
});

test('a fake key is a key', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (elf) => parseVk(fakeVk(elf)) !== undefined));
});
