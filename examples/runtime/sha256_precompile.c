/* The compression of SHA-256 by SP1's own chips: the guest only lays out the
 * block. About 156 cycles for a block, thirty times fewer than in plain C.
 *
 * Both calls work on words of 64 bits, each holding 32 bits of SHA-256:
 * SHA_EXTEND takes w[0..16] and writes w[16..64]; SHA_COMPRESS takes w and mixes
 * it into the state. */
#include "sha256.h"

enum { SHA_EXTEND = 0x00300105, SHA_COMPRESS = 0x00010106 };

static void chip(uint64_t number, uint64_t *w, uint64_t *state) {
  register uint64_t t0 __asm__("t0") = number;
  register uint64_t *a0 __asm__("a0") = w;
  register uint64_t *a1 __asm__("a1") = state;
  __asm__ volatile("ecall" : "+r"(t0) : "r"(a0), "r"(a1) : "memory");
}

/* Reverses the bytes in each half of x: two big-endian words of SHA-256. */
static uint64_t swap_bytes(uint64_t x) {
  x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
  return (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
}

/* In the image, not on the stack: SP1 opens and closes the books on memory that
 * belongs to a segment, or that the guest loads or stores by itself. A word that
 * only a chip has touched is missing there; the guest executes well and then
 * cannot be proved ("global cumulative sum is not zero"). */
static uint64_t w[64];

void sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count) {
  uint64_t wide[8];
  for (int i = 0; i < 8; i++) wide[i] = state[i];
  for (; count > 0; count--, blocks += 64) {
    for (int i = 0; i < 8; i++) {
      uint64_t pair;
      __builtin_memcpy(&pair, __builtin_assume_aligned(blocks + 8 * i, 8), 8);
      pair = swap_bytes(pair);
      w[2 * i] = (uint32_t)pair;
      w[2 * i + 1] = pair >> 32;
    }
    chip(SHA_EXTEND, w, 0);
    chip(SHA_COMPRESS, w, wide);
  }
  for (int i = 0; i < 8; i++) state[i] = (uint32_t)wide[i];
}
