// How a number of bytes is written, in options of the service and of the commands alike.

const unitsBytes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** `512MiB`, `2GB`, `1048576` → bytes; undefined for anything else. */
export function parseSizeBytes(text: string): number | undefined {
  const found = /^(\d{1,15})\s*(B|KB|MB|GB|KiB|MiB|GiB)?$/.exec(text);
  return found === null ? undefined : Number(found[1]) * (unitsBytes[found[2] ?? 'B'] ?? 1);
}
