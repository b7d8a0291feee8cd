/* Runs a batch of sequences on any Armv7-M or Armv8-M machine with memory at 0 and 0x20000000: for each one
 * fills the work memory, loads every register and the flags from its record, jumps to it, and stores
 * every register, the flags and a hash of the work memory. random_thumb.h has the layout. At the end
 * the results go to the file results.bin by semihosting. A fault is noted and ends its sequence. */
        .syntax unified
        .cpu cortex-m4
        .fpu fpv4-sp-d16
        .thumb

        .equ    WORK, 0x20000000
        .equ    WORK_BYTES, 1024
        .equ    WORK_SP, WORK + 768
        .equ    VARIABLES, 0x20001000
        .equ    DRIVER_SP, 0x20001000
        .equ    RECORD_BYTES, 200
        .equ    RESULT_BYTES, 208

        .section .text
        .word   DRIVER_SP
        .word   start + 1
        .rept   14
        .word   fault + 1
        .endr

        .org    0x100
parameters:                     /* filled in by the generator */
count:  .word   0
records: .word  0
slots:  .word   0
slot_bytes: .word 0
results: .word 0

        .org    0x200
        .thumb_func
done:   ldr     r1, =open_block
        movs    r0, #1          /* SYS_OPEN */
        bkpt    0xAB
        ldr     r4, =VARIABLES + 16
        str     r0, [r4, #0]
        ldr     r1, =results
        ldr     r1, [r1]
        str     r1, [r4, #4]
        ldr     r1, =count
        ldr     r1, [r1]
        mov     r2, #RESULT_BYTES
        muls    r1, r2, r1
        str     r1, [r4, #8]
        mov     r1, r4
        movs    r0, #5          /* SYS_WRITE */
        bkpt    0xAB
        movs    r0, #0x18       /* SYS_EXIT */
        ldr     r1, =0x20026    /* ADP_Stopped_ApplicationExit */
        bkpt    0xAB
        b       .
        .align  2
open_block:
        .word   file_name, 5, 11 /* "wb" */
file_name:
        .asciz  "results.bin"
        .ltorg

        .org    0x300
        .thumb_func
finish_sequence:                /* all registers belong to the sequence */
        push    {r0, r1}
        mrs     r1, apsr
        ldr     r0, =VARIABLES
        ldr     r0, [r0, #4]
        str     r1, [r0, #60]
        add     r1, r0, #8
        stmia   r1, {r2-r12}
        str     lr, [r0, #52]
        add     r1, sp, #8
        str     r1, [r0, #56]
        ldr     r1, [sp]
        str     r1, [r0]
        ldr     r1, [sp, #4]
        str     r1, [r0, #4]
        vmrs    r1, fpscr
        str     r1, [r0, #64]
        add     r1, r0, #68
        vstmia  r1, {s0-s31}
        movs    r1, #0
        str     r1, [r0, #196]

resume: ldr     sp, =DRIVER_SP
        ldr     r0, =WORK
        ldr     r1, =WORK_BYTES
        movs    r2, #0
1:      ldr     r3, [r0], #4
        eor     r2, r3, r2, ror #27
        add     r2, r2, r2, lsl #3
        subs    r1, #4
        bne     1b
        ldr     r0, =VARIABLES
        ldr     r1, [r0, #4]
        str     r2, [r1, #200]
        add     r1, #RESULT_BYTES
        str     r1, [r0, #4]
        ldr     r4, [r0]
        adds    r4, #1
        b       next

        .thumb_func
start:  ldr     r0, =0xE000ED88 /* CPACR: full access to the FPU */
        ldr     r1, [r0]
        orr     r1, #0xF00000
        str     r1, [r0]
        dsb
        isb
        ldr     r0, =VARIABLES
        ldr     r1, =results
        ldr     r1, [r1]
        str     r1, [r0, #4]
        movs    r4, #0
next:   ldr     r0, =VARIABLES
        str     r4, [r0]
        ldr     r5, =parameters
        ldr     r1, [r5]
        cmp     r4, r1
        beq     done
        ldr     r6, [r5, #4]
        mov     r1, #RECORD_BYTES
        mla     r6, r4, r1, r6
        ldr     r7, [r5, #12]
        ldr     r1, [r5, #8]
        mla     r7, r7, r4, r1
        orr     r7, #1
        /* Work memory: random words, every fourth a small one. */
        ldr     r0, =WORK
        ldr     r1, [r6, #196]
        ldr     r2, =WORK_BYTES
        ldr     r8, =1664525
        ldr     r9, =1013904223
1:      mla     r1, r1, r8, r9
        tst     r2, #12
        ite     eq
        lsreq   r3, r1, #26
        movne   r3, r1
        str     r3, [r0], #4
        subs    r2, #4
        bne     1b
        ldr     r0, =WORK_SP
        str     r7, [r0, #-4]
        add     r0, r6, #68
        vldmia  r0, {s0-s31}
        ldr     r0, [r6, #64]
        vmsr    fpscr, r0
        ldr     r0, [r6, #60]
        msr     apsr_nzcvqg, r0
        mov     sp, r6
        ldmia   sp, {r0-r12}
        ldr     lr, [sp, #52]
        ldr     sp, =WORK_SP - 4
        pop     {pc}

        .thumb_func
fault:  ldr     r0, =0xE000ED28 /* CFSR */
        ldr     r1, [r0]
        str     r1, [r0]
        orr     r1, #0x80000000
        ldr     r0, =VARIABLES
        ldr     r0, [r0, #4]
        str     r1, [r0, #196]
        ldr     r1, =resume
        str     r1, [sp, #24]
        mov     r1, #0x01000000
        str     r1, [sp, #28]
        bx      lr
        .ltorg
