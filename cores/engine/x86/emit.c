/* The encoder: prefixes, opcode, ModRM, SIB, displacement. */
#include "engine/x86/emit.h"

#include <string.h>

enum {
    WIDE = 1 << 0,
    ESCAPE = 1 << 1,
    OPERAND16 = 1 << 2,
    BYTE_REG = 1 << 3,
    BYTE_RM = 1 << 4,
    REPEAT = 1 << 5
};

static void put(struct x86_emit *e, const void *bytes, size_t count)
{
    if ((size_t)(e->end - e->at) < count) {
        e->full = true;
        return;
    }
    memcpy(e->at, bytes, count);
    e->at += count;
}

static void put8(struct x86_emit *e, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(e, &byte, 1);
}

static void put32(struct x86_emit *e, uint32_t value)
{
    put(e, &value, 4);
}

static bool fits8(int32_t value)
{
    return value >= -128 && value <= 127;
}

static void put_prefixes(struct x86_emit *e, unsigned flags, unsigned reg,
                         const struct x86_place *rm)
{
    bool memory = rm->kind != X86_IN_REG;
    bool indexed = rm->kind == X86_AT_INDEX;
    unsigned rex = (flags & WIDE ? 8u : 0u) | (reg >= 8 ? 4u : 0u) |
                   (indexed && rm->index >= 8 ? 2u : 0u) |
                   (rm->kind != X86_AT_RIP && rm->reg >= 8 ? 1u : 0u);
    /* SPL to DIL rather than AH to BH. */
    bool low_byte =
        ((flags & BYTE_REG) && reg >= 4) || ((flags & BYTE_RM) && !memory && rm->reg >= 4);
    if (flags & OPERAND16)
        put8(e, 0x66);
    if (flags & REPEAT)
        put8(e, 0xF3);
    if (rex || low_byte)
        put8(e, 0x40 | rex);
    if (flags & ESCAPE)
        put8(e, 0x0F);
}

static void put_memory(struct x86_emit *e, unsigned reg, const struct x86_place *rm,
                       unsigned bytes_after)
{
    unsigned field = (reg & 7) << 3;
    if (rm->kind == X86_AT_RIP) {
        put8(e, field | 5);
        const uint8_t *next = x86_runs_at(e) + 4 + bytes_after;
        put32(e, (uint32_t)((const uint8_t *)rm->target - next));
        return;
    }
    unsigned low = rm->reg & 7;
    unsigned mod = rm->disp == 0 && low != 5 ? 0 : fits8(rm->disp) ? 1 : 2;
    if (rm->kind == X86_AT_INDEX) {
        put8(e, mod << 6 | field | 4);
        put8(e, (unsigned)rm->scale << 6 | (rm->index & 7u) << 3 | low);
    } else if (low == 4) {
        put8(e, mod << 6 | field | 4);
        put8(e, 0x24);
    } else {
        put8(e, mod << 6 | field | low);
    }
    if (mod == 1)
        put8(e, (unsigned)rm->disp & 0xFF);
    else if (mod == 2)
        put32(e, (uint32_t)rm->disp);
}

static void encode(struct x86_emit *e, unsigned flags, unsigned opcode, unsigned reg,
                   struct x86_place rm, unsigned bytes_after)
{
    put_prefixes(e, flags, reg, &rm);
    put8(e, opcode);
    if (rm.kind == X86_IN_REG)
        put8(e, 0xC0 | (reg & 7) << 3 | (rm.reg & 7u));
    else
        put_memory(e, reg, &rm, bytes_after);
}

/* ---- moves ---- */
void x86_load(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    if (!x86_is(from, reg))
        encode(e, 0, 0x8B, reg, from, 0);
}

void x86_load64(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, WIDE, 0x8B, reg, from, 0);
}

void x86_load_extended(struct x86_emit *e, unsigned reg, struct x86_place from, unsigned bytes,
                       bool is_signed)
{
    if (bytes == 4)
        encode(e, 0, 0x8B, reg, from, 0);
    else
        encode(e, ESCAPE | (bytes == 1 ? BYTE_RM : 0u), (is_signed ? 0xBEu : 0xB6u) + (bytes == 2),
               reg, from, 0);
}

void x86_load_signed64(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, WIDE, 0x63, reg, from, 0);
}

void x86_store(struct x86_emit *e, struct x86_place to, unsigned reg, unsigned bytes)
{
    if (x86_is(to, reg))
        return;
    if (bytes == 1)
        encode(e, BYTE_REG, 0x88, reg, to, 0);
    else
        encode(e, bytes == 2 ? OPERAND16 : bytes == 8 ? WIDE : 0, 0x89, reg, to, 0);
}

void x86_store_imm(struct x86_emit *e, struct x86_place to, uint32_t value)
{
    if (to.kind == X86_IN_REG) {
        x86_imm(e, to.reg, value);
        return;
    }
    encode(e, 0, 0xC7, 0, to, 4);
    put32(e, value);
}

void x86_store_imm8(struct x86_emit *e, struct x86_place to, uint8_t value)
{
    encode(e, 0, 0xC6, 0, to, 1);
    put8(e, value);
}

void x86_imm(struct x86_emit *e, unsigned reg, uint32_t value)
{
    if (reg >= 8)
        put8(e, 0x41);
    put8(e, 0xB8 | (reg & 7));
    put32(e, value);
}

void x86_imm64(struct x86_emit *e, unsigned reg, uint64_t value)
{
    put8(e, 0x48 | (reg >= 8));
    put8(e, 0xB8 | (reg & 7));
    put(e, &value, 8);
}

void x86_lea(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, 0, 0x8D, reg, from, 0);
}

void x86_lea64(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, WIDE, 0x8D, reg, from, 0);
}

/* ---- arithmetic ---- */
void x86_alu(struct x86_emit *e, enum x86_alu op, unsigned reg, struct x86_place from)
{
    encode(e, 0, (unsigned)op << 3 | 3, reg, from, 0);
}

void x86_alu64(struct x86_emit *e, enum x86_alu op, unsigned reg, struct x86_place from)
{
    encode(e, WIDE, (unsigned)op << 3 | 3, reg, from, 0);
}

static void alu_imm(struct x86_emit *e, unsigned flags, enum x86_alu op, struct x86_place to,
                    int32_t value)
{
    if (fits8(value)) {
        encode(e, flags, 0x83, op, to, 1);
        put8(e, (unsigned)value & 0xFF);
    } else {
        encode(e, flags, 0x81, op, to, 4);
        put32(e, (uint32_t)value);
    }
}

void x86_alu_imm(struct x86_emit *e, enum x86_alu op, struct x86_place to, uint32_t value)
{
    alu_imm(e, 0, op, to, (int32_t)value);
}

void x86_alu64_imm(struct x86_emit *e, enum x86_alu op, struct x86_place to, int32_t value)
{
    alu_imm(e, WIDE, op, to, value);
}

void x86_alu8(struct x86_emit *e, enum x86_alu op, unsigned to8, unsigned from8)
{
    put8(e, (unsigned)op << 3 | 2);
    put8(e, 0xC0 | to8 << 3 | from8);
}

void x86_alu8_imm(struct x86_emit *e, enum x86_alu op, unsigned to8, uint8_t value)
{
    put8(e, 0x80);
    put8(e, 0xC0 | (unsigned)op << 3 | to8);
    put8(e, value);
}

void x86_test(struct x86_emit *e, unsigned reg, struct x86_place with)
{
    encode(e, 0, 0x85, reg, with, 0);
}

void x86_test_imm(struct x86_emit *e, struct x86_place what, uint32_t value)
{
    encode(e, 0, 0xF7, 0, what, 4);
    put32(e, value);
}

void x86_test_imm8(struct x86_emit *e, struct x86_place what, uint8_t value)
{
    encode(e, BYTE_RM, 0xF6, 0, what, 1);
    put8(e, value);
}

void x86_not(struct x86_emit *e, unsigned reg)
{
    encode(e, 0, 0xF7, 2, x86_reg(reg), 0);
}

void x86_neg(struct x86_emit *e, unsigned reg)
{
    encode(e, 0, 0xF7, 3, x86_reg(reg), 0);
}

void x86_shift_imm(struct x86_emit *e, enum x86_shift op, unsigned reg, unsigned amount)
{
    encode(e, 0, 0xC1, op, x86_reg(reg), 1);
    put8(e, amount);
}

void x86_shift64_imm(struct x86_emit *e, enum x86_shift op, unsigned reg, unsigned amount)
{
    encode(e, WIDE, 0xC1, op, x86_reg(reg), 1);
    put8(e, amount);
}

void x86_shift_cl(struct x86_emit *e, enum x86_shift op, unsigned reg)
{
    encode(e, 0, 0xD3, op, x86_reg(reg), 0);
}

void x86_shift64_cl(struct x86_emit *e, enum x86_shift op, unsigned reg)
{
    encode(e, WIDE, 0xD3, op, x86_reg(reg), 0);
}

void x86_bit_test(struct x86_emit *e, unsigned reg, unsigned bit)
{
    encode(e, ESCAPE, 0xBA, 4, x86_reg(reg), 1);
    put8(e, bit);
}

void x86_imul(struct x86_emit *e, unsigned reg, struct x86_place by)
{
    encode(e, ESCAPE, 0xAF, reg, by, 0);
}

void x86_imul64(struct x86_emit *e, unsigned reg, struct x86_place by)
{
    encode(e, ESCAPE | WIDE, 0xAF, reg, by, 0);
}

void x86_imul_imm(struct x86_emit *e, unsigned reg, struct x86_place from, int32_t by)
{
    encode(e, 0, 0x69, reg, from, 4);
    put32(e, (uint32_t)by);
}

void x86_div(struct x86_emit *e, unsigned by)
{
    encode(e, 0, 0xF7, 6, x86_reg(by), 0);
}

void x86_idiv64(struct x86_emit *e, unsigned by)
{
    put8(e, 0x48);
    put8(e, X86_CQO);
    encode(e, WIDE, 0xF7, 7, x86_reg(by), 0);
}

void x86_bswap(struct x86_emit *e, unsigned reg)
{
    if (reg >= 8)
        put8(e, 0x41);
    put8(e, 0x0F);
    put8(e, 0xC8 | (reg & 7));
}

void x86_bsr(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, ESCAPE, 0xBD, reg, from, 0);
}

void x86_bsf(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, ESCAPE, 0xBC, reg, from, 0);
}

void x86_popcnt(struct x86_emit *e, unsigned reg, struct x86_place from)
{
    encode(e, REPEAT | ESCAPE, 0xB8, reg, from, 0);
}

void x86_bit_change(struct x86_emit *e, enum x86_bit op, unsigned reg, unsigned bit)
{
    encode(e, ESCAPE, op, bit, x86_reg(reg), 0);
}

void x86_setcc8(struct x86_emit *e, enum x86_cond cond, unsigned reg8)
{
    put8(e, 0x0F);
    put8(e, 0x90u | (unsigned)cond);
    put8(e, 0xC0 | reg8);
}

void x86_cmov(struct x86_emit *e, enum x86_cond cond, unsigned reg, struct x86_place from)
{
    encode(e, ESCAPE, 0x40u | (unsigned)cond, reg, from, 0);
}

void x86_inc64(struct x86_emit *e, struct x86_place what)
{
    encode(e, WIDE, 0xFF, 0, what, 0);
}

void x86_byte(struct x86_emit *e, unsigned opcode)
{
    put8(e, opcode);
}

void x86_push(struct x86_emit *e, unsigned reg)
{
    if (reg >= 8)
        put8(e, 0x41);
    put8(e, 0x50 | (reg & 7));
}

void x86_pop(struct x86_emit *e, unsigned reg)
{
    if (reg >= 8)
        put8(e, 0x41);
    put8(e, 0x58 | (reg & 7));
}

/* ---- SSE ---- */
void x86_movd_to_xmm(struct x86_emit *e, unsigned xmm, struct x86_place from)
{
    encode(e, OPERAND16 | ESCAPE, 0x6E, xmm, from, 0);
}

void x86_movd_from_xmm(struct x86_emit *e, struct x86_place to, unsigned xmm)
{
    encode(e, OPERAND16 | ESCAPE, 0x7E, xmm, to, 0);
}

void x86_xmm(struct x86_emit *e, unsigned opcode, unsigned to, unsigned from)
{
    encode(e, OPERAND16 | ESCAPE, opcode, to, x86_reg(from), 0);
}

/* ---- control ---- */
uint8_t *x86_jump(struct x86_emit *e)
{
    put8(e, 0xE9);
    put32(e, 0);
    return e->at - 4;
}

uint8_t *x86_jump_if(struct x86_emit *e, enum x86_cond cond)
{
    put8(e, 0x0F);
    put8(e, 0x80u | (unsigned)cond);
    put32(e, 0);
    return e->at - 4;
}

void x86_aim(const struct x86_emit *e, uint8_t *jump, const uint8_t *target)
{
    int32_t distance = (int32_t)(target - (jump + 4));
    if (!e->full)
        memcpy(jump, &distance, 4);
}

void x86_land(const struct x86_emit *e, uint8_t *jump)
{
    x86_aim(e, jump, e->at);
}

void x86_jump_to(struct x86_emit *e, const uint8_t *target)
{
    x86_aim(e, x86_jump(e), target);
}

void x86_jump_if_to(struct x86_emit *e, enum x86_cond cond, const uint8_t *target)
{
    x86_aim(e, x86_jump_if(e, cond), target);
}

void x86_jump_through(struct x86_emit *e, struct x86_place pointer)
{
    encode(e, 0, 0xFF, 4, pointer, 0);
}

void x86_call(struct x86_emit *e, unsigned reg)
{
    encode(e, 0, 0xFF, 2, x86_reg(reg), 0);
}

void x86_call_to(struct x86_emit *e, const uint8_t *target)
{
    put8(e, 0xE8);
    put32(e, 0);
    x86_aim(e, e->at - 4, target);
}
