// T32, T33: the JSON of a request, row by row, cut anywhere, against what JSON.parse makes of the same text.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '../../failures/failureError.js';
import { sampleProgram, sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { MalformedError } from '../malformed.js';
import { PartError, TeeRequestFiles } from './teeRequest.js';

const folder = temporaryFolder('tee-request');
const elf = sampleProgram().subarray(8);
const limits = { program: 100_000, stdin: 300_000 };
let files = 0;

const arrayOf = (bytes: Uint8Array) => `[${bytes.join(',')}]`;
interface Members {
  readonly elf?: string;
  readonly buffer?: string;
  readonly ptr?: string;
  readonly proofs?: string;
  readonly mode?: string;
}
const stdinText = ({ buffer = '[[244,1,0,0]]', ptr = '0', proofs = '[]' }: Members) =>
  `{"buffer":${buffer},"ptr":${ptr},"proofs":${proofs}}`;
const textOf = (members: Members = {}) =>
  `{"elf":${members.elf ?? arrayOf(elf)},"stdin":${stdinText(members)},"proof_mode":${members.mode ?? '"TEE"'}}`;

/** What becomes of the text when it comes in these pieces. Nothing may be left of what is refused. */
async function scan(pieces: readonly Uint8Array[], limitBytes = limits) {
  const pathOf = (name: string) => join(folder, `${files}.${name}`);
  files += 1;
  const file = (kind: 'program' | 'stdin') => ({ id: sampleArtifactId(), kind, path: pathOf(kind) }) as const;
  const request = new TeeRequestFiles({ program: file('program'), stdin: file('stdin') }, limitBytes);
  const paths = [pathOf('program'), pathOf('stdin')] as const;
  try {
    for (const piece of pieces) request.push(piece);
    const received = await request.finish();
    const [program, stdin] = [readFileSync(paths[0]), readFileSync(paths[1])];
    assert.deepEqual([received.program.sizeBytes, received.stdin.sizeBytes], [program.length, stdin.length]);
    assert.equal(received.program.elf?.class, 64);
    return { program, stdin };
  } catch (thrown) {
    request.discard();
    for (const path of paths) assert.ok(!existsSync(path), 'nothing is kept');
    if (thrown instanceof MalformedError) return { json: thrown.problem };
    if (thrown instanceof PartError) return { [thrown.part]: thrown.problem };
    if (thrown instanceof FailureError) return { code: thrown.failure.code };
    throw thrown;
  }
}
const scanText = (text: string | Uint8Array) => scan([Buffer.from(text as string)]);
const right = { program: Buffer.from(sampleProgram()), stdin: sampleStdin(Buffer.from('f4010000', 'hex')) };

describe('T32: a request in JSON', () => {
  it('becomes the two artifacts, in each form that serde takes', async () => {
    const bytes = arrayOf(elf);
    for (const text of [
      textOf(),
      ` \n\t\r${textOf().replaceAll(',"', ' ,\n "').replaceAll('":', '" : ')}\n`,
      textOf({ mode: '{"TEE":null}' }),
      textOf({ mode: ' { "TEE" : null } ' }),
      textOf({ mode: '"\\u0054EE"' }),
      textOf({ ptr: '18446744073709551615' }),
      textOf({ elf: bytes.replaceAll(',', ' , ').replace('[', '[ ').replace(']', ' ]') }),
      `{"proof_mode":"TEE","stdin":{"proofs":[],"ptr":7,"buffer":[[244,1,0,0]]},"\\u0065lf":${bytes}}`,
      textOf().replace('{"elf"', '{"more":{"a":[1.5e-3,"ü\\ud83d\\ude00",null,true,false,-0,{}],"elf":[]},"elf"'),
      textOf().replace('"ptr"', `"${'x'.repeat(200)}":[[]],"ptr"`),
    ])
      assert.deepEqual(await scanText(text), right, text.slice(0, 100));
  });

  const numbers = [
    '256',
    '-1',
    '-0',
    '1.0',
    '1e0',
    '01',
    '00',
    '"1"',
    'null',
    '1 2',
    '',
    '[1]',
    '0x1',
    '+1',
    '9'.repeat(400),
  ];
  for (const number of numbers)
    it(`is refused for a byte that is ${JSON.stringify(number.slice(0, 20))}`, async () => {
      for (const text of [textOf({ buffer: `[[1,${number}]]` }), textOf({ elf: `[${number},1]` })])
        assert.ok('json' in (await scanText(text)));
    });

  const rows: ReadonlyArray<readonly [what: string, text: string | Uint8Array, expected: Record<string, RegExp>]> = [
    ['bytes in base64', textOf({ elf: '"f0VMRg=="' }), { json: /"\[" is missing/ }],
    ['bytes in hex', textOf({ buffer: '["0xf4"]' }), { json: /"\[" is missing/ }],
    ['a comma too many', textOf({ buffer: '[[1,]]' }), { json: /something else than numbers/ }],
    ['a ptr beyond u64', textOf({ ptr: '18446744073709551616' }), { json: /larger than a u64/ }],
    ['a long ptr', textOf({ ptr: '1'.repeat(30) }), { json: /larger than a u64/ }],
    ['a ptr that is not whole', textOf({ ptr: '1.0' }), { json: /not whole/ }],
    ['a ptr below 0', textOf({ ptr: '-1' }), { json: /whole number is missing/ }],
    ['a ptr that begins with 0', textOf({ ptr: '01' }), { json: /begins with 0/ }],
    ['no ptr', textOf().replace('"ptr":0,', ''), { json: /stdin has no "ptr"/ }],
    ['no elf', textOf().replace('"elf"', '"alf"'), { json: /the request has no "elf"/ }],
    ['no mode', textOf().replace('proof_mode', 'mode'), { json: /has no "proof_mode"/ }],
    ['elf twice', textOf().replace('{"elf"', '{"elf":[1],"elf"'), { json: /the request has "elf" twice/ }],
    ['ptr twice', textOf().replace('"ptr":0', '"ptr":0,"ptr":0'), { json: /stdin has "ptr" twice/ }],
    ['mode twice', textOf().replace('"proof_mode"', '"proof_mode":"TEE","proof_mode"'), { json: /"proof_mode" twice/ }],
    [
      'an array in place of the request',
      `[${arrayOf(elf)},${stdinText({})},"TEE"]`,
      { json: /the request is an array/ },
    ],
    ['an array in place of the stdin', textOf().replace(stdinText({}), '[[[1]],0,[]]'), { json: /stdin is an array/ }],
    ['mode 5', textOf({ mode: '5' }), { json: /proof_mode is no text/ }],
    ['mode Tee', textOf({ mode: '"Tee"' }), { json: /none that is known/ }],
    ['mode Core', textOf({ mode: '"Core"' }), { json: /proof_mode is Core, and only TEE is served here/ }],
    ['mode {"Core":null}', textOf({ mode: '{"Core":null}' }), { json: /proof_mode is Core/ }],
    ['mode {}', textOf({ mode: '{}' }), { json: /names no mode/ }],
    ['mode {"TEE":1}', textOf({ mode: '{"TEE":1}' }), { json: /null is missing/ }],
    ['two modes', textOf({ mode: '{"TEE":null,"TEE":null}' }), { json: /several modes/ }],
    ['proofs', textOf({ proofs: '[[1,2]]' }), { stdin: /it holds proofs/ }],
    ['something behind it', `${textOf()}x`, { json: /something follows its end/ }],
    ['two of them', textOf().repeat(2), { json: /something follows its end/ }],
    ['a byte order mark', `\ufeff${textOf()}`, { json: /"\{" is missing/ }],
    ['no UTF-8', Buffer.concat([Buffer.from('{"'), Buffer.of(0xff), Buffer.from('":1}')]), { json: /not UTF-8/ }],
    ['half a character', textOf().replace('{"elf"', '{"\\ud800":1,"elf"'), { json: /half a character/ }],
    ['a control character', textOf().replace('{"elf"', '{"a\u0001":1,"elf"'), { json: /control character/ }],
    ['an unknown escape', textOf().replace('{"elf"', '{"\\x":1,"elf"'), { json: /unknown escape/ }],
    ['a value of 200 levels', textOf().replace('{"elf"', `{"a":${'['.repeat(200)},"elf"`), { json: /nested deeper/ }],
    ['nothing', '', { json: /ends in the middle/ }],
    ['null', 'null', { json: /"\{" is missing/ }],
    ['an ELF that is none', textOf({ elf: arrayOf(Buffer.alloc(100)) }), { program: /no ELF follows/ }],
    ['an ELF that is too short', textOf({ elf: '[127,69,76,70]' }), { program: /too short for an ELF/ }],
    ['an empty ELF', textOf({ elf: '[]' }), { program: /too short for an ELF/ }],
  ];
  for (const [what, text, expected] of rows)
    it(`is refused in a sentence, and nothing is kept: ${what}`, async () => {
      const found = (await scanText(text)) as Record<string, string>;
      const [[kind, problem] = ['', /./]] = Object.entries(expected);
      assert.match(found[kind] ?? JSON.stringify(found), problem);
    });

  it('T34: is refused for an ELF of SP1 5, by its name', async () => {
    const older = Buffer.from(elf);
    older[4] = 1;
    assert.deepEqual(await scanText(textOf({ elf: arrayOf(older) })), { code: 'ELF_CLASS_MISMATCH' });
  });

  it('is refused as soon as a part is larger than its limit', async () => {
    const half = Buffer.from(textOf({ buffer: `[[${'1,'.repeat(200_000)}1]]` }).slice(0, 400_000));
    assert.deepEqual(await scan([half], { ...limits, stdin: 100_000 }), { code: 'ARTIFACT_TOO_LARGE' });
    assert.deepEqual(await scanText(textOf()), right);
    assert.deepEqual(await scan([Buffer.from(textOf())], { ...limits, program: 8 + elf.length - 1 }), {
      code: 'ARTIFACT_TOO_LARGE',
    });
  });
});

describe('T33: the scanner', () => {
  it('makes the same of a text that is cut at any byte, and nothing of one that ends there', async () => {
    const small = Buffer.from(
      textOf({ buffer: '[[ 0 ,255],[],[1]]', mode: '{"TEE":null}' }).replace(
        '"ptr"',
        '"\\u00fcü":[1e+5,{"a":"\\\\"}],"ptr"',
      ),
    );
    const whole = await scan([small]);
    assert.ok('program' in whole && Buffer.isBuffer(whole.program));
    const interesting = [...small.keys()].filter((at) => at < 30 || at > small.length - 200 || at % 97 === 0);
    for (const at of interesting) {
      assert.deepEqual(await scan([small.subarray(0, at), small.subarray(at)]), whole, `cut at ${at}`);
      assert.ok('json' in (await scan([small.subarray(0, at)])), `ends at ${at}`);
    }
    assert.deepEqual(await scan([...small].map((byte) => Buffer.of(byte))), whole);
  });

  it('takes what JSON.parse takes, with the same bytes, however it is cut', async () => {
    const buffers = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 });
    const foreign = fc.json({ maxDepth: 4 });
    await fc.assert(
      fc.asyncProperty(
        buffers,
        foreign,
        fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 6 }),
        async (made, json, cuts) => {
          const text = Buffer.from(
            textOf({ buffer: `[${made.map(arrayOf).join(' , ')}]` }).replace(
              '{"elf"',
              () => `{"unknown": ${json},"elf"`,
            ),
          );
          JSON.parse(text.toString());
          const pieces: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            pieces.push(text.subarray(at, at + cut));
            at += cut;
          }
          assert.deepEqual(await scan([...pieces, text.subarray(at)]), { ...right, stdin: sampleStdin(...made) });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses what JSON.parse refuses', async () => {
    const text = Buffer.from(textOf({ elf: arrayOf(elf.subarray(0, 64)) }));
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x7e }), async (at, byte) => {
        const changed = Buffer.from(text);
        changed[at] = byte;
        const isJson = (() => {
          try {
            JSON.parse(changed.toString());
            return true;
          } catch {
            return false;
          }
        })();
        if (!isJson) assert.ok(!('program' in (await scan([changed]))), changed.toString());
      }),
      { numRuns: 500 },
    );
  });

  it('holds nothing of 200 MB of text', async () => {
    const [head = '', tail = ''] = textOf({ buffer: '[[7,@]]' }).split('@');
    const piece = Buffer.from('255,0,19,'.repeat(7_000));
    const used = () => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = used();
    let most = 0;
    function* pieces() {
      yield Buffer.from(head);
      for (let sent = 0; sent < 200e6; sent += piece.length) {
        most = Math.max(most, used());
        yield piece;
      }
      yield Buffer.from(`1${tail}`);
    }
    const sizes = await measure(pieces());
    assert.equal(sizes.stdin, 8 + 8 + 2 + 3 * 7_000 * Math.ceil(200e6 / piece.length) + 16);
    assert.ok(most - before < 40e6, `${most - before} bytes more at most`);
  });
});

/** As `scan`, of what is too large to be looked at. */
async function measure(pieces: Iterable<Uint8Array>) {
  const pathOf = (name: string) => join(folder, `${files}.${name}`);
  files += 1;
  const file = (kind: 'program' | 'stdin') => ({ id: sampleArtifactId(), kind, path: pathOf(kind) }) as const;
  const request = new TeeRequestFiles(
    { program: file('program'), stdin: file('stdin') },
    { program: 100_000, stdin: 200e6 },
  );
  for (const piece of pieces) request.push(piece);
  const { program, stdin } = await request.finish();
  return { program: program.sizeBytes, stdin: stdin.sizeBytes };
}
