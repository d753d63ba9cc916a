// Which of the wire's two schemas a RequestProof body speaks. Both share one path, and only wire types tell them apart: field 12 is a
// bool in base and bytes in auction, and fields 13 to 21 exist in auction alone (sp1-sdk network/proto/{base,auction}).
// Other calls carry no flavour, no version and no address. What is known of their reader is its user agent, and what it asked for before.
// A proxy may have rewritten the user agent: an unknown one is treated as an old SDK's.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { malformed } from '../../failures/malformed.js';
import type { Flavour } from '../../machines/request/rules.js';

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

/** Our own client, which reads the base schema whatever it reads about. */
export const isOurClient = (userAgent: string): boolean => /(^|\s)sealed-prover\//.test(userAgent);

/** The SDK of any version: its library names itself. */
export const isSdk = (userAgent: string): boolean => /(^|\s)tonic\//.test(userAgent);

/** An SDK from 6.10.0 on. */
export const isNewSdk = (userAgent: string): boolean => /(^|\s)tonic\/0\.14/.test(userAgent);

/** The schema in which a request is shown: the one in which it was asked for. */
export const schemaFor = (userAgent: string, flavour: Flavour): Flavour => (isOurClient(userAgent) ? 'base' : flavour);
