// Bearer tokens as they are listed and as they are sent.

const token = /^[\x21-\x7e]{16,512}$/;
/** The scheme is not case-sensitive (RFC 9110, section 11.1). */
const bearer = /^bearer ([\x21-\x7e]{1,512})$/i;

/** Long enough not to be guessed, and nothing that a header would change. */
export const isToken = (text: string): boolean => token.test(text);

/** The token in a header. Undefined: there is none. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  bearer.exec(authorization ?? '')?.[1];
