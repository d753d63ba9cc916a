// Refusals in the words and codes of the network.
import { code, StatusError } from '../../transport/grpc/code.js';

export const refused = (name: keyof typeof code, details: string): StatusError =>
  new StatusError({ code: code[name], details });

/** `expected` is the number that the network wants. */
export const nonceText = (sender: string, expected: bigint, got: bigint): string =>
  `failed nonce verification: invalid nonce for sender 0x${sender} expected ${expected}, got ${got}`;

export const malformedField = (field: string): StatusError => refused('invalidArgument', `invalid ${field}`);
