/* The stream around SHA-256: cuts bytes into blocks, and pads the last one. */
#include "sha256.h"

void sha256_update(struct sha256 *hash, const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  const uint8_t *end = from + length;
  size_t fill = hash->length % 64;
  hash->length += length;
  while (from < end) {
    if (fill == 0 && end - from >= 64 && (uintptr_t)from % 8 == 0) {
      size_t count = (size_t)(end - from) / 64;
      sha256_blocks(hash->state, from, count);
      from += count * 64;
      continue;
    }
    hash->block[fill++] = *from++;
    if (fill == 64) {
      sha256_blocks(hash->state, hash->block, 1);
      fill = 0;
    }
  }
}

void sha256_finish(struct sha256 *hash, uint8_t digest[32]) {
  static const uint8_t padding[64] = {0x80};
  uint64_t bits = hash->length * 8;
  uint8_t bits_be[8];
  for (int i = 0; i < 8; i++) bits_be[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_update(hash, padding, 1 + (119 - hash->length % 64) % 64);
  sha256_update(hash, bits_be, 8);
  for (int i = 0; i < 32; i++) {
    digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
  }
}
