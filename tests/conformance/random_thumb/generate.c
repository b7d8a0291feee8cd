/* The generator: draws rows and random operand bits, and executes each candidate at once on a core
 * whose only memory is the work memory, so that it keeps what ends within the rules: no fault, data
 * in the work memory or the slot's literal pool, branches forward within the slot.
 *
 * Left out: system instructions, breakpoints, hints that wait (the NVIC differs between machines),
 * exclusives (QEMU checks address and value, these cores only the monitor), and STM with the base
 * in its list but not first (stores an UNKNOWN value, A7.7.159 of the Armv7-M ARM, DDI 0403E). */
#include "random_thumb.h"

#include "arm/core.h"
#include "support/bench.h"

#include <stdlib.h>
#include <string.h>

struct generator {
    struct batch *batch;
    struct random random;
    struct bench *bench;
    struct mote_region *code, *work;
    struct arm_cpu *cpu;
    struct arm_decoder *decoder;
    const struct arm_row *rows[MAX_ROWS]; /* drawn from */
    uint32_t row_count;
    uint32_t pc, slot;
    uint32_t last_raw;
};

static uint32_t below(struct generator *g, uint32_t limit)
{
    return random_below(&g->random, limit);
}

/* ---- what may be drawn ---- */
static bool is_wanted(const struct arm_row *row)
{
    static const char *const unwanted[] = {"LDREX", "STREX", "LDAEX", "STLEX", "WF", "SEV", "SG"};
    if (row->cls == MOTE_CLASS_SYSTEM || row->cls == MOTE_CLASS_BARRIER ||
        row->cls == MOTE_CLASS_EXCEPTION) {
        return false;
    }
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++) {
        if (strncmp(row->text, unwanted[i], strlen(unwanted[i])) == 0) {
            return false;
        }
    }
    return true;
}

static void collect_rows(struct generator *g)
{
    for (const struct arm_row_table *const *table = arm_row_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct arm_row *row = &(*table)->rows[i];
            if ((row->needs & ~g->cpu->features) == 0 && is_wanted(row)) {
                g->rows[g->row_count++] = row;
            }
        }
    }
    if (g->batch->row_count == 0) {
        memcpy(g->batch->rows, g->rows, sizeof g->rows);
        g->batch->row_count = g->row_count;
    }
}

/* Random operand bits; offsets of branches and literal loads small, so that many stay inside. */
static uint32_t draw(struct generator *g, const struct arm_row *row)
{
    bool wide = row->match >> 16 != 0;
    uint32_t raw = row->match | (random_word(&g->random) & ~row->mask);
    bool literal = strstr(row->text, "<label>") != NULL;
    if (row->cls == MOTE_CLASS_BRANCH || row->cls == MOTE_CLASS_CALL) {
        return row->match | (wide ? 0x2800u : 0u) | below(g, 40);
    }
    if (row->cls == MOTE_CLASS_BRANCH_COND && row->mask != 0xFD00u) {
        return row->match | below(g, 14) << (wide ? 22 : 8) | below(g, 40);
    }
    if (row->cls == MOTE_CLASS_LOAD && literal) {
        return wide ? row->match | 0x800000u | (raw & 0xF000u) | below(g, 220)
                    : row->match | (raw & 0x700u) | below(g, 50);
    }
    if (row->mask == 0xFE100E00u) { /* VLDM, VSTM: short lists */
        return (raw & ~0xFFu) | below(g, 16);
    }
    return wide ? raw : raw & 0xFFFFu;
}

static bool is_memory_class(unsigned cls)
{
    return cls == MOTE_CLASS_LOAD || cls == MOTE_CLASS_LOAD_MULTI || cls == MOTE_CLASS_STORE ||
           cls == MOTE_CLASS_STORE_MULTI || cls == MOTE_CLASS_FP_LOAD || cls == MOTE_CLASS_FP_STORE;
}

/* Addresses that cannot be meant: refused before they are tried. */
static bool good_address(const struct generator *g, const struct arm_insn *insn)
{
    if (insn->t.words == 0) {
        return true;
    }
    if (insn->t.flags & MOTE_INSN_LITERAL) {
        uint32_t address = ((g->pc + 4) & ~3u) + insn->imm;
        uint32_t pool = g->slot + POOL_OFFSET;
        uint32_t bytes = 4u * insn->t.words;
        return address >= pool && address + bytes <= g->slot + SLOT_BYTES;
    }
    return insn->rn != 15 && g->cpu->r[insn->rn] - WORK_BASE + 4096u < 2 * 4096u + WORK_BYTES;
}

static bool stores_unknown(uint32_t raw)
{
    uint32_t rn = raw >> 8 & 7u;
    return raw >> 11 == 0x18 && (raw >> rn & 1u) && (raw & ((1u << rn) - 1u)) != 0;
}

/* ---- emitting ---- */
static void put_half(struct generator *g, uint32_t half)
{
    uint16_t value = (uint16_t)half;
    memcpy(g->batch->image + g->pc, &value, 2);
    g->pc += 2;
}

static void put_code(struct generator *g, uint32_t raw)
{
    if (raw >> 16 != 0) {
        put_half(g, raw >> 16);
    }
    put_half(g, raw & 0xFFFFu);
}

static void count_row(struct generator *g, const struct arm_row *row)
{
    for (uint32_t i = 0; i < g->batch->row_count; i++) {
        if (g->batch->rows[i] == row) {
            g->batch->executed[i]++;
        }
    }
    g->batch->instructions++;
}

/* Accesses so far. Literal loads come from the code region, all others from the work memory: not
 * from code that is not there yet, nor from the system registers of one machine or another. */
static uint64_t accesses(const struct generator *g, bool literal)
{
    const struct mote_activity *item = g->cpu->activities->item;
    return literal ? item[g->code->activity_load].count
                   : item[g->work->activity_load].count + item[g->work->activity_store].count;
}

static bool good_state(const struct generator *g, const struct arm_insn *insn)
{
    const struct arm_cpu *cpu = g->cpu;
    uint32_t fallthrough = g->pc + insn->t.bytes;
    bool good_sp = cpu->r[13] - (WORK_BASE + 64u) <= WORK_BYTES - 64u;
    bool good_pc = cpu->next_pc == fallthrough ||
                   (cpu->next_pc > fallthrough && cpu->next_pc <= g->slot + SLOT_CODE_BYTES - 48);
    return good_sp && good_pc && !cpu->touched_device && cpu->thumb;
}

static uint8_t it_advance(uint32_t itstate)
{
    return (itstate & 7u) == 0 ? 0 : (uint8_t)((itstate & 0xE0u) | (itstate << 1 & 0x1Fu));
}

/* Executes the encoding at g->pc and emits it when it stays within the rules. */
static bool emit(struct generator *g, uint32_t raw)
{
    struct arm_cpu *cpu = g->cpu;
    struct arm_insn insn;
    bool in_it = cpu->itstate & 15u;
    if (!arm_decode(g->decoder, raw, in_it, &insn) || !is_wanted(insn.row) || stores_unknown(raw) ||
        (in_it && (insn.t.flags & MOTE_INSN_WRITES_PC))) {
        return false;
    }
    bool is_it = insn.t.flags & MOTE_INSN_FOLDABLE;
    uint32_t cond = in_it ? cpu->itstate >> 4 : insn.cond;
    bool executed = arm_condition(cpu, cond);
    if (!good_address(g, &insn)) {
        return false;
    }
    struct arm_cpu saved = *cpu;
    uint8_t memory[WORK_BYTES];
    bool may_store = is_memory_class(insn.t.cls);
    if (may_store) {
        memcpy(memory, g->work->host, WORK_BYTES);
    }
    cpu->pc = g->pc;
    cpu->next_pc = g->pc + insn.t.bytes;
    cpu->touched_device = false;
    bool literal = insn.t.flags & MOTE_INSN_LITERAL;
    uint64_t before = accesses(g, literal);
    enum arm_result result = executed ? insn.exec(cpu, &insn) : ARM_OK;
    bool elsewhere = executed && insn.t.words != 0 && accesses(g, literal) == before;
    if (result != ARM_OK || elsewhere || !good_state(g, &insn)) {
        *cpu = saved;
        if (may_store) {
            memcpy(g->work->host, memory, WORK_BYTES);
        }
        return false;
    }
    cpu->itstate = is_it ? (uint8_t)insn.imm : it_advance(cpu->itstate);
    put_code(g, raw);
    if (executed) {
        count_row(g, insn.row);
    }
    while (g->pc < cpu->next_pc) {
        put_half(g, 0x3001); /* ADDS r0,#1: seen when the branch goes wrong */
    }
    return true;
}

/* ---- indirect branches, to an address that is first put into a register ---- */
static uint32_t mov_imm16(bool top, uint32_t rd, uint32_t value)
{
    return (top ? 0xF2C00000u : 0xF2400000u) | (value >> 12 & 15u) << 16 |
           (value >> 11 & 1u) << 26 | (value >> 8 & 7u) << 12 | rd << 8 | (value & 0xFFu);
}

static void emit_indirect(struct generator *g)
{
    uint32_t reg = below(g, 8);
    uint32_t other = (reg + 1) & 7u;
    uint32_t target = (g->pc + 24 + 2 * below(g, 6)) | 1u;
    uint32_t kind = below(g, 7);
    if (kind == 3) { /* ADD pc,reg stands 8 bytes on */
        target -= g->pc + 8 + 4 + 1;
    }
    if (!emit(g, mov_imm16(false, reg, target & 0xFFFFu)) ||
        !emit(g, mov_imm16(true, reg, target >> 16))) {
        return;
    }
    switch (kind) {
    case 0:
        emit(g, 0x4700 | reg << 3);
        break;
    case 1:
        emit(g, 0x4780 | reg << 3);
        break;
    case 2:
        emit(g, 0x4687 | reg << 3);
        break;
    case 3:
        emit(g, 0x4487 | reg << 3);
        break;
    case 4: /* PUSH {reg}; POP {pc} */
        if (emit(g, 0xB400 | 1u << reg)) {
            emit(g, 0xBD00);
        }
        break;
    case 5: /* STR reg,[SP,#-4]!; LDR pc,[SP],#4 */
        if (emit(g, 0xF84D0D04u | reg << 12)) {
            emit(g, 0xF85DFB04u);
        }
        break;
    default: /* PUSH {reg}; PUSH {other}; LDM SP!,{other,pc} */
        if (emit(g, 0xB400 | 1u << reg) && emit(g, 0xB400 | 1u << other)) {
            emit(g, 0xE8BD8000u | 1u << other);
        }
        break;
    }
}

/* ---- initial state ---- */
static uint32_t random_core_value(struct generator *g)
{
    static const uint32_t special[] = {0,          1,          0xFFFFFFFFu, 0x80000000u,
                                       0x7FFFFFFF, 0x8000,     0x7FFF,      0xFFFF8000u,
                                       0x80,       0x80008000, 0x7FFF7FFF,  0x00FF00FF};
    uint32_t kind = below(g, 20);
    if (kind < 8) {
        uint32_t offset = 128 + below(g, WORK_BYTES - 256);
        return WORK_BASE + (below(g, 5) == 0 ? offset : offset & ~3u);
    }
    if (kind < 12) {
        return below(g, 64);
    }
    if (kind < 15) {
        return special[below(g, sizeof special / sizeof special[0])];
    }
    return random_word(&g->random);
}

static uint32_t random_single(struct generator *g)
{
    static const uint32_t special[] = {0,          1,          0x007FFFFF, 0x00800000, 0x3F800000,
                                       0x7F7FFFFF, 0x7F800000, 0x7FC00001, 0x7F800001, 0x4F000000,
                                       0x3F000000, 0x33800000, 0x477FF000, 0x38800000, 0x7C007BFF};
    uint32_t sign = random_word(&g->random) & 0x80000000u;
    uint32_t kind = below(g, 10);
    if (kind < 3) {
        return sign | special[below(g, sizeof special / sizeof special[0])];
    }
    if (kind < 4) {
        return sign | below(g, 0x800000); /* denormal */
    }
    if (kind < 8) {
        uint32_t bits = below(g, 2) ? random_word(&g->random) : random_word(&g->random) & 0x700000u;
        return sign | (110 + below(g, 50)) << 23 | (bits & 0x7FFFFFu);
    }
    return random_word(&g->random);
}

static uint64_t random_double(struct generator *g)
{
    static const uint64_t special[] = {0,
                                       1,
                                       0x000FFFFFFFFFFFFFull,
                                       0x0010000000000000ull,
                                       0x3FF0000000000000ull,
                                       0x7FEFFFFFFFFFFFFFull,
                                       0x7FF0000000000000ull,
                                       0x7FF8000000000001ull,
                                       0x7FF0000000000001ull,
                                       0x41E0000000000000ull,
                                       0x3FE0000000000000ull,
                                       0x3800000000000000ull,
                                       0x47EFFFFFF0000000ull};
    uint64_t word = (uint64_t)random_word(&g->random) << 32 | random_word(&g->random);
    uint64_t sign = word & 1ull << 63;
    uint32_t kind = below(g, 10);
    if (kind < 3) {
        return sign | special[below(g, sizeof special / sizeof special[0])];
    }
    if (kind < 4) {
        return sign | (word & 0xFFFFFFFFFFFFFull);
    }
    if (kind < 8) {
        uint64_t fraction = below(g, 2) ? word : word & 0x000FF00000000000ull;
        return sign | (uint64_t)(1000 + below(g, 60)) << 52 | (fraction & 0xFFFFFFFFFFFFFull);
    }
    return word;
}

static void random_record(struct generator *g, struct record *record)
{
    for (uint32_t i = 0; i < 13; i++) {
        record->r[i] = random_core_value(g);
    }
    record->lr = random_core_value(g);
    record->sp = WORK_SP;
    record->apsr = random_word(&g->random) & 0xF80F0000u;
    record->fpscr = random_word(&g->random) & 0xF0C0009Fu;
    record->fpscr |= below(g, 2) ? 0u : 1u << 4;
    record->fpscr &= below(g, 2) ? ~0u : ~(3u << 22);
    for (uint32_t bit = 24; bit < 27; bit++) {
        record->fpscr |= below(g, 4) == 0 ? 1u << bit : 0u;
    }
    for (uint32_t i = 0; i < 32; i += 2) {
        if ((g->cpu->features & ARM_HAS_FPDP) && below(g, 2)) {
            uint64_t value = random_double(g);
            record->s[i] = (uint32_t)value;
            record->s[i + 1] = (uint32_t)(value >> 32);
        } else {
            record->s[i] = random_single(g);
            record->s[i + 1] = random_single(g);
        }
    }
    record->memory_seed = random_word(&g->random);
}

/* The same as the driver does. */
static void load_record(struct generator *g, const struct record *record)
{
    struct arm_cpu *cpu = g->cpu;
    memcpy(cpu->r, record->r, sizeof record->r);
    cpu->r[13] = WORK_SP;
    cpu->r[14] = record->lr;
    cpu->n = record->apsr >> 31;
    cpu->z = record->apsr >> 30 & 1u;
    cpu->c = record->apsr >> 29 & 1u;
    cpu->v = record->apsr >> 28 & 1u;
    cpu->q = record->apsr >> 27 & 1u;
    cpu->ge = record->apsr >> 16 & 15u;
    cpu->fpscr = record->fpscr;
    memcpy(cpu->s, record->s, sizeof record->s);
    cpu->itstate = 0;
    cpu->thumb = true;
    uint32_t value = record->memory_seed;
    for (uint32_t left = WORK_BYTES; left != 0; left -= 4) {
        value = value * 1664525u + 1013904223u;
        uint32_t word = left & 12u ? value : value >> 26;
        memcpy(g->work->host + (WORK_BYTES - left), &word, 4);
    }
    uint32_t entry = g->slot | 1u;
    memcpy(g->work->host + (WORK_SP - 4 - WORK_BASE), &entry, 4);
}

/* B.W */
static void put_branch(struct generator *g, uint32_t target)
{
    uint32_t offset = target - (g->pc + 4);
    uint32_t sign = offset >> 31;
    uint32_t j1 = (~(offset >> 23) ^ sign) & 1u;
    uint32_t j2 = (~(offset >> 22) ^ sign) & 1u;
    put_code(g, 0xF0009000u | sign << 26 | (offset >> 12 & 0x3FFu) << 16 | j1 << 13 | j2 << 11 |
                    (offset >> 1 & 0x7FFu));
}

static void generate_sequence(struct generator *g)
{
    uint32_t limit = g->slot + SLOT_CODE_BYTES;
    uint32_t wanted = 10 + below(g, 11);
    for (uint32_t made = 0; g->pc < limit - 64 && (made < wanted || (g->cpu->itstate & 15u));) {
        if ((g->cpu->itstate & 15u) == 0 && below(g, 40) == 0) {
            emit_indirect(g);
            made++;
            continue;
        }
        const struct arm_row *row = g->rows[below(g, g->row_count)];
        for (uint32_t tries = 30; tries != 0; tries--) {
            if (emit(g, draw(g, row))) {
                made++;
                break;
            }
        }
    }
    while (g->cpu->itstate & 15u) {
        emit(g, 0xBF00);
    }
    put_branch(g, FINISH_SEQUENCE);
}

static void start(struct generator *g, struct batch *batch)
{
    struct mote_err err;
    static struct bench_prop props[2];
    props[0] = (struct bench_prop){.name = "compatible", .text = batch->compatible};
    g->batch = batch;
    g->random.state = batch->seed;
    g->bench = bench_new();
    bench_clock(g->bench, 25000000);
    g->code = mote_region_add(bench_system(g->bench), "code", CODE_BASE, CODE_BYTES, false, true, 0,
                              NULL, &err);
    g->work = bench_ram(g->bench, WORK_BASE, WORK_BYTES);
    struct mote_device *dev = bench_add(g->bench, "arm_core", "cpu0", 0, props);
    g->cpu = &((struct arm_core *)dev->state)->cpu;
    mote_system_reset(bench_system(g->bench));
    g->cpu->fp_ready = true;
    g->cpu->features &= ~(uint32_t)ARM_HAS_BITBAND; /* what is no work memory faults */
    g->decoder = arm_decoder_new(g->cpu->features);
    collect_rows(g);
}

void generate_batch(struct batch *batch)
{
    struct generator *g = calloc(1, sizeof *g);
    start(g, batch);
    uint32_t records = SLOTS + batch->count * SLOT_BYTES;
    for (uint32_t i = 0; i < batch->count; i++) {
        g->slot = SLOTS + i * SLOT_BYTES;
        g->pc = g->slot;
        for (uint32_t at = POOL_OFFSET; at < SLOT_BYTES; at += 4) {
            uint32_t word = random_core_value(g);
            memcpy(batch->image + g->slot + at, &word, 4);
            memcpy(g->code->host + g->slot + at, &word, 4);
        }
        struct record record;
        random_record(g, &record);
        load_record(g, &record);
        memcpy(batch->image + records + i * sizeof record, &record, sizeof record);
        generate_sequence(g);
    }
    const uint32_t parameters[] = {batch->count, records, SLOTS, SLOT_BYTES, batch->results};
    memcpy(batch->image + PARAMETERS, parameters, sizeof parameters);
    batch->image_bytes = records + batch->count * (uint32_t)sizeof(struct record);
    arm_decoder_free(g->decoder);
    bench_free(g->bench);
    free(g);
}
