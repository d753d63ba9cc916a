/* Says why on standard error, and ends with exit code 1. */
#include "../runtime/sp1.h"

int main(void) {
  sp1_print("the books do not balance\n");
  return 1;
}
