/* Takes one input of any size, and commits its length (u64, little-endian) and
 * its SHA-256. */
#include "../runtime/sha256.h"
#include "../runtime/sp1.h"

int main(void) {
  size_t length;
  const uint8_t *input = sp1_read(&length);

  struct sha256 hash = SHA256_INIT;
  sha256_update(&hash, input, length);
  struct {
    uint64_t length;
    uint8_t sha256[32];
  } result = {.length = length};
  sha256_finish(&hash, result.sha256);

  sp1_commit(&result, sizeof result);
  return 0;
}
