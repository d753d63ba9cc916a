// What a stranger says of the way of his call: `Forwarded` and its older relatives. It names an origin or is refused with a reason, and it never
// makes a plain URL of a call that came by TLS.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FailureError } from '../../src/failures/failureError.js';
import { createLog } from '../../src/log.js';
import { createArtifactOrigin } from '../../src/rpc/sdk/artifactOrigin.js';
import type { Connection } from '../../src/transport/connection.js';
import { reachedBy } from '../../src/transport/origin/reached.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import { count, type Target } from './target.js';

const samples = [
  'proto=http;host="127.0.0.1:8088"',
  'for=192.0.2.60;proto=https;by=203.0.113.43;host=prover.example.org',
  'for="[2001:db8::1]:4711";proto=HTTPS;host="prover.example.org:8443", for=10.0.0.1;proto=http',
  'For=unknown;Host=_hidden;Proto="https"',
] as const;
const names = ['forwarded', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-original-host'] as const;

interface Told {
  readonly name: (typeof names)[number];
  readonly of: number;
  readonly edits: readonly ByteEdit[];
  readonly isEncrypted: boolean;
}

const originOf = createArtifactOrigin({ publicUrl: undefined, log: createLog('silent') });

export const forwardedTarget: Target<Told> = {
  name: 'forwarded',
  inputs: fc.record({
    name: fc.constantFrom(...names),
    of: fc.nat(samples.length - 1),
    edits: fc.array(byteEdit, { maxLength: 4 }),
    isEncrypted: fc.boolean(),
  }),
  async check({ name, of, edits, isEncrypted }, subject) {
    const told = editBytes(Buffer.from(samples[of] as string), edits).toString('latin1');
    const local = { address: '127.0.0.1', port: 8080 };
    const connection = { isEncrypted, local } as unknown as Connection;
    const reached = reachedBy({ ':authority': 'prover.example.org', [name]: told }, connection);
    try {
      const origin = originOf(reached);
      const { protocol, pathname, search, hash, username } = new URL(origin);
      assert.match(protocol, /^https?:$/);
      assert.deepEqual([pathname, search, hash, username], ['/', '', '', '']);
      const isOwn = reached.ownProxy !== undefined;
      if (isOwn) assert.equal(name, 'forwarded');
      else if (isEncrypted) assert.equal(protocol, 'https:', 'weaker than the call');
      count(subject, `forwarded: ${isOwn ? 'own proxy' : protocol}`);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      assert.ok(['PUBLIC_URL_NEEDED', 'MALFORMED_REQUEST'].includes(error.failure.code), error.failure.code);
      count(subject, 'forwarded: refused');
    }
  },
};
