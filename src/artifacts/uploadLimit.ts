// What an upload may have as it is sent, when its raw bytes are limited.

/** zstd makes incompressible bytes longer by a block header per 128 KiB and one frame header; this is far above both. */
export const encodedLimit = (limitBytes: number): number => limitBytes + limitBytes / 1024 + 1024;
