/* SHA-256 (FIPS 180-4), as a stream. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t length;                             /* bytes taken in so far */
  uint8_t block[64] __attribute__((aligned(8))); /* the unfinished block */
};

#define SHA256_INIT                                                            \
  {                                                                            \
    .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,                  \
              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}                  \
  }

void sha256_update(struct sha256 *hash, const void *bytes, size_t length);

/* Writes the 32 bytes of the digest. The stream is used up afterwards. */
void sha256_finish(struct sha256 *hash, uint8_t digest[32]);

/* Mixes whole blocks into the state; `blocks` is a multiple of 8. There are two
 * of it: sha256_plain.c in plain C, sha256_precompile.c with SP1's help. */
void sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
