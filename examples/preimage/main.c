/* Commits the SHA-256 of a secret, and nothing else about it.
 *
 * Whoever holds the proof knows: the prover had bytes with this digest in hand.
 * Whoever made the proof has seen those bytes. That is the whole case for a
 * prover that stands in your own house. */
#include "../runtime/sha256.h"
#include "../runtime/sp1.h"

int main(void) {
  size_t length;
  const uint8_t *secret = sp1_read(&length);

  struct sha256 hash = SHA256_INIT;
  sha256_update(&hash, secret, length);
  uint8_t digest[32];
  sha256_finish(&hash, digest);

  sp1_commit(digest, sizeof digest);
  return 0;
}
