/* Writes text by HTIF system calls and ends with status 7. Starts behind padding, so that only an
 * image entered at its entry point works. RV32 stores tohost as two words, RV64 as one doubleword. */
    .globl _start, tohost, fromhost

    .data
    .balign 64
tohost:
    .dword 0
    .balign 64
fromhost:
    .dword 0
scratch:
    .dword 0
    .balign 64
write_call:
    .dword 64, 1, message, 10, 0, 0, 0, 0
unknown_call:
    .dword 999, 0, 0, 0, 0, 0, 0, 0
message:
    .ascii "htif says\n"

/* To the place at t0: the command in the high word first. */
    .macro character code
    li t1, 0x01010000
#if __riscv_xlen == 64
    slli t1, t1, 32
    ori t1, t1, \code
    sd t1, 0(t0)
#else
    sw t1, 4(t0)
    li t1, \code
    sw t1, 0(t0)
#endif
    .endm

    .text
    .word 0
_start:
    la a0, write_call
    jal call
    lw a1, write_call
    addi a1, a1, -10            /* written bytes */
    bnez a1, wrong
    la a0, unknown_call
    jal call
    lw a1, unknown_call
    addi a1, a1, 38             /* -ENOSYS */
    bnez a1, wrong
    /* Stores that went to plain memory two hundred times, then to the host. */
    la t0, scratch
    li t2, 203
    li t3, 3
1:  character '.'
    addi t2, t2, -1
    bne t2, t3, 2f
    la t0, tohost
2:  bnez t2, 1b
    la t0, tohost
    character '!'
    li a0, 7
    j finish
wrong:
    li a0, 1
finish:
    slli a0, a0, 1
    ori a0, a0, 1
    la t0, tohost
#if __riscv_xlen == 64
    sd a0, 0(t0)
#else
    sw a0, 0(t0)
    sw zero, 4(t0)
#endif
1:  j 1b

call:
    la t0, tohost
    la t1, fromhost
    sw zero, 0(t1)
#if __riscv_xlen == 64
    sd a0, 0(t0)
#else
    sw a0, 0(t0)
    sw zero, 4(t0)
#endif
1:  lw t2, 0(t1)
    beqz t2, 1b
    lw t2, 0(t0)
    bnez t2, wrong
    ret
