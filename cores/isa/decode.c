/* Finding the row of an encoding, among the rows of the features that a core has. */
#include "../arm/arm.h"

#include <stdlib.h>
#include <string.h>

/* An encoding is looked up by bits that every row fixes or nearly fixes. */
enum { NARROW_KEYS = 1024, WIDE_KEYS = 512, KEYS = NARROW_KEYS + WIDE_KEYS };

static uint32_t key_of(uint32_t raw)
{
    return raw >> 16 == 0 ? raw >> 6 : NARROW_KEYS + (raw >> 20 & 511u);
}

struct arm_decoder {
    uint32_t features;
    uint32_t first[KEYS + 1]; /* into candidates */
    const struct arm_row **candidates;
};

/* Bits of the encoding that `key` stands for, placed as in the row's match. */
static bool key_fits(uint32_t key, const struct arm_row *row)
{
    bool wide = key >= NARROW_KEYS;
    if (wide != (row->match >> 16 != 0)) {
        return false;
    }
    uint32_t fixed = wide ? (key - NARROW_KEYS) << 20 : key << 6;
    uint32_t known = wide ? 511u << 20 : (NARROW_KEYS - 1u) << 6;
    return ((fixed ^ row->match) & row->mask & known) == 0;
}

/* Counts (to == NULL) or collects the rows of a key. */
static uint32_t collect(uint32_t features, uint32_t key, const struct arm_row **to)
{
    uint32_t count = 0;
    for (const struct arm_row_table *const *table = arm_row_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct arm_row *row = &(*table)->rows[i];
            if ((row->needs & ~features) == 0 && key_fits(key, row)) {
                if (to != NULL) {
                    to[count] = row;
                }
                count++;
            }
        }
    }
    return count;
}

struct arm_decoder *arm_decoder_new(uint32_t features)
{
    struct arm_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return NULL;
    }
    decoder->features = features;
    for (uint32_t key = 0; key < KEYS; key++) {
        decoder->first[key + 1] = decoder->first[key] + collect(features, key, NULL);
    }
    decoder->candidates = calloc(decoder->first[KEYS] + 1u, sizeof *decoder->candidates);
    if (decoder->candidates == NULL) {
        free(decoder);
        return NULL;
    }
    for (uint32_t key = 0; key < KEYS; key++) {
        collect(features, key, decoder->candidates + decoder->first[key]);
    }
    return decoder;
}

void arm_decoder_free(struct arm_decoder *decoder)
{
    if (decoder != NULL) {
        free(decoder->candidates);
        free(decoder);
    }
}

/* Classes that a plain engine can run; rows take the flag away where it cannot. */
static bool class_is_plain(unsigned cls)
{
    return cls != MOTE_CLASS_SYSTEM && cls != MOTE_CLASS_BARRIER && cls != MOTE_CLASS_EXCEPTION;
}

static void prepare(struct arm_insn *insn, const struct arm_row *row, uint32_t raw, bool in_it)
{
    memset(insn, 0, sizeof *insn);
    insn->row = row;
    insn->raw = raw;
    insn->exec = row->exec;
    insn->cond = 0xE;
    insn->in_it = in_it;
    insn->t.cls = row->cls;
    insn->t.bytes = raw >> 16 ? 4 : 2;
    insn->t.flags = class_is_plain(row->cls) ? MOTE_INSN_ENGINE : 0;
}

/* An encoding without a row. In the coprocessor space the absence or disabling of the coprocessor
 * comes first: UsageFault NOCP (A5.3.18 of the Armv7-M ARM, DDI 0403E). */
static enum arm_result undefined(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t raw = insn->raw;
    bool coprocessor_space = (raw & 0xEC000000u) == 0xEC000000u &&
                             (raw & 0x03000000u) != 0x03000000u && (raw & 0x03E00000u) != 0;
    if (coprocessor_space) {
        bool fp = (raw & 0xE00u) == 0xA00u && (cpu->features & ARM_HAS_FPSP);
        if (!fp) {
            return arm_raise(cpu, ARM_FAULT_NOCP);
        }
        if (!cpu->fp_ready && arm_fp_begin(cpu) == ARM_RAISED) {
            return ARM_RAISED;
        }
    }
    return arm_raise(cpu, ARM_FAULT_UNDEFINED);
}

static const struct arm_row undefined_row = {
    0, 0, 0, MOTE_CLASS_EXCEPTION, "undefined", 0, NULL, undefined,
};

bool arm_decode(const struct arm_decoder *decoder, uint32_t raw, bool in_it, struct arm_insn *insn)
{
    uint32_t key = key_of(raw);
    for (uint32_t i = decoder->first[key]; i < decoder->first[key + 1]; i++) {
        const struct arm_row *row = decoder->candidates[i];
        if ((raw & row->mask) == row->match) {
            prepare(insn, row, raw, in_it);
            if (row->decode(raw, insn)) {
                arm_issue_traits(insn);
                return true;
            }
        }
    }
    prepare(insn, &undefined_row, raw, in_it);
    return false;
}

uint32_t arm_decode_needs(uint32_t raw)
{
    for (const struct arm_row_table *const *table = arm_row_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct arm_row *row = &(*table)->rows[i];
            struct arm_insn insn;
            if ((raw & row->mask) != row->match || (raw >> 16 != 0) != (row->match >> 16 != 0)) {
                continue;
            }
            prepare(&insn, row, raw, false);
            if (row->decode(raw, &insn)) {
                return row->needs;
            }
        }
    }
    return 0;
}

uint32_t arm_decode_candidates(const struct arm_decoder *decoder, uint32_t raw)
{
    uint32_t count = 0;
    uint32_t key = key_of(raw);
    for (uint32_t i = decoder->first[key]; i < decoder->first[key + 1]; i++) {
        const struct arm_row *row = decoder->candidates[i];
        if ((raw & row->mask) == row->match) {
            struct arm_insn insn;
            prepare(&insn, row, raw, false);
            count += row->decode(raw, &insn);
        }
    }
    return count;
}

/* Bit (N:Z:C:V) of each condition's mask tells whether it holds. */
const uint16_t arm_condition_masks[16] = {
    0xF0F0, 0x0F0F, 0xCCCC, 0x3333, 0xFF00, 0x00FF, 0xAAAA, 0x5555,
    0x0C0C, 0xF3F3, 0xAA55, 0x55AA, 0x0A05, 0xF5FA, 0xFFFF, 0xFFFF,
};
