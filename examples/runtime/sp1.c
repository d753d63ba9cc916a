/* The system calls of SP1: ecall, number in t0, arguments in a0 to a2. */
#include "sp1.h"
#include "sha256.h"

enum {
  HALT = 0x00,            /* exit code */
  WRITE = 0x02,           /* file descriptor, address, length */
  COMMIT = 0x10,          /* index of a word of the digest, the word */
  COMMIT_DEFERRED = 0x1a, /* the same for proofs verified inside the guest */
  HINT_LEN = 0xf0,        /* gives the length of the next input buffer */
  HINT_READ = 0xf1,       /* address, length */
};

enum { STDERR = 2, PUBLIC_VALUES = 13 };

static uint64_t sp1_call(uint64_t number, uint64_t x, uint64_t y, uint64_t z) {
  register uint64_t t0 __asm__("t0") = number;
  register uint64_t a0 __asm__("a0") = x;
  register uint64_t a1 __asm__("a1") = y;
  register uint64_t a2 __asm__("a2") = z;
  __asm__ volatile("ecall" : "+r"(t0) : "r"(a0), "r"(a1), "r"(a2) : "memory");
  return t0;
}

/* HINT_READ may fill only memory that the guest has never had: not a segment,
 * not an address touched before. A guest that reads into a .bss array executes
 * well and then cannot be proved. So each input gets fresh memory, upwards from
 * an address of which the linker script says that it is free. */
extern uint8_t input_base[];
static uint8_t *input_free = input_base;

const uint8_t *sp1_read(size_t *length) {
  uint64_t size = sp1_call(HINT_LEN, 0, 0, 0);
  if (size == UINT64_MAX) sp1_halt(1);
  uint8_t *input = input_free;
  /* Whole words are written, and one more when the length is a multiple of 8. */
  input_free += (size / 8 + 1) * 8;
  sp1_call(HINT_READ, (uint64_t)input, size, 0);
  *length = size;
  return input;
}

/* The proof holds the SHA-256 of the public values, not the values: the host
 * gets the bytes by WRITE, the proof its digest by COMMIT when the guest ends. */
static struct sha256 committed = SHA256_INIT;

void sp1_commit(const void *bytes, size_t length) {
  sha256_update(&committed, bytes, length);
  sp1_call(WRITE, PUBLIC_VALUES, (uint64_t)bytes, length);
}

void sp1_print(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  sp1_call(WRITE, STDERR, (uint64_t)text, length);
}

_Noreturn void sp1_halt(int exit_code) {
  uint8_t digest[32];
  sha256_finish(&committed, digest);
  for (size_t i = 0; i < 8; i++) {
    const uint8_t *b = digest + 4 * i;
    sp1_call(COMMIT, i, b[0] | b[1] << 8 | b[2] << 16 | (uint64_t)b[3] << 24, 0);
  }
  for (size_t i = 0; i < 8; i++) sp1_call(COMMIT_DEFERRED, i, 0, 0);
  for (;;) sp1_call(HALT, (uint64_t)exit_code, 0, 0);
}
