/* Commits n, F(n) and F(n + 1): three u32, little-endian, modulo 2^32.
 * The input is n, a u32, little-endian. */
#include "../runtime/sp1.h"

/* Five cycles for each step: half a billion cycles at most. */
enum { MAX_N = 100000000 };

int main(void) {
  size_t length;
  const uint8_t *input = sp1_read(&length);
  if (length != 4) return 1;
  uint32_t n = input[0] | input[1] << 8 | input[2] << 16 | (uint32_t)input[3] << 24;
  if (n > MAX_N) return 1;

  uint32_t a = 0, b = 1;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t next = a + b;
    a = b;
    b = next;
  }

  const uint32_t result[3] = {n, a, b};
  sp1_commit(result, sizeof result);
  return 0;
}
