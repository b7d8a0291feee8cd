#include "random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

uint32_t random_seed;

uint32_t random_bits(void)
{
    random_seed ^= random_seed << 13;
    random_seed ^= random_seed >> 17;
    random_seed ^= random_seed << 5;
    return random_seed;
}

/* Registers that no instruction changes; bits as in struct mote_insn. */
static const uint64_t kept = 1u << 4 | 1u << 6 | 1u << 13 | 1u << 15;

static bool is_memory(const struct mote_insn *t)
{
    return (t->cls >= MOTE_CLASS_LOAD && t->cls <= MOTE_CLASS_STORE_MULTI) ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static bool is_wanted(const struct arm_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    const uint64_t r6 = 1u << 6;
    if (!(t->flags & MOTE_INSN_ENGINE) || (t->flags & (MOTE_INSN_WRITES_PC | MOTE_INSN_LITERAL)) ||
        (t->flags & MOTE_INSN_FOLDABLE) || (t->reads & 1u << 15))
        return false;
    if (is_memory(t))
        return t->address_reads == r6 && insn->rm != 6 && !(t->writes & kept & ~r6) &&
               (!(t->writes & r6) || ((t->flags & MOTE_INSN_WRITEBACK) && (insn->imm & 3) == 0));
    return !(t->writes & kept) && t->cls < MOTE_CLASS_SYSTEM && t->words == 0;
}

static void put(struct random_program *p, uint32_t half)
{
    assert_true(p->count < PROGRAM_HALVES);
    p->half[p->count++] = (uint16_t)half;
}

/* A random instruction of the core that the fast engine may run. Returns its bytes. */
static uint32_t put_random(struct random_program *p, const struct arm_decoder *decoder, bool in_it)
{
    for (;;) {
        uint32_t raw = random_bits();
        if (random_bits() & 1)
            raw >>= 16;
        else
            raw = 0xE8000000u | (raw & 0x17FFFFFFu);
        struct arm_insn insn;
        if ((raw < 0x10000 && arm_is_wide(raw)) || !arm_decode(decoder, raw, in_it, &insn) ||
            !is_wanted(&insn))
            continue;
        if (raw >= 0x10000)
            put(p, raw >> 16);
        put(p, raw);
        return insn.t.bytes;
    }
}

static void put_mov16(struct random_program *p, uint32_t rd, uint32_t value, bool top)
{
    put(p, (top ? 0xF2C0u : 0xF240u) | (value >> 11 & 1) << 10 | value >> 12);
    put(p, (value >> 8 & 7) << 12 | rd << 8 | (value & 0xFF));
}

static void put_body(struct random_program *p, const struct arm_decoder *decoder, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        uint32_t kind = random_bits() % 10, condition = random_bits() % 14;
        if (kind == 0) { /* over the next instruction */
            uint32_t branch = p->count;
            put(p, 0);
            put_random(p, decoder, false);
            p->half[branch] = (uint16_t)(0xD000u | condition << 8 | (p->count - branch - 2));
        } else if (kind == 1) {
            put(p, 0xBF08u | condition << 4);
            put_random(p, decoder, true);
        } else {
            put_random(p, decoder, false);
        }
    }
    put(p, 0x3C01); /* SUBS r4,#1 */
}

static void put_end(struct random_program *p)
{
    p->end = CODE + 2 * p->count;
    put(p, T_WFI);
    put(p, T_B(-2));
}

void random_program(struct random_program *p, const struct arm_decoder *decoder, uint32_t length)
{
    p->count = 0;
    put_mov16(p, 4, PROGRAM_ROUNDS, false);
    uint32_t loop = p->count;
    put_mov16(p, 6, (DATA + DATA_BYTES / 2) & 0xFFFF, false);
    put_mov16(p, 6, RAM >> 16, true);
    put_body(p, decoder, length);
    uint32_t back = (loop - p->count - 2) & 0xFFFFFF; /* BNE.W loop */
    put(p, 0xF040u | (back >> 20 & 1) << 10 | (back >> 11 & 0x3F));
    put(p, 0x8000u | (back >> 18 & 1) << 13 | (back >> 19 & 1) << 11 | (back & 0x7FF));
    put_end(p);
}
