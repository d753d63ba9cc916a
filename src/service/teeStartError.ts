// Why a service does not start in mode tee.

/** A sentence for the user. */
export class TeeStartError extends Error {
  override readonly name = 'TeeStartError';
}
