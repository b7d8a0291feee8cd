#include "rv_program.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

uint32_t program_seed;

uint32_t program_random(void)
{
    program_seed ^= program_seed << 13;
    program_seed ^= program_seed >> 17;
    program_seed ^= program_seed << 5;
    return program_seed;
}

/* ---- encodings --------------------------------------------------------------------------------
 */

uint32_t encode_i_type(uint32_t opcode, uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return (imm & 0xFFF) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
}

uint32_t encode_addi(uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return encode_i_type(0x13, 0, rd, rs1, imm);
}

uint32_t encode_load(uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return encode_i_type(0x03, f3, rd, rs1, imm);
}

uint32_t encode_store(uint32_t f3, uint32_t rs2, uint32_t rs1, uint32_t imm)
{
    return (imm >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | 0x23;
}

uint32_t encode_branch(uint32_t f3, uint32_t rs1, uint32_t rs2, uint32_t offset)
{
    return (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15 |
           f3 << 12 | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63;
}

uint32_t encode_jal(uint32_t rd, uint32_t offset)
{
    return (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20 |
           (offset >> 12 & 0xFF) << 12 | rd << 7 | 0x6F;
}

/* ---- making programs --------------------------------------------------------------------------
 */

/* What random instructions must not write. */
static const uint64_t kept =
    1u << 1 | 1u << 4 | 1u << 6 | 1u << 9 | 1u << 10 | 1u << 29 | 1u << 30 | 1u << 31;

static bool is_wanted(const struct riscv_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    const uint64_t x6 = 1u << 6;
    if (!(t->flags & MOTE_INSN_ENGINE) || (t->flags & MOTE_INSN_WRITES_PC) || (t->writes & kept) ||
        (t->reads & 7u << 29))
        return false;
    return t->words == 0 ||
           (t->address_reads == x6 && (uint32_t)((int32_t)insn->imm + 2000) < 4000);
}

void program_put(struct program *p, uint32_t half)
{
    assert_true(p->count < MAX_HALVES);
    p->half[p->count++] = (uint16_t)half;
}

void program_put_word(struct program *p, uint32_t word)
{
    program_put(p, word & 0xFFFF);
    program_put(p, word >> 16);
}

void program_set_word(struct program *p, uint32_t at, uint32_t word)
{
    p->half[at] = (uint16_t)word;
    p->half[at + 1] = (uint16_t)(word >> 16);
}

/* A random instruction of the hart, each row as likely as another. */
static void put_random(struct program *p, const struct riscv_decoder *decoder)
{
    for (;;) {
        size_t tables = 0;
        while (riscv_row_tables[tables] != NULL)
            tables++;
        const struct riscv_row_table *table = riscv_row_tables[program_random() % tables];
        const struct riscv_row *row = &table->rows[program_random() % table->count];
        uint32_t raw = (program_random() & ~row->mask) | row->match;
        struct riscv_insn insn;
        if ((row->match & 3) != 3)
            raw &= 0xFFFF;
        else if (program_random() & 1) /* memory by x6 */
            raw = (raw & ~(31u << 15)) | 6u << 15;
        if (!riscv_decode(decoder, raw, &insn) || !is_wanted(&insn))
            continue;
        program_put(p, raw & 0xFFFF);
        if (insn.t.bytes == 4)
            program_put(p, raw >> 16);
        return;
    }
}

static uint32_t distance(uint32_t from, uint32_t to)
{
    return 2 * (to - from);
}

void program_make(struct program *p, const struct riscv_decoder *decoder, uint32_t length,
                  bool both_memories)
{
    uint32_t call = 0;
    p->count = 0;
    program_put_word(p, encode_addi(4, 0, ROUNDS));
    uint32_t loop = p->count;
    p->loop = RAM + 2 * loop;
    program_put_word(p, encode_addi(6, 9, 0));
    if (both_memories) {
        program_put_word(p, encode_addi(9, 10, 0));
        program_put_word(p, encode_addi(10, 6, 0));
    }
    for (uint32_t i = 0; i < length; i++) {
        static const uint8_t conditions[] = {0, 1, 4, 5, 6, 7};
        uint32_t kind = program_random() % 10;
        uint32_t at = p->count, pair = program_random();
        if (kind == 0) { /* over the next instruction */
            program_put_word(p, 0);
            put_random(p, decoder);
            program_set_word(p, at,
                             encode_branch(conditions[pair % 6], (pair >> 8) % 29,
                                           (pair >> 16) % 29, distance(at, p->count)));
        } else if (kind == 1 && call == 0) {
            call = at;
            program_put_word(p, 0);
        } else {
            put_random(p, decoder);
        }
    }
    program_put_word(p, encode_addi(4, 4, ~0u));
    uint32_t back = p->count;
    program_put_word(p, encode_branch(1, 4, 0, distance(back, loop)));
    p->end = RAM + 2 * p->count;
    program_put_word(p, WFI);
    program_put_word(p, encode_jal(0, 0u - 4));
    if (call == 0)
        return;
    program_set_word(p, call, encode_jal(1, distance(call, p->count)));
    put_random(p, decoder);
    program_put_word(p, encode_i_type(0x67, 0, 0, 1, 0)); /* ret */
}

/* ---- a hart with memory and a timer -----------------------------------------------------------
 */

struct hart hart_new(const char *compatible, const uint16_t *code, size_t halves)
{
    static const uint32_t vector[] = {RAM};
    static struct bench_prop props[] = {{.name = "compatible"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = NULL}};
    props[0].text = compatible;
    struct hart h = {.bench = bench_new()};
    h.sys = bench_system(h.bench);
    bench_clock(h.bench, 10000000);
    bench_ram(h.bench, RAM, RAM_BYTES);
    bench_ram(h.bench, TIGHT, DATA_BYTES);
    struct mote_device *clint = bench_add(h.bench, "clint", "clint", CLINT, NULL);
    struct mote_device *dev = bench_add(h.bench, "riscv_core", "cpu0", 0, props);
    assert_true(mote_wire_connect(clint, 1, dev, 7, false));
    h.cpu = dev->state;
    h.cpu->mtvec = HANDLER;
    if (h.cpu->features & RISCV_HAS_F)
        h.cpu->mstatus |= 1u << 13; /* FS: Initial, until an instruction makes it Dirty */
    assert_true(mote_mem_load_image(h.sys, RAM, code, 2 * halves));
    static const uint32_t handler[] = {0x02004FB7 /* lui x31, 0x2004 */, 0, 0, 0, 0, MRET};
    uint32_t words[6];
    memcpy(words, handler, sizeof words);
    words[1] = encode_load(2, 30, 31, 0); /* mtimecmp */
    words[2] = encode_addi(30, 30, TICK_CYCLES);
    words[3] = encode_store(2, 30, 31, 0);
    words[4] = encode_addi(29, 29, 1);
    assert_true(mote_mem_load_image(h.sys, HANDLER, words, sizeof words));
    return h;
}
