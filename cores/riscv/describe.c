/* Words for people: what the last exception of a hart was about, and a firmware that waits for ever
 * in the handler of one. */
#include "riscv.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct words {
    char *text;
    size_t bytes, used;
};

static void __attribute__((format(printf, 2, 3))) add(struct words *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int more = vsnprintf(out->text + out->used, out->bytes - out->used, format, args);
    va_end(args);
    out->used += more > 0 ? (size_t)more : 0;
    if (out->used >= out->bytes)
        out->used = out->bytes - 1;
}

static const char *cause_text(uint64_t cause)
{
    static const char *const texts[] = {
        [RISCV_CAUSE_MISALIGNED_FETCH] = "instruction address misaligned",
        [RISCV_CAUSE_FETCH_ACCESS] = "instruction access fault",
        [RISCV_CAUSE_ILLEGAL] = "illegal instruction",
        [RISCV_CAUSE_BREAKPOINT] = "breakpoint",
        [RISCV_CAUSE_MISALIGNED_LOAD] = "load address misaligned",
        [RISCV_CAUSE_LOAD_ACCESS] = "load access fault",
        [RISCV_CAUSE_MISALIGNED_STORE] = "store/AMO address misaligned",
        [RISCV_CAUSE_STORE_ACCESS] = "store/AMO access fault",
        [RISCV_CAUSE_ECALL_U] = "environment call from U-mode",
        [RISCV_CAUSE_ECALL_M] = "environment call from M-mode",
    };
    bool known = cause < sizeof texts / sizeof *texts && texts[cause] != NULL;
    return known ? texts[cause] : "reserved cause";
}

void riscv_check_parked(struct riscv_cpu *cpu, const struct riscv_block *block)
{
    for (uint32_t i = 0; i < block->count; i++)
        if (block->insns[i].t.cls != MOTE_CLASS_HINT && block->insns[i].t.cls != MOTE_CLASS_BRANCH)
            return;
    char text[96];
    snprintf(text, sizeof text, "parked in the handler of: %s", cause_text(cpu->mcause));
    mote_request_stop(cpu->sys, MOTE_STOP_FAULT, 3, text);
    cpu->attention = true;
}

/* ---- why --------------------------------------------------------------------------------------
 */

static void add_address(struct words *out, const struct riscv_cpu *cpu, uint64_t address)
{
    add(out, "0x%0*" PRIx64, (int)(cpu->xlen / 4), address);
}

static void describe_access(struct words *out, const struct riscv_cpu *cpu, const char *verb,
                            const char *done)
{
    const struct riscv_refusal *refusal = &cpu->refusal;
    if (refusal->reason != RISCV_REFUSED_BY_PMP) {
        add(out, ": nothing can be %s at ", done);
        add_address(out, cpu, cpu->mtval);
        return;
    }
    add(out, ": %s mode may not %s ", refusal->mode == RISCV_MODE_M ? "machine" : "user", verb);
    add_address(out, cpu, cpu->mtval);
    if (refusal->entry < 0)
        add(out, ": no PMP entry allows it");
    else
        add(out, " by PMP entry %d", refusal->entry);
}

static void describe_illegal(struct words *out, const struct riscv_cpu *cpu)
{
    enum { OPCODE_SYSTEM = 0x73 };
    struct riscv_insn insn;
    uint32_t raw = (uint32_t)cpu->mtval;
    char text[64];
    if (!riscv_decode(cpu->decoder, raw, &insn)) {
        const char *extension =
            riscv_extension_name(riscv_decode_needs(cpu->decoder, raw) & ~cpu->features);
        add(out, ": 0x%0*x is none that this hart has", (raw & 3) == 3 ? 8 : 4, raw);
        if (extension != NULL)
            add(out, ", but one of the extension %s: was the image built for another board?",
                extension);
        return;
    }
    riscv_format(&insn, cpu->mepc, text, sizeof text);
    add(out, ": %s", text);
    bool fp = insn.row->needs & (RISCV_HAS_F | RISCV_HAS_D);
    if (fp && !(cpu->mstatus & RISCV_MSTATUS_FS))
        add(out, " while mstatus.FS is off");
    else if (fp && cpu->frm > RISCV_FRM_RMM)
        add(out, " while frm holds a reserved rounding mode");
    else if ((raw & 0x7F) == OPCODE_SYSTEM && (raw >> 12 & 3) != 0)
        add(out, ": no such register here, or none to write, or not in this mode");
    else if ((raw & 0x7F) == OPCODE_SYSTEM)
        add(out, ": not in this mode");
}

static void describe_breakpoint(struct words *out, const struct riscv_cpu *cpu)
{
    if (cpu->refusal.reason != RISCV_REFUSED_BY_TRIGGER) {
        add(out, ": ebreak");
        return;
    }
    add(out, ": a debug trigger at ");
    add_address(out, cpu, cpu->mtval);
}

static void describe_misaligned(struct words *out, const struct riscv_cpu *cpu, const char *what)
{
    add(out, ": ");
    add_address(out, cpu, cpu->mtval);
    add(out, " is no multiple of %s", what);
}

static void describe_cause(struct words *out, const struct riscv_cpu *cpu)
{
    add(out, "%s", cause_text(cpu->mcause));
    switch (cpu->mcause) {
    case RISCV_CAUSE_MISALIGNED_FETCH:
        describe_misaligned(out, cpu, "4, and this hart has no compressed instructions");
        break;
    case RISCV_CAUSE_FETCH_ACCESS:
        describe_access(out, cpu, "execute", "executed");
        break;
    case RISCV_CAUSE_ILLEGAL:
        describe_illegal(out, cpu);
        break;
    case RISCV_CAUSE_BREAKPOINT:
        describe_breakpoint(out, cpu);
        break;
    case RISCV_CAUSE_LOAD_ACCESS:
        describe_access(out, cpu, "read", "read");
        break;
    case RISCV_CAUSE_STORE_ACCESS:
        describe_access(out, cpu, "write", "written");
        break;
    case RISCV_CAUSE_MISALIGNED_LOAD:
    case RISCV_CAUSE_MISALIGNED_STORE:
        describe_misaligned(out, cpu, "what it accesses");
        break;
    default:
        break;
    }
}

void riscv_describe_fault(const struct mote_core *core, char *text, size_t bytes)
{
    const struct riscv_cpu *cpu = core->device->state;
    struct words out = {text, bytes, 0};
    text[0] = '\0';
    if (cpu->mcause >> (cpu->xlen - 1) || (cpu->mcause == 0 && cpu->mepc == 0))
        return;
    describe_cause(&out, cpu);
    add(&out, " (mcause %" PRIu64 ") at mepc 0x%08" PRIx64 ", mtval 0x%08" PRIx64, cpu->mcause,
        cpu->mepc, cpu->mtval);
}
