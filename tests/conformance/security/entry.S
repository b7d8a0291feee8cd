/* Entries of both Security states, code that only assembler can say, and the snippets that fail. */
        .syntax unified
        .cpu    cortex-m33
        .fpu    fpv5-sp-d16
        .thumb

        /* Registers as the exception left them, for a C function; it may change LR. */
        .macro  ENTRY name, function
        .global \name
        .thumb_func
\name:
        push    {r0-r12, lr}
        mov     r0, sp
        ldr     r1, =\function
        blx     r1
        pop     {r0-r12, pc}
        .ltorg
        .endm

        .section .vectors, "a"
        .global vectors_secure
        .align  9
vectors_secure:
        .word   0x38010000, reset_secure
        .rept   126
        .word   entry_secure
        .endr

        .section .vectors_ns, "a"
        .global vectors_ns
        .align  9
vectors_ns:
        .word   0x28210000, 0
        .rept   126
        .word   entry_ns
        .endr

        .text
        .global reset_secure
        .thumb_func
reset_secure:
        ldr     r0, =main_secure
        bx      r0
        ENTRY   entry_secure, report_secure

        /* Calls code that may end anywhere: a handler comes back by done_secure. */
        .global run_secure, done_secure
        .thumb_func
run_secure:
        push    {r4-r11, lr}
        blx     r0
        .thumb_func
done_secure:
        pop     {r4-r11, pc}

        /* (function, argument): hides the floating-point state. */
        .global call_ns
        .thumb_func
call_ns:
        push    {r4-r11, lr}
        sub     sp, #140
        vlstm   sp
        bic     r12, r0, #1
        mov     r0, r1
        blxns   r12
        vlldm   sp
        add     sp, #140
        pop     {r4-r11, pc}

        /* (function, argument): all registers with known values before BLXNS, and what it leaves. */
        .global call_marked
        .thumb_func
call_marked:
        push    {r4-r11, lr}
        mov     r12, r0
        mov     r0, r1
        ldr     r1, =0x11111111
        ldr     r4, =0x44444444
        ldr     r11, =0xBBBBBBBB
        bic     r12, r12, #1
        blxns   r12
        .global marked_return
marked_return:
        ldr     r1, =0x44444444
        cmp     r4, r1
        it      ne
        movne   r0, #0
        pop     {r4-r11, pc}

        /* Waits in marked registers for what a pended exception does to them: gives their sum. */
        .global wait_marked
        .thumb_func
wait_marked:
        push    {r4-r11, lr}
        ldr     r2, =0x22222222
        ldr     r3, =0x33333333
        ldr     r4, =0x44444444
        ldr     r5, =0x55555555
        ldr     r11, =0xBBBBBBBB
        ldr     r12, =0xCCCCCCCC
        str     r1, [r0]
        dsb
        isb
        nop
        adds    r0, r2, r3
        add     r0, r4
        add     r0, r5
        add     r0, r11
        add     r0, r12
        pop     {r4-r11, pc}

        /* (register, value, stack, limit): the same on a process stack of Secure state. */
        .global wait_on_process_stack
        .thumb_func
wait_on_process_stack:
        push    {r4-r11, lr}
        msr     psplim, r3
        msr     psp, r2
        movs    r2, #2
        msr     control, r2
        isb
        bl      wait_marked
        .global done_process
        .thumb_func
done_process:
        mov     r4, sp
        movs    r2, #0
        msr     psplim, r2
        msr     control, r2
        isb
        eor     r0, r4
        pop     {r4-r11, pc}

        .global plain_branch
        .thumb_func
plain_branch:
        ldr     r1, =in_ns
        orr     r1, #1
        bx      r1
        .ltorg

        .section .callable, "ax"
        .macro  GATE name
        .global gate_\name
        .thumb_func
gate_\name:
        sg
        push    {r4, lr}
        bl      nsc_\name
        pop     {r4, lr}
        mov     r1, r4
        mov     r2, r4
        mov     r3, r4
        mov     r12, r4
        bxns    lr
        .endm
        GATE    show
        GATE    twice
        GATE    call_back
        GATE    spoil
        GATE    note
        GATE    chance
        .global not_an_entry, sg_alone
        .thumb_func
not_an_entry:
        nop
        bx      lr
        .align  2
        .thumb_func
sg_alone:
        sg
        mov     r0, lr
        mrs     r1, control
        bxns    lr

        .section .text_ns, "ax"
        ENTRY   entry_ns, report_ns
        .global run_ns, done_ns, in_ns
        .thumb_func
run_ns:
        push    {r4-r11, lr}
        blx     r0
        .thumb_func
done_ns:
        pop     {r4-r11, pc}

        /* In a page that Secure code never reads, which would let qemu execute there. */
        .section .text_ns_far, "ax"
        .align  2
        .thumb_func
in_ns:
        bx      lr
        .section .text_ns, "ax"

        /* What Non-secure code finds in its registers, at r0; gives LR. */
        .global find_ns
        .thumb_func
find_ns:
        stm     r0, {r0-r12}
        str     lr, [r0, #52]
        mrs     r1, ipsr
        mrs     r2, control
        strd    r1, r2, [r0, #56]
        mov     r0, lr
        bx      lr

        .macro  SNIPPET name, text:vararg
        .pushsection .rodata.names_non_secure, "a"
1:      .asciz  "\name"
        .popsection
        .pushsection .rodata.snippets, "a"
        .word   1b, 2f + 1
        .popsection
        .align  2
        .thumb_func
2:
        .endm
        .macro  END
        bx      lr
        .ltorg
        .endm

        .section .rodata.snippets, "a"
        .global snippets, mpu_snippets
        .align  2
snippets:

        .section .text_ns, "ax"
        SNIPPET "load of Secure memory"
        ldr     r1, =0x38000100
        ldr     r2, [r1]
        END
        SNIPPET "store to Secure memory"
        ldr     r1, =0x38000104
        str     r1, [r1]
        END
        SNIPPET "load of callable memory"
        ldr     r1, =sg_alone
        bic     r1, #1
        ldr     r2, [r1]
        END
        SNIPPET "branch to Secure code"
        ldr     r1, =run_secure
        bx      r1
        .ltorg
        SNIPPET "branch past an SG"
        ldr     r1, =not_an_entry
        bx      r1
        .ltorg
        SNIPPET "undefined"
        udf     #1
        END
        SNIPPET "bxns in Non-secure state"
        bxns    lr
        END
        SNIPPET "blxns in Non-secure state"
        blxns   r1
        END
        SNIPPET "tta in Non-secure state"
        tta     r1, r0
        END
        SNIPPET "vlstm in Non-secure state"
        vlstm   r0
        END
        SNIPPET "floating point"
        vmov    r1, s0
        END
        SNIPPET "load from nowhere"
        ldr     r1, =0x4FF00000
        ldr     r2, [r1]
        END
        SNIPPET "branch to an address with bit 0 clear"
        ldr     r1, =in_ns
        bic     r1, #1
        bx      r1
        .ltorg
        SNIPPET "division by zero"
        movs    r1, #1
        movs    r2, #0
        udiv    r1, r1, r2
        END
        SNIPPET "stack limit"
        mov     r3, sp
        sub     r1, r3, #0x200
        bic     r1, #7
        msr     msplim, r1
        sub     sp, #0x208
        END
        SNIPPET "supervisor call"
        movs    r1, #0
        msr     msplim, r1
        svc     #1
        END
        SNIPPET "return to Secure code without a call"
        ldr     r1, =0xFEFFFFFF
        bx      r1
        .ltorg
        SNIPPET "SAU registers"
        ldr     r1, =0xE000EDD0
        ldr     r0, [r1]
        movs    r2, #3
        str     r2, [r1]
        ldr     r1, =0xE002ED08
        ldr     r1, [r1]
        orrs    r0, r1
        END
        .pushsection .rodata.snippets, "a"
        .word   0, 0
mpu_snippets:
        .popsection
        SNIPPET "store to a read-only region"
        ldr     r1, =0x28206000
        str     r1, [r1]
        END
        SNIPPET "load of a privileged region"
        ldr     r1, =0x28207000
        ldr     r1, [r1]
        END
        SNIPPET "execution of an execute-never region"
        ldr     r1, =0x28206001
        bx      r1
        .ltorg
        SNIPPET "private peripheral bus"
        ldr     r1, =0xE000ED08
        ldr     r1, [r1]
        END
        SNIPPET "probe"
        ldr     r0, =0x28206000
        tt      r1, r0
        ttt     r2, r0
        eor     r0, r1, r2
        END
        .pushsection .rodata.snippets, "a"
        .word   0, 0
        .popsection
