/* A user's instructions become rows like any other: the decoder, the blocks, the timing and the
 * reports do not know the difference. Their cycles beyond the first stall the pipeline. */
#include "extension.h"
#include "../isa/rv/_rv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct extension_row {
    struct riscv_row row; /* first: an instruction's row leads here */
    char text[64];
    const struct mote_extension_insn *insn;
    struct riscv_extension *owner;
};

struct riscv_extension {
    struct riscv_extension *next;
    size_t state_bytes, count;
    void *state;
    struct extension_row rows[];
};

static enum riscv_result execute(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    const struct extension_row *row = (const struct extension_row *)insn->row;
    struct mote_extension_call call = {
        .rs1 = cpu->x[insn->rs1],
        .rs2 = cpu->x[insn->rs2],
        .rd = cpu->x[insn->rd],
        .raw = insn->raw,
        .cycles = row->insn->cycles,
        .state = row->owner->state,
    };
    cpu->x[insn->rd] = row->insn->execute(&call) & cpu->xmask;
    if (cpu->learned_run)
        return RISCV_OK; /* what it costs was learned */
    cpu->stall += call.cycles > 1 ? call.cycles - 1 : 0;
    for (uint32_t i = 0; i < row->insn->energy_macs; i++)
        mote_count(cpu->activities, cpu->insn_activity[MOTE_CLASS_MAC]);
    return RISCV_OK;
}

/* The destination may be an operand too, as of a multiply-accumulate. */
static bool decode(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_r(raw, insn);
    insn->t.reads |= insn->t.writes;
    return true;
}

static bool add_row(struct riscv_cpu *cpu, struct extension_row *row, struct mote_err *err)
{
    const struct mote_extension_insn *insn = row->insn;
    snprintf(row->text, sizeof row->text, "%s %%d, %%s, %%t", insn->name);
    row->row = (struct riscv_row){insn->mask, insn->match, 0,       MOTE_CLASS_ALU,
                                  row->text,  decode,      execute, execute};
    const struct riscv_row *other = riscv_decoder_overlap(cpu->decoder, &row->row);
    if (other != NULL)
        return mote_err_set(err,
                            "instruction %s (mask 0x%08x, match 0x%08x) overlaps \"%.*s\" (mask "
                            "0x%08x, match 0x%08x), which this core already has: choose a free "
                            "encoding, for example in custom-0 (opcode 0x0b)",
                            insn->name, insn->mask, insn->match, (int)strcspn(other->text, " "),
                            other->text, other->mask, other->match);
    return riscv_decoder_add(cpu->decoder, &row->row) ||
           mote_err_set(err, "instruction %s: too many instructions share its opcode", insn->name);
}

bool riscv_add_extension(struct mote_core *core, const struct mote_extension *extension,
                         struct mote_err *err)
{
    struct riscv_cpu *cpu = core->device->state;
    struct riscv_extension *own =
        calloc(1, sizeof *own + extension->count * sizeof(struct extension_row));
    if (own == NULL)
        return mote_err_set(err, "out of memory");
    /* Rows stay with the hart, whatever of them is refused below. */
    own->next = cpu->extensions;
    cpu->extensions = own;
    own->count = extension->count;
    own->state_bytes = extension->state_bytes;
    own->state = calloc(1, own->state_bytes + 1);
    if (own->state == NULL)
        return mote_err_set(err, "out of memory");
    for (size_t i = 0; i < own->count; i++) {
        own->rows[i].insn = &extension->insns[i];
        own->rows[i].owner = own;
        if (!add_row(cpu, &own->rows[i], err))
            return mote_err_prefix(err, "%s",
                                   extension->name != NULL ? extension->name : "extension");
    }
    return true;
}

void riscv_reset_extensions(struct riscv_cpu *cpu)
{
    for (const struct riscv_extension *own = cpu->extensions; own != NULL; own = own->next)
        memset(own->state, 0, own->state_bytes);
}

void riscv_free_extensions(struct riscv_cpu *cpu)
{
    while (cpu->extensions != NULL) {
        struct riscv_extension *own = cpu->extensions;
        cpu->extensions = own->next;
        free(own->state);
        free(own);
    }
}
