// An upload URL allows what it says, until it expires, and nothing when a single character differs.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseAddress } from '../ids.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { artifactUri, createCapabilities, parseArtifactUri, type UploadClaims } from './capability.js';

const clock = new SimulatedClock();
const key = randomBytes(32);
const capabilities = createCapabilities({ key, clock });
const owner = parseAddress('7e5f4552091a69125d5dfcb7b8c2659029395bdf') as UploadClaims['owner'];
const claims = (): UploadClaims => ({
  id: sampleArtifactId(),
  kind: 'stdin',
  private: true,
  owner,
  expiresAt: clock.now() + 60_000,
});

function check(url: string, id?: UploadClaims['id']) {
  const { pathname, searchParams } = new URL(url, 'http://host');
  return capabilities.check(id ?? (pathname.split('/').at(-1) as UploadClaims['id']), searchParams);
}

const problemOf = (outcome: ReturnType<typeof check>) =>
  !outcome.ok && outcome.failure.code === 'ARTIFACT_FORBIDDEN' ? outcome.failure.problem : undefined;

describe('an upload URL', () => {
  it('gives back its claims', () => {
    for (const change of [{}, { kind: 'program' as const, private: false }]) {
      const given = { ...claims(), ...change };
      assert.deepEqual(check(capabilities.mint(given)), { ok: true, value: given });
    }
  });

  it('is refused when any part of it was altered, left out, doubled or added', () => {
    const given = claims();
    const url = capabilities.mint(given);
    const altered = [
      url.replace('kind=stdin', 'kind=program'),
      url.replace('private=1', 'private=0'),
      url.replace(owner, owner.replace('7', '8')),
      url.replace(/expires=(\d+)/, (_, seconds) => `expires=${Number(seconds) + 1}`),
      url.replace(/mac=./, (start) => (start.endsWith('0') ? 'mac=1' : 'mac=0')),
      url.replace(/mac=.*/, 'mac='),
      url.replace(/mac=.*/, `mac=${'z'.repeat(64)}`),
      url.replace(/&mac=.*/, ''),
      `${url}&kind=stdin`,
      `${url}&more=1`,
    ];
    for (const target of altered) {
      assert.notEqual(target, url);
      assert.ok(problemOf(check(target)), target);
    }
    assert.ok(problemOf(check(url, sampleArtifactId())));
  });

  it('is refused under another key', () => {
    const other = createCapabilities({ key: randomBytes(32), clock });
    assert.match(problemOf(check(other.mint(claims()))) ?? '', /altered|key/);
  });

  it('expires', async () => {
    const url = capabilities.mint(claims());
    await clock.advance(59_000);
    assert.equal(check(url).ok, true);
    await clock.advance(1_000);
    assert.match(problemOf(check(url)) ?? '', /expired/);
  });
});

describe('the URI of an artifact', () => {
  it('reads back, and nothing else does', () => {
    const id = sampleArtifactId();
    assert.equal(parseArtifactUri(artifactUri(id)), id);
    for (const text of [
      '',
      id,
      `artifact:/${id}`,
      `s3://bucket/${id}`,
      `artifact://0x${id}`,
      `artifact://${id}0`,
      `artifact://${id.toUpperCase()}`,
    ]) {
      assert.equal(parseArtifactUri(text), undefined, text);
    }
  });
});
