/* Exception entry and return: stacking, vectors, EXC_RETURN, tail-chaining, late arrival.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B1.5.6-B1.5.8, Armv8-M ARM (DDI 0553) for the FNC_RETURN-less
 * core without Security Extension.
 *
 * Time. Entry stacks first and lets the stacking time pass; only then the vector of the most urgent
 * exception is fetched, so one that arrives meanwhile is taken instead (late arrival) on the same
 * frame. Return lets the unstacking time pass first; an exception that arrives meanwhile is
 * tail-chained (pop preemption). Stacking order on the bus is not modelled, only its sum. */
#include "../timing/pipeline.h"
#include "core.h"

enum { BASIC_FRAME_BYTES = 0x20, EXTENDED_FRAME_BYTES = 0x68, FP_WORDS = 17 };

static uint32_t cost(const struct arm_cpu *cpu, enum pipeline_event kind)
{
    return cpu->pipeline != NULL ? pipeline_exception_cycles(cpu->pipeline, kind) : 0;
}

/* Spends the time of a phase and lets the run loop see whether events are due within it. */
static void begin_phase(struct arm_cpu *cpu, enum arm_phase phase, uint32_t exception,
                        uint32_t cycles)
{
    struct arm_core *core = arm_core_of(cpu);
    core->phase = phase;
    core->phase_exception = exception;
    cpu->cycles += cycles;
    cpu->attention = true;
}

/* ---- entry ------------------------------------------------------------------------------------
 */

static uint32_t make_exc_return(const struct arm_cpu *cpu, bool extended)
{
    bool thread = !arm_handler_mode(cpu);
    uint32_t value = cpu->features & ARM_HAS_V8M ? 0xFFFFFFA0u : 0xFFFFFFE1u;
    if (thread)
        value |= 8;
    if (thread && arm_uses_psp(cpu))
        value |= 4;
    return extended ? value : value | 0x10;
}

/* A store or load of a frame failed: the derived exception is pended beside the first one. */
static void frame_fault(struct arm_cpu *cpu, uint32_t memmanage_bit, uint32_t busfault_bit)
{
    bool memmanage = cpu->fault == ARM_FAULT_DACCVIOL;
    cpu->fault = ARM_FAULT_NONE;
    arm_raise_exception(cpu, memmanage ? ARM_EXC_MEMMANAGE : ARM_EXC_BUSFAULT,
                        memmanage ? memmanage_bit : busfault_bit);
}

static bool store_frame(struct arm_cpu *cpu, uint32_t frame, uint32_t psr, bool extended)
{
    const uint32_t words[8] = {cpu->r[0],  cpu->r[1],  cpu->r[2], cpu->r[3],
                               cpu->r[12], cpu->r[14], cpu->pc,   psr};
    for (uint32_t i = 0; i < 8; i++)
        if (arm_store_aligned(cpu, frame + 4 * i, words[i]) != ARM_OK)
            return false;
    if (!extended)
        return true;
    struct arm_core *core = arm_core_of(cpu);
    uint32_t *fpccr = &mote_reg(core->fpu, FPU_FPCCR);
    if (*fpccr & ARM_FPCCR_LSPEN) {
        /* Which faults may be taken when the state is saved later follows from now. */
        int priority = arm_execution_priority(cpu, false);
        *fpccr &= ~0x17Bu;
        *fpccr |= ARM_FPCCR_LSPACT | (arm_privileged(cpu) ? 0u : 2u) |
                  (arm_handler_mode(cpu) ? 0u : 8u) | (priority > -1 ? 0x10u : 0u);
        if (arm_bit(core->nvic.enabled, ARM_EXC_BUSFAULT) &&
            priority > core->nvic.priority[ARM_EXC_BUSFAULT])
            *fpccr |= 0x40u;
        if (arm_bit(core->nvic.enabled, ARM_EXC_MEMMANAGE) &&
            priority > core->nvic.priority[ARM_EXC_MEMMANAGE])
            *fpccr |= 0x20u;
        mote_reg(core->fpu, FPU_FPCAR) = (frame + BASIC_FRAME_BYTES) & ~7u;
        return true;
    }
    for (uint32_t i = 0; i < FP_WORDS; i++) {
        uint32_t word = i < 16 ? cpu->s[i] : cpu->fpscr;
        if (arm_store_aligned(cpu, frame + BASIC_FRAME_BYTES + 4 * i, word) != ARM_OK)
            return false;
        cpu->stall++;
    }
    return true;
}

static void push_stack(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    bool extended = arm_has_fp(cpu) && (cpu->control & ARM_CONTROL_FPCA);
    bool align = extended || !(cpu->features & ARM_HAS_THUMB2) || (cpu->ccr & ARM_CCR_STKALIGN);
    uint32_t sp = cpu->r[13];
    bool padded = align && (sp & 4);
    uint32_t frame = sp - (extended ? EXTENDED_FRAME_BYTES : BASIC_FRAME_BYTES);
    if (align)
        frame &= ~4u;
    core->exc_return = make_exc_return(cpu, extended);
    if ((cpu->features & ARM_HAS_V8M) && frame < cpu->sp_limit[arm_uses_psp(cpu)]) {
        cpu->r[13] = cpu->sp_limit[arm_uses_psp(cpu)];
        arm_raise_exception(cpu, ARM_EXC_USAGEFAULT, ARM_CFSR_STKOF);
        return;
    }
    bool ok = store_frame(cpu, frame, arm_xpsr(cpu) | (padded ? 1u << 9 : 0), extended);
    cpu->r[13] = frame;
    if (!ok)
        frame_fault(cpu, ARM_CFSR_MSTKERR, ARM_CFSR_STKERR);
}

/* Fetches the vector and enters the handler; LR gets core->exc_return. */
static void enter_handler(struct arm_cpu *cpu, uint32_t n)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t vector = 0;
    if (!arm_bus_word(cpu, mote_reg(core->scb, SCB_VTOR) + 4 * n, &vector)) {
        mote_reg(core->scb, SCB_HFSR) |= ARM_HFSR_VECTTBL;
        if (n == ARM_EXC_HARDFAULT || n == ARM_EXC_NMI) {
            arm_lock_up(cpu, "the vector of HardFault or NMI cannot be read");
            return;
        }
        /* HardFault instead, on the same frame; the exception itself stays pending. */
        arm_bit_set(core->nvic.pending, ARM_EXC_HARDFAULT);
        enter_handler(cpu, ARM_EXC_HARDFAULT);
        return;
    }
    arm_bit_clear(core->nvic.pending, n);
    arm_bit_set(core->nvic.active, n);
    core->nvic.event_register = true;
    arm_set_mode(cpu, n, cpu->control & ARM_CONTROL_NPRIV);
    cpu->r[14] = core->exc_return;
    cpu->itstate = 0;
    cpu->thumb = vector & 1;
    cpu->pc = cpu->next_pc = vector & ~1u;
    cpu->exclusive = false;
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
    arm_nvic_update(cpu);
}

/* The stacking or chaining time is over: take what is most urgent now. */
static void finish_entry(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->phase = ARM_PHASE_NONE;
    uint32_t n = core->phase_exception;
    if (arm_would_preempt(cpu, core->nvic.best, false))
        n = core->nvic.best;
    if (!core->locked_up)
        enter_handler(cpu, n);
}

/* ---- return -----------------------------------------------------------------------------------
 */

/* An EXC_RETURN or a frame that makes no sense: UsageFault INVPC, on the frame that is there. */
static void return_fault(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->exc_return = 0xF0000000u | (core->exc_return & 0x0FFFFFFFu);
    arm_raise_exception(cpu, ARM_EXC_USAGEFAULT, ARM_CFSR_INVPC);
    begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
}

static bool exc_return_valid(const struct arm_cpu *cpu, uint32_t value, uint32_t active)
{
    bool nested_ok = active == 1 || (cpu->ccr & ARM_CCR_NONBASETHRDENA);
    uint32_t fixed = arm_has_fp(cpu) ? 0xFFFFFFE0u : 0xFFFFFFF0u;
    if (cpu->features & ARM_HAS_V8M) {
        /* Without Security Extension: prefix, FType, Mode and SPSEL count. */
        return (value & 0xFFFFFF80u) == 0xFFFFFF80u && (arm_has_fp(cpu) || (value & 0x10)) &&
               ((value & 8) ? nested_ok : !(value & 4));
    }
    if ((value & fixed) != fixed)
        return false;
    switch (value & 0xF) {
    case 1:
        return true;
    case 9:
    case 13:
        return nested_ok;
    default:
        return false;
    }
}

void arm_exception_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t n = cpu->exception;
    core->return_pending = false;
    uint32_t active = arm_active_count(cpu);
    bool valid = arm_bit(core->nvic.active, n) && exc_return_valid(cpu, core->exc_return, active);
    /* Armv8-M keeps the handler active when the nesting is wrong; both end in UsageFault. */
    arm_deactivate(cpu, n);
    if (!valid) {
        return_fault(cpu);
        return;
    }
    cpu->control &= ~(uint32_t)ARM_CONTROL_FPCA;
    if (arm_would_preempt(cpu, core->nvic.best, false))
        begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
    else
        begin_phase(cpu, ARM_PHASE_UNSTACK, 0, cost(cpu, PIPELINE_EXCEPTION_RETURN));
}

struct frame {
    uint32_t word[8];
    uint32_t s[16], fpscr;
};

static bool load_frame(struct arm_cpu *cpu, uint32_t address, bool extended, struct frame *frame)
{
    for (uint32_t i = 0; i < 8; i++)
        if (arm_load_aligned(cpu, address + 4 * i, &frame->word[i]) != ARM_OK)
            return false;
    if (!extended)
        return true;
    struct arm_core *core = arm_core_of(cpu);
    if (mote_reg(core->fpu, FPU_FPCCR) & ARM_FPCCR_LSPACT)
        return true;
    for (uint32_t i = 0; i < FP_WORDS; i++) {
        uint32_t *word = i < 16 ? &frame->s[i] : &frame->fpscr;
        if (arm_load_aligned(cpu, address + BASIC_FRAME_BYTES + 4 * i, word) != ARM_OK)
            return false;
        cpu->stall++;
    }
    return true;
}

static void restore_fp(struct arm_cpu *cpu, const struct frame *frame)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t *fpccr = &mote_reg(core->fpu, FPU_FPCCR);
    if (*fpccr & ARM_FPCCR_LSPACT) {
        *fpccr &= ~ARM_FPCCR_LSPACT; /* nothing was saved, so the registers still hold it */
        return;
    }
    for (uint32_t i = 0; i < 16; i++)
        cpu->s[i] = frame->s[i];
    cpu->fpscr = frame->fpscr & ARM_FPSCR_BITS;
}

static void after_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    cpu->exclusive = false;
    core->nvic.event_register = true;
    arm_nvic_update(cpu);
    if (!arm_handler_mode(cpu) && arm_active_count(cpu) == 0 &&
        (mote_reg(core->scb, SCB_SCR) & ARM_SCR_SLEEPONEXIT))
        arm_sleep_begin(cpu, false);
}

static void pop_stack(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t value = core->exc_return;
    bool extended = !(value & 0x10) && arm_has_fp(cpu);
    bool thread = value & 8, process = thread && (value & 4);
    uint32_t address = arm_get_sp(cpu, process);
    /* The frame is read with the rights of the mode that is returned to. */
    cpu->unprivileged = thread && (cpu->control & ARM_CONTROL_NPRIV);
    struct frame frame = {0};
    bool loaded = load_frame(cpu, address, extended, &frame);
    cpu->unprivileged = false;
    if (!loaded) {
        frame_fault(cpu, ARM_CFSR_MUNSTKERR, ARM_CFSR_UNSTKERR);
        begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
        return;
    }
    uint32_t psr = frame.word[7];
    uint32_t number = psr & 0x1FF;
    if (thread ? number != 0 : number == 0) {
        return_fault(cpu);
        return;
    }
    bool align = extended || !(cpu->features & ARM_HAS_THUMB2) || (cpu->ccr & ARM_CCR_STKALIGN);
    uint32_t sp = address + (extended ? EXTENDED_FRAME_BYTES : BASIC_FRAME_BYTES);
    if (align && (psr & 1u << 9))
        sp |= 4;
    arm_set_sp(cpu, process, sp);
    uint32_t control = cpu->control & ARM_CONTROL_NPRIV;
    control |= process ? ARM_CONTROL_SPSEL : 0u;
    control |= extended ? ARM_CONTROL_FPCA : 0u;
    arm_set_mode(cpu, number, control);
    for (uint32_t i = 0; i < 4; i++)
        cpu->r[i] = frame.word[i];
    cpu->r[12] = frame.word[4];
    cpu->r[14] = frame.word[5];
    cpu->pc = cpu->next_pc = frame.word[6] & ~1u;
    arm_set_psr(cpu, psr);
    if (extended)
        restore_fp(cpu, &frame);
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
    arm_update_access(cpu);
    after_return(cpu);
}

static void finish_unstack(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (arm_would_preempt(cpu, core->nvic.best, false)) {
        begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
        return;
    }
    core->phase = ARM_PHASE_NONE;
    cpu->stall = 0;
    pop_stack(cpu);
    cpu->cycles += cpu->stall;
    cpu->stall = 0;
}

/* ---- the run loop's side ----------------------------------------------------------------------
 */

bool arm_take_pending(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    switch (core->phase) {
    case ARM_PHASE_ENTRY:
    case ARM_PHASE_CHAIN:
        finish_entry(cpu);
        return true;
    case ARM_PHASE_UNSTACK:
        finish_unstack(cpu);
        return true;
    case ARM_PHASE_NONE:
        break;
    }
    uint32_t n = core->nvic.best;
    if (!arm_would_preempt(cpu, n, false))
        return false;
    cpu->stall = 0;
    push_stack(cpu);
    begin_phase(cpu, ARM_PHASE_ENTRY, n, cost(cpu, PIPELINE_EXCEPTION_ENTRY) + cpu->stall);
    cpu->stall = 0;
    return true;
}

void arm_load_vectors(struct arm_core *core)
{
    struct arm_cpu *cpu = &core->cpu;
    arm_nvic_start(core);
    uint32_t table = mote_reg(core->scb, SCB_VTOR), sp = 0, pc = 0;
    if (!arm_bus_word(cpu, table, &sp) || !arm_bus_word(cpu, table + 4, &pc)) {
        arm_lock_up(cpu, "the reset vector cannot be read: no memory there");
        return;
    }
    cpu->r[13] = sp & ~3u;
    cpu->pc = cpu->next_pc = pc & ~1u;
    cpu->thumb = pc & 1;
}
