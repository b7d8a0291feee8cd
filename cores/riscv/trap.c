/* Traps of a hart: exceptions, interrupts, their return, and the instructions that trap.
 *
 * Document: Volume II 3.1.6 to 3.1.16, 3.3; "RISC-V Semihosting" 0.4 (the sequence around ebreak).
 * Modelled: direct and vectored mtvec; priority MEI, MSI, MTI, then local interrupts 31 to 16.
 * Not modelled: delegation (no supervisor mode), non-maskable interrupts, CLIC. */
#include "../timing/pipeline.h"
#include "riscv.h"

enum { SEMIHOSTING_BEFORE = 0x01F01013, SEMIHOSTING_AFTER = 0x40705013 };

/* ---- entry ------------------------------------------------------------------------------------
 */

static void enter(struct riscv_cpu *cpu, uint64_t cause, uint64_t tval, uint64_t target)
{
    uint64_t enabled = cpu->mstatus & RISCV_MSTATUS_MIE;
    cpu->mstatus &= ~(RISCV_MSTATUS_MPP | RISCV_MSTATUS_MPIE | RISCV_MSTATUS_MIE);
    cpu->mstatus |= (enabled ? RISCV_MSTATUS_MPIE : 0) | (uint64_t)cpu->mode << 11;
    cpu->mode = RISCV_MODE_M;
    riscv_guard_changed(cpu);
    cpu->mcause = cause;
    cpu->mtval = tval;
    cpu->mepc = cpu->pc;
    cpu->pc = target;
    cpu->fetch_branch = true;
    pipeline_flush(cpu->pipeline);
    cpu->cycles += pipeline_exception_cycles(cpu->pipeline, PIPELINE_EXCEPTION_ENTRY);
}

/* So often, without a return from the handler, is no way out of it. */
static const uint32_t hopeless_repeats = 64;

/* Why this exception repeats for ever, whatever the firmware does: a fetch fault or a debug trigger
 * at the first instruction of the handler itself, or one in it that comes again and again, such as
 * a stack overflow. NULL: it does not. */
static const char *hopeless(struct riscv_cpu *cpu, uint64_t target)
{
    if (cpu->pc == target && cpu->cause == RISCV_CAUSE_FETCH_ACCESS)
        return "the trap handler cannot be fetched";
    if (cpu->pc == target && cpu->guard.refusal.reason == RISCV_REFUSED_BY_TRIGGER &&
        cpu->tval == cpu->pc)
        return "a debug trigger stands at the trap handler";
    bool again = cpu->handling && cpu->cause == cpu->mcause && cpu->pc == cpu->mepc;
    cpu->repeats = again ? cpu->repeats + 1 : 0;
    return cpu->repeats == hopeless_repeats ? "the trap handler traps itself for ever" : NULL;
}

void riscv_take_exception(struct riscv_cpu *cpu)
{
    uint64_t target = cpu->mtvec & ~3ull;
    const char *why = hopeless(cpu, target);
    if (why != NULL) {
        mote_request_stop(cpu->sys, MOTE_STOP_FAULT, 3, why);
        cpu->attention = true;
        if (cpu->handling)
            return; /* what led here is more telling than what follows from it */
    }
    enter(cpu, cpu->cause, cpu->tval, target);
    cpu->handling = true;
    cpu->hpm.exceptions++;
    cpu->refusal = cpu->guard.refusal;
    cpu->guard.refusal.reason = RISCV_NOT_REFUSED;
}

static int most_urgent(uint32_t pending)
{
    static const uint8_t order[] = {11, 3, 7};
    for (size_t i = 0; i < sizeof order; i++)
        if (pending >> order[i] & 1)
            return order[i];
    return pending ? 31 - __builtin_clz(pending) : -1;
}

static uint64_t takeable(const struct riscv_cpu *cpu)
{
    bool enabled = cpu->mode < RISCV_MODE_M || (cpu->mstatus & RISCV_MSTATUS_MIE);
    return enabled ? cpu->mip & cpu->mie : 0;
}

bool riscv_take_interrupt(struct riscv_cpu *cpu)
{
    int number = most_urgent((uint32_t)takeable(cpu));
    if (number < 0)
        return false;
    uint64_t target = cpu->mtvec & ~3ull;
    if (cpu->mtvec & 1)
        target = (target + 4 * (uint32_t)number) & cpu->xmask;
    enter(cpu, 1ull << (cpu->xlen - 1) | (uint32_t)number, 0, target);
    return true;
}

void riscv_check_interrupts(struct riscv_cpu *cpu)
{
    if (takeable(cpu) != 0)
        cpu->attention = true;
}

void riscv_set_interrupt(struct riscv_cpu *cpu, uint32_t bit, bool level)
{
    cpu->mip = (cpu->mip & ~(1ull << bit)) | (uint64_t)level << bit;
    riscv_check_interrupts(cpu);
}

void riscv_update_external(struct riscv_cpu *cpu)
{
    cpu->external_pending = cpu->external_lines & cpu->external_mask;
    riscv_set_interrupt(cpu, 11, cpu->external_pending != 0);
}

/* ---- instructions -----------------------------------------------------------------------------
 */

enum riscv_result riscv_mret(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    if (cpu->mode != RISCV_MODE_M)
        return riscv_illegal(cpu, insn);
    bool enabled = cpu->mstatus & RISCV_MSTATUS_MPIE;
    cpu->mode = (uint32_t)(cpu->mstatus >> 11 & 3);
    cpu->mstatus &= ~(RISCV_MSTATUS_MIE | RISCV_MSTATUS_MPP);
    cpu->mstatus |= RISCV_MSTATUS_MPIE | (enabled ? RISCV_MSTATUS_MIE : 0);
    if (!(cpu->features & RISCV_HAS_U))
        cpu->mstatus |= RISCV_MSTATUS_MPP; /* the least privileged mode that there is */
    if (cpu->mode != RISCV_MODE_M)
        cpu->mstatus &= ~RISCV_MSTATUS_MPRV;
    cpu->next_pc = cpu->mepc;
    cpu->handling = false;
    riscv_guard_changed(cpu);
    riscv_check_interrupts(cpu);
    return RISCV_EVENT;
}

enum riscv_result riscv_wfi(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    if (cpu->mode != RISCV_MODE_M && (cpu->mstatus & RISCV_MSTATUS_TW))
        return riscv_illegal(cpu, insn);
    cpu->sleep = RISCV_SLEEP_DUE;
    cpu->attention = true;
    return RISCV_EVENT;
}

enum riscv_result riscv_ecall(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    (void)insn;
    return riscv_raise(cpu, cpu->mode == RISCV_MODE_M ? RISCV_CAUSE_ECALL_M : RISCV_CAUSE_ECALL_U,
                       0);
}

static bool word_is(const struct riscv_cpu *cpu, uint64_t address, uint32_t word)
{
    uint16_t low, high;
    return riscv_code_half(cpu, address, &low) && riscv_code_half(cpu, address + 2, &high) &&
           (low | (uint32_t)high << 16) == word;
}

enum riscv_result riscv_ebreak(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    if (insn->t.bytes != 4 || !word_is(cpu, cpu->pc - 4, SEMIHOSTING_BEFORE) ||
        !word_is(cpu, cpu->pc + 4, SEMIHOSTING_AFTER))
        return riscv_raise(cpu, RISCV_CAUSE_BREAKPOINT, cpu->pc);
    mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
    uint64_t answer = cpu->x[10];
    if (semihosting_call(&cpu->semihosting, (uint32_t)answer, cpu->x[11], &answer))
        cpu->attention = true;
    cpu->x[10] = answer & cpu->xmask;
    return RISCV_EVENT;
}
