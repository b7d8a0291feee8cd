/* Instructions of your own, for a core that has room for them (RISC-V custom-0 to custom-3).
 *
 * Write a shared object that includes this header and nothing else of Mote, define in it
 *
 *     const struct mote_extension mote_extension = {MOTE_EXTENSION_VERSION, "dot4", insns, 1, 0};
 *
 * and name it: mote run firmware.elf --board B --extension ./libdot4.so. The firmware issues the
 * instruction as `.insn r CUSTOM_0, 0, 0, rd, rs1, rs2`. firmware-samples/cfu is a whole example.
 * The shared object runs with your rights inside Mote: load only what you trust. */
#ifndef MOTE_EXTENSION_H
#define MOTE_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

#define MOTE_EXTENSION_VERSION 1u

/* One execution. Registers are those of the R format: rd in bits 7-11, rs1 in 15-19, rs2 in 20-24;
 * on a 32-bit core their upper halves are 0. */
struct mote_extension_call {
    uint64_t rs1, rs2, rd; /* values before the instruction */
    uint32_t raw;          /* the instruction */
    uint32_t cycles;       /* in: insn->cycles; change it when the time depends on the operands */
    void *state;           /* `state_bytes` of the extension's own, zeroed at every core reset */
};

struct mote_extension_insn {
    const char *name;     /* as disassembly shows it */
    uint32_t mask, match; /* raw & mask == match; 32-bit encodings, the opcode (7 bits) included */
    uint32_t cycles;      /* for which the core is busy with it, at least 1 */
    /* Energy: that of one ALU instruction, and of so many multiply-accumulates of this core. */
    uint32_t energy_macs;
    /* Returns what rd becomes; a 32-bit core takes the lower half. No side effects but on
     * call->state, no host time, no randomness. */
    uint64_t (*execute)(struct mote_extension_call *call);
};

struct mote_extension {
    uint32_t version; /* MOTE_EXTENSION_VERSION */
    const char *name;
    const struct mote_extension_insn *insns;
    size_t count;
    size_t state_bytes;
};

#endif
