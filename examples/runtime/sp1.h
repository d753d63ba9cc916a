/* What a guest can ask of SP1: its inputs, its public values, its end. */
#ifndef SP1_H
#define SP1_H

#include <stddef.h>
#include <stdint.h>

/* The next input buffer (one for each SP1Stdin write of the host) and its
 * length in bytes. The address is a multiple of 8 and stays valid to the end.
 * A guest that asks for more inputs than it was given ends with exit code 1. */
const uint8_t *sp1_read(size_t *length);

/* Appends bytes to the public values: what everyone may see. */
void sp1_commit(const void *bytes, size_t length);

/* Writes a line for whoever runs the executor. The service drops it. */
void sp1_print(const char *text);

/* Ends the guest and seals its public values. Code 0 is success; any other
 * code makes the execution fail, and there will be no proof. Returning from
 * main does the same. */
_Noreturn void sp1_halt(int exit_code);

#endif
