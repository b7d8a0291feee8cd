/* Finds the row of an instruction by an index over its opcode and funct3 fields. */
#include "_rv.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 32-bit instructions by bits 14-12 and 6-2, then 16-bit ones by bits 15-13 and 1-0. */
enum { WIDE_BUCKETS = 256, BUCKETS = WIDE_BUCKETS + 32, BUCKET_ROWS = 64 };

struct bucket {
    uint32_t count;
    const struct riscv_row *rows[BUCKET_ROWS];
};

struct riscv_decoder {
    uint8_t xlen;
    uint32_t features;
    struct bucket bucket[BUCKETS];
};

static bool is_wide(uint32_t raw)
{
    return (raw & 3) == 3;
}

static uint32_t bucket_of(uint32_t raw)
{
    if (is_wide(raw))
        return rv_bits(raw, 14, 12) << 5 | rv_bits(raw, 6, 2);
    return WIDE_BUCKETS + (rv_bits(raw, 15, 13) << 2 | (raw & 3));
}

/* An instruction word that has only the bits which choose a bucket. */
static uint32_t word_of(uint32_t bucket)
{
    if (bucket < WIDE_BUCKETS)
        return (bucket >> 5) << 12 | (bucket & 31) << 2 | 3;
    return (bucket - WIDE_BUCKETS) >> 2 << 13 | (bucket & 3);
}

bool riscv_decoder_add(struct riscv_decoder *decoder, const struct riscv_row *row)
{
    for (uint32_t i = 0; i < BUCKETS; i++) {
        uint32_t index_bits = i < WIDE_BUCKETS ? 0x707Fu : 0xE003u;
        bool wide = i < WIDE_BUCKETS;
        if (wide != is_wide(row->match) || (!wide && is_wide(i)))
            continue;
        if ((word_of(i) & row->mask & index_bits) != (row->match & index_bits))
            continue;
        struct bucket *bucket = &decoder->bucket[i];
        if (bucket->count == BUCKET_ROWS)
            return false;
        bucket->rows[bucket->count++] = row;
    }
    return true;
}

struct riscv_decoder *riscv_decoder_new(uint32_t features)
{
    struct riscv_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return NULL;
    decoder->features = features;
    decoder->xlen = features & RISCV_HAS_64 ? 64 : 32;
    for (size_t i = 0; riscv_row_tables[i] != NULL; i++)
        for (size_t k = 0; k < riscv_row_tables[i]->count; k++) {
            const struct riscv_row *row = &riscv_row_tables[i]->rows[k];
            riscv_exec *exec = features & RISCV_HAS_64 ? row->exec64 : row->exec32;
            if (exec != NULL && (row->needs & ~features) == 0 && !riscv_decoder_add(decoder, row)) {
                free(decoder);
                return NULL;
            }
        }
    return decoder;
}

const struct riscv_row *riscv_decoder_overlap(const struct riscv_decoder *decoder,
                                              const struct riscv_row *row)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        for (uint32_t k = 0; k < decoder->bucket[i].count; k++) {
            const struct riscv_row *other = decoder->bucket[i].rows[k];
            if (((row->match ^ other->match) & row->mask & other->mask) == 0)
                return other;
        }
    return NULL;
}

void riscv_decoder_free(struct riscv_decoder *decoder)
{
    free(decoder);
}

static enum riscv_result undefined(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return riscv_illegal(cpu, insn);
}

static bool accepts(const struct riscv_decoder *decoder, const struct riscv_row *row, uint32_t raw,
                    struct riscv_insn *insn)
{
    if ((raw & row->mask) != row->match)
        return false;
    riscv_exec *exec = decoder->features & RISCV_HAS_64 ? row->exec64 : row->exec32;
    *insn = (struct riscv_insn){.exec = exec, .row = row, .raw = raw, .xlen = decoder->xlen};
    insn->t.cls = row->cls;
    insn->t.bytes = is_wide(raw) ? 4 : 2;
    insn->t.flags = MOTE_INSN_ENGINE;
    if (!row->decode(raw, insn))
        return false;
    bool high = (insn->rd | insn->rs1 | insn->rs2) & 16;
    return !(high && (decoder->features & RISCV_HAS_E));
}

bool riscv_decode(const struct riscv_decoder *decoder, uint32_t raw, struct riscv_insn *insn)
{
    if (!is_wide(raw))
        raw &= 0xFFFF;
    const struct bucket *bucket = &decoder->bucket[bucket_of(raw)];
    for (uint32_t i = 0; i < bucket->count; i++)
        if (accepts(decoder, bucket->rows[i], raw, insn))
            return true;
    *insn = (struct riscv_insn){.exec = undefined, .raw = raw};
    insn->t.cls = MOTE_CLASS_EXCEPTION;
    insn->t.bytes = is_wide(raw) ? 4 : 2;
    return false;
}

uint32_t riscv_decode_needs(const struct riscv_decoder *decoder, uint32_t raw)
{
    struct riscv_insn insn;
    if (!is_wide(raw))
        raw &= 0xFFFF;
    for (size_t i = 0; riscv_row_tables[i] != NULL; i++)
        for (size_t k = 0; k < riscv_row_tables[i]->count; k++) {
            const struct riscv_row *row = &riscv_row_tables[i]->rows[k];
            riscv_exec *exec = decoder->xlen == 64 ? row->exec64 : row->exec32;
            if (exec != NULL && accepts(decoder, row, raw, &insn))
                return row->needs;
        }
    return 0;
}

uint32_t riscv_decode_candidates(const struct riscv_decoder *decoder, uint32_t raw)
{
    struct riscv_insn insn;
    uint32_t count = 0;
    if (!is_wide(raw))
        raw &= 0xFFFF;
    const struct bucket *bucket = &decoder->bucket[bucket_of(raw)];
    for (uint32_t i = 0; i < bucket->count; i++)
        count += accepts(decoder, bucket->rows[i], raw, &insn);
    return count;
}

/* ---- text -------------------------------------------------------------------------------------
 */

static const char *const abi_names[32] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static const char *const f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const char *const rounding_names[8] = {", rne", ", rtz", ", rdn", ", rup", ", rmm"};

static int operand_text(const struct riscv_insn *insn, uint64_t pc, char kind, char *text,
                        size_t bytes)
{
    switch (kind) {
    case 'd':
        return snprintf(text, bytes, "%s", abi_names[insn->rd]);
    case 's':
        return snprintf(text, bytes, "%s", abi_names[insn->rs1]);
    case 't':
        return snprintf(text, bytes, "%s", abi_names[insn->rs2]);
    case 'i':
        return snprintf(text, bytes, "%d", (int32_t)insn->imm);
    case 'D':
        return snprintf(text, bytes, "%s", f_names[insn->rd]);
    case 'S':
        return snprintf(text, bytes, "%s", f_names[insn->rs1]);
    case 'T':
        return snprintf(text, bytes, "%s", f_names[insn->rs2]);
    case 'R':
        return snprintf(text, bytes, "%s", f_names[insn->raw >> 27]);
    case 'm':
        return snprintf(text, bytes, "%s",
                        rounding_names[rv_bits(insn->raw, 14, 12)]
                            ? rounding_names[rv_bits(insn->raw, 14, 12)]
                            : "");
    case 'u':
        return snprintf(text, bytes, "%u", rv_bits(insn->raw, 19, 15));
    case 'b':
        return snprintf(text, bytes, "0x%" PRIx64,
                        (pc + (uint64_t)(int32_t)insn->imm) & (UINT64_MAX >> (64 - insn->xlen)));
    default:
        return snprintf(text, bytes, "0x%x", insn->imm);
    }
}

void riscv_format(const struct riscv_insn *insn, uint64_t pc, char *text, size_t bytes)
{
    if (insn->row == NULL) {
        snprintf(text, bytes, "illegal 0x%x", insn->raw);
        return;
    }
    size_t used = 0;
    for (const char *from = insn->row->text; *from != '\0' && used + 1 < bytes; from++) {
        if (*from != '%') {
            text[used++] = *from;
            continue;
        }
        int more = operand_text(insn, pc, *++from, text + used, bytes - used);
        used += more > 0 ? (size_t)more : 0;
    }
    text[used < bytes ? used : bytes - 1] = '\0';
}
