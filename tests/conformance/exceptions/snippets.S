/* Code that causes exceptions, as a table of (name, address), ended by zeros; the handler that
 * reports them; and the call that runs one snippet wherever it ends. */
        .syntax unified
        .cpu    cortex-m4
        .fpu    fpv4-sp-d16
        .thumb

        .macro  SNIPPET text
        .pushsection .rodata.names, "a"
name_\@:
        .asciz  "\text"
        .popsection
        .pushsection .rodata.snippets, "a"
        .word   name_\@, code_\@ + 1
        .popsection
        .align  2
code_\@:
        .endm

        .macro  END
        b.w     snippet_done
        .ltorg
        .endm

        .section .rodata.snippets, "a"
        .global snippets
        .align  2
snippets:

        .text
        SNIPPET "undefined"
        udf     #1
        END
        SNIPPET "divide by zero"
        movs    r0, #5
        movs    r1, #0
        udiv    r2, r0, r1
        END
        SNIPPET "unaligned load"
        ldr     r0, =0x20000101
        ldr     r1, [r0]
        END
        SNIPPET "unaligned double load"
        ldr     r0, =0x20000102
        ldrd    r1, r2, [r0]
        END
        SNIPPET "load from nowhere"
        ldr     r0, =0xB0000004
        ldr     r1, [r0]
        END
        SNIPPET "call of null"
        movs    r0, #0
        blx     r0
        END
        SNIPPET "call of a peripheral"
        ldr     r0, =0x40000001
        blx     r0
        END
        SNIPPET "supervisor call"
        mov     r12, #77
        svc     #3
        END
        SNIPPET "supervisor call with PRIMASK"
        cpsid   i
        svc     #3
        END
        SNIPPET "undefined in an IT block"
        movs    r0, #0
        cmp     r0, #0
        itt     eq
        moveq   r1, #1
        udfeq   #2
        END
        SNIPPET "absent coprocessor"
        mcr     p4, #0, r0, c0, c0, #0
        END
        SNIPPET "FPU switched off"
        ldr     r0, =0xE000ED88
        movs    r1, #0
        str     r1, [r0]
        dsb
        isb
        vmov    s0, r1
        END
        SNIPPET "stack at 4 modulo 8"
        bl      forget_fp
        sub     sp, sp, #4
        svc     #1
        END
        SNIPPET "stack at 4 modulo 8 without STKALIGN"
        bl      forget_fp
        ldr     r0, =0xE000ED14
        movs    r1, #0
        str     r1, [r0]
        sub     sp, sp, #4
        svc     #1
        END
        SNIPPET "process stack"
        bl      to_process_stack
        svc     #4
        END
        SNIPPET "process stack with floating point"
        bl      to_process_stack
        vmov.f32 s0, #1.0
        svc     #4
        END
        SNIPPET "system register from an unprivileged thread"
        movs    r0, #1
        msr     control, r0
        isb
        ldr     r0, =0xE000ED00
        ldr     r1, [r0]
        END
        SNIPPET "store to read-only memory"
        bl      mpu_on
        ldr     r0, =mpu_area
        ldr     r1, [r0, #4]
        str     r1, [r0, #8]
        END
        SNIPPET "call of execute-never memory"
        bl      mpu_on
        ldr     r0, =mpu_area + 1
        blx     r0
        END
        SNIPPET "load from memory without access"
        bl      mpu_on
        ldr     r0, =mpu_area + 1024
        ldr     r1, [r0, #4]
        END
        SNIPPET "unprivileged load from privileged memory"
        bl      mpu_on
        ldr     r0, =mpu_area + 2048
        ldr     r1, [r0, #4]
        ldrt    r1, [r0, #4]
        END
        .section .rodata.snippets, "a"
        .word   0, 0
        /* strlen() reads on a little, and GE shows what it saw: not erased flash. */
        .section .rodata.names, "a"
        .space  16

        .text
        .thumb_func
forget_fp:
        mrs     r0, control
        bic     r0, r0, #4
        msr     control, r0
        bx      lr

        .thumb_func
to_process_stack:
        ldr     r0, =process_stack + 1000
        msr     psp, r0
        movs    r0, #2
        msr     control, r0
        isb
        bx      lr

        .thumb_func
mpu_on: ldr     r0, =0xE000ED94
        movs    r1, #5          /* ENABLE, PRIVDEFENA */
        str     r1, [r0]
        dsb
        isb
        bx      lr

/* void run_snippet(uint32_t address) */
        .global run_snippet
        .thumb_func
run_snippet:
        push    {r4-r11, lr}
        ldr     r1, =saved_sp
        str     sp, [r1]
        mov     r4, r0
        movs    r0, #0
        movs    r1, #0
        movs    r2, #0
        movs    r3, #0
        mov     r12, r0
        bx      r4
        .global snippet_done
        .thumb_func
snippet_done:
        movs    r0, #0
        msr     control, r0
        isb
        cpsie   i
        ldr     r1, =0xE000ED94
        str     r0, [r1]
        ldr     r1, =0xE000ED88
        ldr     r0, =0x00F00000
        str     r0, [r1]
        dsb
        isb
        ldr     r1, =saved_sp
        ldr     sp, [r1]
        pop     {r4-r11, pc}
        .ltorg

/* Reports by uint32_t report(frame, EXC_RETURN), which gives the EXC_RETURN to leave with. */
        .global report_handler
        .thumb_func
report_handler:
        tst     lr, #4
        ite     eq
        mrseq   r0, msp
        mrsne   r0, psp
        mov     r1, lr
        push    {r4, lr}
        bl      report
        pop     {r4, lr}
        bx      r0

        .bss
        .align  3
        .global mpu_area
        .balign 4096
mpu_area:
        .space  4096
process_stack:
        .space  1024
saved_sp:
        .space  4
