/* Guests that SP1 executes and that end oddly, one for each word in the Makefile. */
#include "sp1.h"

enum { HALT = 0x00, WRITE = 0x02, COMMIT = 0x10, COMMIT_DEFERRED = 0x1a, HINT_LEN = 0xf0, HINT_READ = 0xf1 };
enum { PUBLIC_VALUES = 13 };

static uint64_t call(uint64_t number, uint64_t x, uint64_t y, uint64_t z) {
  register uint64_t t0 __asm__("t0") = number;
  register uint64_t a0 __asm__("a0") = x;
  register uint64_t a1 __asm__("a1") = y;
  register uint64_t a2 __asm__("a2") = z;
  __asm__ volatile("ecall" : "+r"(t0) : "r"(a0), "r"(a1), "r"(a2) : "memory");
  return t0;
}

/* Digests of no public values at all, as the words that COMMIT takes. */
static const uint32_t sha256_of_nothing[8] = {0x42c4b0e3, 0x141cfc98, 0xc8f4fb9a, 0x24b96f99,
                                              0xe441ae27, 0x4c939b64, 0x1b9995a4, 0x55b85278};
static const uint32_t blake3_of_nothing[8] = {0xb94913af, 0xa6a1f9f5, 0xea4d40a0, 0x49c9dc36,
                                              0xc925cb9b, 0xb712c1ad, 0xca939acc, 0x62321fe4};

static void commit(const uint32_t *digest) {
  for (uint64_t i = 0; i < 8; i++) call(COMMIT, i, digest[i], 0);
}

static void say_of_proofs(uint64_t first) {
  for (uint64_t i = 0; i < 8; i++) call(COMMIT_DEFERRED, i, first ? first + i : 0, 0);
}

static _Noreturn void halt(uint64_t exit_code) {
  for (;;) call(HALT, exit_code, 0, 0);
}

int main(void) {
#if defined CLAIMS_PROOFS
  commit(sha256_of_nothing);
  say_of_proofs(1234567);
#elif defined OTHER_VALUES
  static const uint32_t one = 1;
  call(WRITE, PUBLIC_VALUES, (uint64_t)&one, sizeof one);
  commit(sha256_of_nothing);
  say_of_proofs(0);
#elif defined COMMITS_TWICE
  commit(blake3_of_nothing);
  commit(sha256_of_nothing);
  say_of_proofs(0);
#elif defined NOTHING_COMMITTED
  say_of_proofs(0);
#elif defined SILENT_ON_PROOFS
  commit(sha256_of_nothing);
#elif defined INPUT_OVER_PROGRAM
  static uint8_t input[64];
  call(HINT_READ, (uint64_t)input, call(HINT_LEN, 0, 0, 0), 0);
  commit(sha256_of_nothing);
  say_of_proofs(0);
#elif defined INPUT_OVER_INPUT
  /* The examples' runtime has its inputs from here on: memory that no segment has. */
  volatile uint8_t *input = (volatile uint8_t *)0x7a000000;
  for (int i = 0; i < 2; i++) {
    call(HINT_READ, (uint64_t)input, call(HINT_LEN, 0, 0, 0), 0);
    (void)input[0];
  }
  commit(sha256_of_nothing);
  say_of_proofs(0);
#elif defined BLAKE3
  commit(blake3_of_nothing);
  say_of_proofs(0);
#elif defined WIDE_EXIT_CODE
  commit(sha256_of_nothing);
  say_of_proofs(0);
  halt(1ull << 32);
#elif defined EXIT_CODE_3
  commit(sha256_of_nothing);
  say_of_proofs(0);
  halt(3);
#elif defined EXIT_CODE_MINUS_1
  commit(sha256_of_nothing);
  say_of_proofs(0);
  halt(-1ull);
#endif
  halt(0);
}
