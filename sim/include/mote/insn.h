/* What the timing and energy models need to know of an instruction, of any architecture.
 *
 * Filled once when an instruction is decoded. Register masks: bits 0-31 are the integer registers
 * (r0-r15 or x0-x31), bit 32 the condition flags, bits 33-63 the floating-point registers in pairs
 * (s0/s1 = bit 33, s2/s3 = bit 34, ...; f0-f30 one each on RISC-V, where f31 is bit 32). */
#ifndef MOTE_INSN_H
#define MOTE_INSN_H

#include <stdint.h>

#define MOTE_INSN_CLASSES(X)                                                                       \
    X(ALU, "alu")           /* moves, add, logic, compare, bit field, extend */                    \
    X(SHIFT, "shift")       /* ALU operation with a shifted register operand */                    \
    X(MUL, "mul")           /* 32-bit multiply */                                                  \
    X(MAC, "mac")           /* 32-bit multiply accumulate */                                       \
    X(MUL_LONG, "mul_long") /* 64-bit result, with or without accumulation */                      \
    X(DIV, "div")                                                                                  \
    X(SIMD, "simd")         /* parallel add, pack, saturate, select */                             \
    X(SIMD_MAC, "simd_mac") /* dual 16-bit multiplies */                                           \
    X(LOAD, "load")                                                                                \
    X(LOAD_MULTI, "load_multi") /* LDM, LDRD, POP; `words` tells how many */                       \
    X(STORE, "store")                                                                              \
    X(STORE_MULTI, "store_multi")                                                                  \
    X(BRANCH, "branch") /* unconditional, direct, without link */                                  \
    X(BRANCH_COND, "branch_cond")                                                                  \
    X(CALL, "call")                                                                                \
    X(BRANCH_INDIRECT, "branch_indirect") /* BX, BLX, TBB, MOV pc, jalr */                         \
    X(FP_ALU, "fp_alu")                   /* add, subtract, compare, convert, absolute, negate */  \
    X(FP_MUL, "fp_mul")                                                                            \
    X(FP_MAC, "fp_mac")                                                                            \
    X(FP_DIV, "fp_div")                                                                            \
    X(FP_SQRT, "fp_sqrt")                                                                          \
    X(FP_MOVE, "fp_move") /* between register files, immediates */                                 \
    X(FP_LOAD, "fp_load")                                                                          \
    X(FP_STORE, "fp_store")                                                                        \
    X(SYSTEM, "system") /* MSR, MRS, CPS, CSR access */                                            \
    X(BARRIER, "barrier")                                                                          \
    X(HINT, "hint")           /* NOP, IT, WFI, WFE, SEV */                                         \
    X(EXCEPTION, "exception") /* SVC, BKPT, ecall, ebreak, undefined */

enum mote_insn_class {
#define X(id, text) MOTE_CLASS_##id,
    MOTE_INSN_CLASSES(X)
#undef X
        MOTE_CLASS_COUNT
};

enum {
    MOTE_INSN_LITERAL = 1 << 0,     /* load relative to pc: its address is static */
    MOTE_INSN_WRITES_PC = 1 << 1,   /* may change the flow of control */
    MOTE_INSN_CONDITIONAL = 1 << 2, /* may have no effect (IT block, conditional branch) */
    MOTE_INSN_LINK = 1 << 3,        /* a call */
    MOTE_INSN_RETURN = 1 << 4,      /* a usual function return: bx lr, pop {..pc}, ret */
    MOTE_INSN_WRITEBACK = 1 << 5,   /* base register update */
    MOTE_INSN_ENGINE = 1 << 6,      /* may run on the fast engine: no system effect at all */
    MOTE_INSN_DOUBLE = 1 << 7,      /* double-precision floating point */
    MOTE_INSN_FOLDABLE = 1 << 8,    /* a prefix (IT) that a pipeline may absorb in no time */
    MOTE_INSN_NARROW = 1 << 9,      /* a load of less than a word */
};

/* How a core that issues two instructions a cycle treats one, beyond its class. Decoders of other
 * architectures leave it 0. */
enum {
    MOTE_ISSUE_EITHER_STAGE = 1 << 0,  /* ADD, SUB, MOV: in the first ALU stage or the second */
    MOTE_ISSUE_PLAIN_SHIFT = 1 << 1,   /* a shift alone: likewise */
    MOTE_ISSUE_SHIFTER = 1 << 2,       /* needs the shifter before the ALU */
    MOTE_ISSUE_BIT_FIELD = 1 << 3,     /* bit fields, extension, parallel arithmetic */
    MOTE_ISSUE_EARLY = 1 << 4,         /* reads all its operands in the first stage */
    MOTE_ISSUE_EARLY_SHIFTED = 1 << 5, /* reads the shifted one there */
    MOTE_ISSUE_FIRST_STAGE = 1 << 6,   /* has its result there */
    MOTE_ISSUE_SATURATES = 1 << 7,     /* has it a cycle later than others */
    MOTE_ISSUE_PART_WORD = 1 << 8,     /* loads a byte or a halfword */
    MOTE_ISSUE_FUSED = 1 << 9,         /* multiply-accumulate without rounding in between */
    MOTE_ISSUE_MULTIPLE = 1 << 10,     /* a load or store multiple, also of one register */
    MOTE_ISSUE_CONSTANT = 1 << 11,     /* a floating-point constant */
};

struct mote_insn {
    uint8_t cls;   /* enum mote_insn_class */
    uint8_t bytes; /* 2 or 4 */
    uint8_t words; /* memory transfers: 1 for LDR, n for LDM, 1 for a table branch, else 0 */
    uint16_t flags;
    uint16_t issue;               /* MOTE_ISSUE_... */
    uint16_t sum_reads;           /* core registers read as a multiplication's addend */
    uint32_t fp_reads, fp_writes; /* single-precision registers one by one: s0 = bit 0 */
    uint64_t reads;               /* registers read, by mask */
    uint64_t address_reads;       /* those of them that form an address */
    uint64_t shifted_reads;       /* those that pass the barrel shifter */
    uint64_t writes;
};

#endif
