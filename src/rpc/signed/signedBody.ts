// Finds the bytes that a signature covers: field 3 of the envelope as it was received. Encoding the parsed body again would
// drop fields that a newer client has added, and the signature would no longer match.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';

const bodyField = 3;

/** The raw body; the last one, as protobuf readers take it, when the field is repeated. */
export function signedBody(envelope: Uint8Array): Uint8Array {
  const reader = new BinaryReader(envelope);
  let body: Uint8Array | undefined;
  let count = 0;
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === bodyField && wireType === WireType.LengthDelimited) {
        body = reader.bytes();
        count += 1;
      } else reader.skip(wireType, field);
    }
  } catch (error) {
    const failure = fail('MALFORMED_REQUEST', { field: 'request', problem: 'these bytes are not a message' });
    throw new FailureError(failure, { cause: error });
  }
  // Parsers merge repeated sub-messages, so two bodies would be read as something that was not signed.
  if (body === undefined || count !== 1) {
    throw malformed('body', `there must be exactly one, not ${count}`);
  }
  return body;
}
