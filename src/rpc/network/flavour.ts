// Which of the wire's two schemas a RequestProof body speaks. Both share one path; only wire types tell them apart: field 12 is a
// bool in base and bytes in auction, and fields 13 to 21 exist in auction alone (sp1-sdk network/proto/{base,auction}).
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Flavour } from '../../machines/requestRules.js';
import { malformed } from './fields.js';

/** What lies beyond is of newer schemas than we know, and says nothing. */
const lastAuctionField = 21;

/** The one place that decides. A body with no sign of either is base with its defaults. */
export function flavourOf(body: Uint8Array): Flavour {
  const reader = new BinaryReader(body);
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 12 && wireType === WireType.Varint) return 'base';
      if (field === 12 && wireType === WireType.LengthDelimited) return 'auction';
      if (field >= 13 && field <= lastAuctionField) return 'auction';
      reader.skip(wireType, field);
    }
  } catch {
    throw malformed('body', 'these bytes are not a message');
  }
  return 'base';
}
