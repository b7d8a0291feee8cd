/* A small encoder of x86-64 instructions.
 *
 * An operand that may be a register or memory is a `struct x86_place`. Unless a name says 64, an
 * operation is one of 32 bits, which clears the upper half of its register. When the buffer is full
 * nothing more is written and `full` is set; whoever emits looks at it once, at the end.
 *
 * Document: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. */
#ifndef CORES_ENGINE_X86_EMIT_H
#define CORES_ENGINE_X86_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum x86_reg {
    X86_RAX,
    X86_RCX,
    X86_RDX,
    X86_RBX,
    X86_RSP,
    X86_RBP,
    X86_RSI,
    X86_RDI,
    X86_R8,
    X86_R9,
    X86_R10,
    X86_R11,
    X86_R12,
    X86_R13,
    X86_R14,
    X86_R15,
    X86_NONE = 0xFF,
};

/* Condition codes as in Jcc, SETcc, CMOVcc. The lowest bit inverts. */
enum x86_cond {
    X86_O,
    X86_NO,
    X86_B,
    X86_AE,
    X86_E,
    X86_NE,
    X86_BE,
    X86_A,
    X86_S,
    X86_NS,
    X86_L = 12,
    X86_GE,
    X86_LE,
    X86_G,
};

/* Operations with two operands, numbered as in their opcodes. */
enum x86_alu { X86_ADD, X86_OR, X86_ADC, X86_SBB, X86_AND, X86_SUB, X86_XOR, X86_CMP };
enum x86_shift { X86_ROL, X86_ROR, X86_RCL, X86_RCR, X86_SHL, X86_SHR, X86_SAR = 7 };

enum x86_place_kind { X86_IN_REG, X86_AT_BASE, X86_AT_INDEX, X86_AT_RIP };
struct x86_place {
    uint8_t kind;
    uint8_t reg; /* the register, or the base */
    uint8_t index, scale;
    int32_t disp;
    const void *target; /* X86_AT_RIP: its address in the executable mapping's neighbourhood */
};

struct x86_emit {
    uint8_t *at, *end;    /* in the writable mapping */
    ptrdiff_t executable; /* what to add to get the address at which it runs */
    bool full;
};

static inline struct x86_place x86_reg(unsigned reg)
{
    return (struct x86_place){.kind = X86_IN_REG, .reg = (uint8_t)reg};
}

static inline struct x86_place x86_base(unsigned base, int32_t disp)
{
    return (struct x86_place){.kind = X86_AT_BASE, .reg = (uint8_t)base, .disp = disp};
}

static inline struct x86_place x86_index(unsigned base, unsigned index, unsigned scale,
                                         int32_t disp)
{
    return (struct x86_place){.kind = X86_AT_INDEX,
                              .reg = (uint8_t)base,
                              .index = (uint8_t)index,
                              .scale = (uint8_t)scale,
                              .disp = disp};
}

static inline struct x86_place x86_rip(const void *target)
{
    return (struct x86_place){.kind = X86_AT_RIP, .target = target};
}

static inline bool x86_is(struct x86_place place, unsigned reg)
{
    return place.kind == X86_IN_REG && place.reg == reg;
}

static inline uint8_t *x86_runs_at(const struct x86_emit *e)
{
    return e->at + e->executable;
}

/* `bytes` of an access of the place: 1, 2, 4 or 8. */
void x86_load(struct x86_emit *e, unsigned reg, struct x86_place from); /* mov r32, r/m32 */
void x86_load64(struct x86_emit *e, unsigned reg, struct x86_place from);
void x86_load_extended(struct x86_emit *e, unsigned reg, struct x86_place from, unsigned bytes,
                       bool is_signed);
void x86_load_signed64(struct x86_emit *e, unsigned reg, struct x86_place from); /* movsxd */
void x86_store(struct x86_emit *e, struct x86_place to, unsigned reg, unsigned bytes);
void x86_store_imm(struct x86_emit *e, struct x86_place to, uint32_t value);
void x86_store_imm8(struct x86_emit *e, struct x86_place to, uint8_t value);
void x86_imm(struct x86_emit *e, unsigned reg, uint32_t value);   /* keeps the flags */
void x86_imm64(struct x86_emit *e, unsigned reg, uint64_t value); /* keeps the flags */
void x86_lea(struct x86_emit *e, unsigned reg, struct x86_place from);
void x86_lea64(struct x86_emit *e, unsigned reg, struct x86_place from);

void x86_alu(struct x86_emit *e, enum x86_alu op, unsigned reg, struct x86_place from);
void x86_alu64(struct x86_emit *e, enum x86_alu op, unsigned reg, struct x86_place from);
void x86_alu_imm(struct x86_emit *e, enum x86_alu op, struct x86_place to, uint32_t value);
void x86_alu64_imm(struct x86_emit *e, enum x86_alu op, struct x86_place to, int32_t value);
/* On the second byte of rax (`high` 4), rcx (5) or the lowest (0, 1). */
void x86_alu8(struct x86_emit *e, enum x86_alu op, unsigned to8, unsigned from8);
void x86_alu8_imm(struct x86_emit *e, enum x86_alu op, unsigned to8, uint8_t value);
void x86_test(struct x86_emit *e, unsigned reg, struct x86_place with);
void x86_test_imm(struct x86_emit *e, struct x86_place what, uint32_t value);
void x86_test_imm8(struct x86_emit *e, struct x86_place what, uint8_t value);
void x86_not(struct x86_emit *e, unsigned reg);
void x86_neg(struct x86_emit *e, unsigned reg);
void x86_shift_imm(struct x86_emit *e, enum x86_shift op, unsigned reg, unsigned amount);
void x86_shift64_imm(struct x86_emit *e, enum x86_shift op, unsigned reg, unsigned amount);
void x86_shift_cl(struct x86_emit *e, enum x86_shift op, unsigned reg);
void x86_shift64_cl(struct x86_emit *e, enum x86_shift op, unsigned reg);
void x86_bit_test(struct x86_emit *e, unsigned reg, unsigned bit); /* to CF */
void x86_imul(struct x86_emit *e, unsigned reg, struct x86_place by);
void x86_imul64(struct x86_emit *e, unsigned reg, struct x86_place by);
void x86_imul_imm(struct x86_emit *e, unsigned reg, struct x86_place from, int32_t by);
void x86_div(struct x86_emit *e, unsigned by);    /* edx:eax */
void x86_idiv64(struct x86_emit *e, unsigned by); /* rax, extended first */
void x86_bswap(struct x86_emit *e, unsigned reg);
void x86_bsr(struct x86_emit *e, unsigned reg, struct x86_place from);
void x86_bsf(struct x86_emit *e, unsigned reg, struct x86_place from);
void x86_popcnt(struct x86_emit *e, unsigned reg, struct x86_place from); /* not on every host */
/* Sets, resets or complements the bit of a register that another one numbers. */
enum x86_bit { X86_BTS = 0xAB, X86_BTR = 0xB3, X86_BTC = 0xBB };
void x86_bit_change(struct x86_emit *e, enum x86_bit op, unsigned reg, unsigned bit);
void x86_setcc8(struct x86_emit *e, enum x86_cond cond, unsigned reg8); /* al..dh */
void x86_cmov(struct x86_emit *e, enum x86_cond cond, unsigned reg, struct x86_place from);
void x86_inc64(struct x86_emit *e, struct x86_place what);
void x86_byte(struct x86_emit *e, unsigned opcode); /* lahf, sahf, cmc, ret */
enum { X86_LAHF = 0x9F, X86_SAHF = 0x9E, X86_CMC = 0xF5, X86_RET = 0xC3, X86_CQO = 0x99 };
void x86_push(struct x86_emit *e, unsigned reg);
void x86_pop(struct x86_emit *e, unsigned reg);

/* ---- SSE ---- */
void x86_movd_to_xmm(struct x86_emit *e, unsigned xmm, struct x86_place from);
void x86_movd_from_xmm(struct x86_emit *e, struct x86_place to, unsigned xmm);
/* 66 0F `opcode`: an operation of two xmm registers. */
void x86_xmm(struct x86_emit *e, unsigned opcode, unsigned to, unsigned from);
enum { X86_PMADDWD = 0xF5 };

/* ---- control ---- */
/* Jumps to a place to be named later: gives what x86_land() and x86_aim() take. */
uint8_t *x86_jump(struct x86_emit *e);
uint8_t *x86_jump_if(struct x86_emit *e, enum x86_cond cond);
void x86_aim(const struct x86_emit *e, uint8_t *jump, const uint8_t *target);
/* The jump lands here. */
void x86_land(const struct x86_emit *e, uint8_t *jump);
void x86_jump_to(struct x86_emit *e, const uint8_t *target); /* in the writable mapping */
void x86_jump_if_to(struct x86_emit *e, enum x86_cond cond, const uint8_t *target);
void x86_jump_through(struct x86_emit *e, struct x86_place pointer);
void x86_call(struct x86_emit *e, unsigned reg);
void x86_call_to(struct x86_emit *e, const uint8_t *target); /* in the writable mapping */

#endif
