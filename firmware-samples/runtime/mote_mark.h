/*
 * Markers: name a stretch of code so that Mote reports its cycles and energy.
 *
 *     mote_mark_begin(3, "conv");
 *     ...
 *     mote_mark_end(3);
 *
 * `id` is a constant in 1..31; the same id may be used in several places, and the name given first
 * in the image is the one shown. Markers may nest; the same id may not nest in itself.
 *
 * On Armv7-M and Armv8-M mainline a marker is exactly two instructions:
 *
 *     mov.w rX, #0xE0000000          the ITM's stimulus ports
 *     str   rX, [rX, #4 * id]        word: begin        (strh: end)
 *
 * Why it costs nothing that matters on real hardware: no memory, no branch, no library, one scratch
 * register; three or four cycles. While ITM tracing is off (TRCENA, ITMENA or the port's enable
 * bit is 0, the state after reset) the port ignores the store; with tracing on, the store is a
 * stimulus packet that any SWO viewer shows, the word packet meaning begin, the halfword packet
 * end. The bytes of the name go to the section .mote.marks, which is not allocated: it is in the
 * ELF file and not in flash. When the trace FIFO is full the store is dropped; nothing waits.
 *
 * .mote.marks holds one entry per use: .word id, the name with its zero byte, padding to 4.
 *
 * The ITM ports ignore unprivileged stores unless ITM_TPR allows them; they never fault.
 *
 * On RISC-V a marker is one instruction of the HINT space that Volume I sets aside for custom use
 * (slti with rd = x0 does nothing on any hart): one cycle, no register.
 *
 *     slti zero, zero, id            begin
 *     slti zero, zero, 32 + id       end
 *
 * On a host the markers vanish.
 */
#ifndef MOTE_MARK_H
#define MOTE_MARK_H

#if defined(__ARM_ARCH) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' &&             \
    __ARM_ARCH_ISA_THUMB == 2

#define mote_mark_begin(id, name)                                                                  \
    do {                                                                                           \
        unsigned long mote_mark_port_;                                                             \
        _Static_assert((id) >= 1 && (id) <= 31, "a marker's id is 1..31");                         \
        __asm__ volatile(".pushsection .mote.marks,\"\",%%progbits\n\t"                            \
                         ".word %c1\n\t.asciz \"" name "\"\n\t.balign 4\n\t.popsection\n\t"        \
                         "mov.w %0, #0xE0000000\n\tstr %0, [%0, %2]"                               \
                         : "=&l"(mote_mark_port_)                                                  \
                         : "i"(id), "i"(4 * (id))                                                  \
                         : "memory");                                                              \
    } while (0)

#define mote_mark_end(id)                                                                          \
    do {                                                                                           \
        unsigned long mote_mark_port_;                                                             \
        _Static_assert((id) >= 1 && (id) <= 31, "a marker's id is 1..31");                         \
        __asm__ volatile("mov.w %0, #0xE0000000\n\tstrh %0, [%0, %1]"                              \
                         : "=&l"(mote_mark_port_)                                                  \
                         : "i"(4 * (id))                                                           \
                         : "memory");                                                              \
    } while (0)

#elif defined(__riscv)

#define mote_mark_begin(id, name)                                                                  \
    do {                                                                                           \
        _Static_assert((id) >= 1 && (id) <= 31, "a marker's id is 1..31");                         \
        __asm__ volatile(".pushsection .mote.marks,\"\",%%progbits\n\t"                            \
                         ".word %0\n\t.asciz \"" name "\"\n\t.balign 4\n\t.popsection\n\t"         \
                         "slti zero, zero, %0" ::"i"(id)                                           \
                         : "memory");                                                              \
    } while (0)

#define mote_mark_end(id)                                                                          \
    do {                                                                                           \
        _Static_assert((id) >= 1 && (id) <= 31, "a marker's id is 1..31");                         \
        __asm__ volatile("slti zero, zero, %0" ::"i"(32 + (id)) : "memory");                       \
    } while (0)

#else

#define mote_mark_begin(id, name) ((void)0)
#define mote_mark_end(id)         ((void)0)

#endif

#endif
