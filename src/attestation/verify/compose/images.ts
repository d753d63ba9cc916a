// Images of a compose file: pinned by digest, and which repository they are of.

export interface PinnedImage {
  /** Without tag. */
  readonly repository: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
}

/** Registries take 255 for the repository. */
const mostCharacters = 512;

/** Undefined for an image that is not pinned: what it is would be decided when it is pulled. */
export function parseImage(image: string): PinnedImage | undefined {
  if (image.length > mostCharacters) return undefined;
  const [, repository, digest] =
    /^([a-z0-9][a-z0-9._:/-]*?)(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  return repository === undefined || digest === undefined ? undefined : { repository, digest };
}
