# Where a guest begins: a stack, main, and an orderly end with main's result.
    .section .text.start, "ax"
    .globl _start
_start:
    li   sp, 0x78000000
    call main
    call sp1_halt
