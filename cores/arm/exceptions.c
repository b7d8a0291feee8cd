/* Exception entry and return: stacking, vectors, EXC_RETURN, tail-chaining, late arrival.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B1.5.6-B1.5.8, Armv8-M ARM (DDI 0553) B3.18-B3.23; what two
 * Security states add is in secure_entry.c.
 *
 * Time. Entry stacks first and lets the stacking time pass; only then the vector of the most urgent
 * exception is fetched, so one that arrives meanwhile is taken instead (late arrival) on the same
 * frame. Return lets the unstacking time pass first; an exception that arrives meanwhile is
 * tail-chained (pop preemption). Stacking order on the bus is not modelled, only its sum. */
#include "../timing/pipeline.h"
#include "security.h"

enum { BASIC_FRAME_BYTES = 0x20 };
#define PSR_SFPA (1u << 20)

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
    if (cpu->secure)
        value |= ARM_EXC_RETURN_S;
    return extended ? value : value | 0x10;
}

void arm_frame_fault(struct arm_cpu *cpu, uint32_t memmanage_bit, uint32_t busfault_bit)
{
    enum arm_fault fault = cpu->fault;
    if (fault != ARM_FAULT_DACCVIOL && fault != ARM_FAULT_PRECISERR &&
        fault != ARM_FAULT_UNALIGNED) {
        arm_take_fault(cpu);
        return;
    }
    bool memmanage = fault == ARM_FAULT_DACCVIOL;
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
    return !extended || arm_fp_push(cpu, frame + BASIC_FRAME_BYTES);
}

static void push_stack(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    bool extended = arm_has_fp(cpu) && (cpu->control & ARM_CONTROL_FPCA);
    bool align = extended || !(cpu->features & ARM_HAS_THUMB2) || (cpu->ccr & ARM_CCR_STKALIGN);
    uint32_t sp = cpu->r[13];
    bool padded = align && (sp & 4);
    uint32_t frame = sp - BASIC_FRAME_BYTES - (extended ? arm_fp_frame_bytes(cpu) : 0);
    if (align)
        frame &= ~4u;
    core->exc_return = make_exc_return(cpu, extended);
    if (arm_below_limit(cpu, arm_uses_psp(cpu), frame)) {
        cpu->r[13] = cpu->sp_limit[arm_uses_psp(cpu)];
        arm_raise_exception(cpu, ARM_EXC_USAGEFAULT, ARM_CFSR_STKOF);
        return;
    }
    uint32_t psr = arm_xpsr(cpu) | (padded ? 1u << 9 : 0);
    if (cpu->secure && (cpu->control & ARM_CONTROL_SFPA))
        psr |= PSR_SFPA;
    bool ok = store_frame(cpu, frame, psr, extended);
    cpu->r[13] = frame;
    if (!ok)
        arm_frame_fault(cpu, ARM_CFSR_MSTKERR, ARM_CFSR_STKERR);
}

/* The vector's word, as the state reads it that the exception is taken to. */
static bool fetch_vector(struct arm_cpu *cpu, uint32_t slot, uint32_t *vector)
{
    struct arm_core *core = arm_core_of(cpu);
    bool secure = arm_targets_secure(core, slot);
    uint32_t address = mote_reg(arm_scb_of(core, secure), SCB_VTOR) + 4 * arm_number(slot);
    if (core->security != NULL && !secure && arm_attribution(cpu, address, false, false).secure)
        return false;
    return arm_bus_word(cpu, address, vector);
}

static void enter_handler(struct arm_cpu *cpu, uint32_t slot, bool chained);

/* HardFault instead, on the same frame; the exception itself stays pending. */
static void vector_fault(struct arm_cpu *cpu, uint32_t slot)
{
    struct arm_core *core = arm_core_of(cpu);
    /* To Armv8-M it is a fault that became HardFault. */
    bool forced = cpu->features & ARM_HAS_V8M;
    mote_reg(core->scb, SCB_HFSR) |= ARM_HFSR_VECTTBL | (forced ? ARM_HFSR_FORCED : 0);
    uint32_t n = arm_number(slot);
    if (n == ARM_EXC_HARDFAULT || n == ARM_EXC_NMI) {
        arm_lock_up(cpu, "the vector of HardFault or NMI cannot be read");
        return;
    }
    bool secure =
        core->security != NULL && (!core->security->bfhfnmins || arm_targets_secure(core, slot));
    uint32_t hard = arm_slot(core, ARM_EXC_HARDFAULT, secure);
    arm_bit_set(core->nvic.pending, hard);
    enter_handler(cpu, hard, true);
}

/* Fetches the vector and enters the handler; LR gets core->exc_return. */
static void enter_handler(struct arm_cpu *cpu, uint32_t slot, bool chained)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t vector = 0;
    if (core->security != NULL && !arm_secure_entry(cpu, slot, chained)) {
        /* A derived exception on the way: what is most urgent now, with what was saved. */
        if (!core->locked_up && core->nvic.best != 0)
            enter_handler(cpu, core->nvic.best, true);
        return;
    }
    if (!fetch_vector(cpu, slot, &vector)) {
        vector_fault(cpu, slot);
        return;
    }
    arm_bit_clear(core->nvic.pending, slot);
    arm_bit_set(core->nvic.active, slot);
    core->nvic.event_register = true;
    if (core->security != NULL) {
        bool secure = arm_targets_secure(core, slot);
        if (!secure)
            arm_clear_registers(cpu);
        arm_set_security(cpu, secure);
    }
    arm_set_mode(cpu, arm_number(slot), cpu->control & ARM_CONTROL_NPRIV);
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
    bool chained = core->phase == ARM_PHASE_CHAIN;
    core->phase = ARM_PHASE_NONE;
    uint32_t n = core->phase_exception;
    if (arm_would_preempt(cpu, core->nvic.best, false))
        n = core->nvic.best;
    if (!core->locked_up)
        enter_handler(cpu, n, chained);
}

/* ---- return -----------------------------------------------------------------------------------
 */

/* An EXC_RETURN or a frame that makes no sense: UsageFault INVPC, on the frame that is there. */
static void return_fault(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->exc_return |= core->security != NULL ? 0xFF000000u : 0xF0000000u;
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

/* Past the checks: another exception first, or the frame. */
static void begin_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (arm_would_preempt(cpu, core->nvic.best, false))
        begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
    else
        begin_phase(cpu, ARM_PHASE_UNSTACK, 0, cost(cpu, PIPELINE_EXCEPTION_RETURN));
}

static void secure_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t value = core->exc_return;
    if ((value | 1u) == ARM_FNC_RETURN) {
        arm_function_return(cpu);
        return;
    }
    core->exc_return |= 0xFF000000u | (arm_has_fp(cpu) ? 0u : (uint32_t)ARM_EXC_RETURN_FTYPE);
    if (arm_secure_return(cpu, core->exc_return))
        begin_return(cpu);
    else
        begin_phase(cpu, ARM_PHASE_CHAIN, core->nvic.best, cost(cpu, PIPELINE_TAIL_CHAIN));
}

void arm_exception_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t n = cpu->exception;
    core->return_pending = false;
    if (core->security != NULL) {
        secure_return(cpu);
        return;
    }
    uint32_t active = arm_active_count(cpu);
    bool valid = arm_bit(core->nvic.active, n) && exc_return_valid(cpu, core->exc_return, active);
    /* Armv8-M keeps the handler active when the nesting is wrong; both end in UsageFault. */
    arm_deactivate(cpu, n);
    if (!valid) {
        return_fault(cpu);
        return;
    }
    cpu->control &= ~(uint32_t)ARM_CONTROL_FPCA;
    begin_return(cpu);
}

struct frame {
    uint32_t word[8], callee[8];
    struct arm_fp_frame fp;
};

static bool load_frame(struct arm_cpu *cpu, uint32_t address, bool extended, struct frame *frame)
{
    for (uint32_t i = 0; i < 8; i++)
        if (arm_load_aligned(cpu, address + 4 * i, &frame->word[i]) != ARM_OK)
            return false;
    return !extended || arm_fp_load(cpu, address + BASIC_FRAME_BYTES, &frame->fp);
}

static void after_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    cpu->exclusive = false;
    core->nvic.event_register = true;
    arm_nvic_update(cpu);
    if (!arm_handler_mode(cpu) && arm_active_count(cpu) == 0 &&
        (mote_reg(arm_scb_of(core, cpu->secure), SCB_SCR) & ARM_SCR_SLEEPONEXIT))
        arm_sleep_begin(cpu, false);
}

/* Loads the frame of the mode that is returned to with its rights; `*address` ends behind the
 * callee's registers. */
static bool load_context(struct arm_cpu *cpu, uint32_t *address, bool thread, bool extended,
                         struct frame *frame)
{
    struct arm_core *core = arm_core_of(cpu);
    cpu->unprivileged = thread && (cpu->control & ARM_CONTROL_NPRIV);
    bool loaded =
        core->security == NULL || arm_pop_callee(cpu, core->exc_return, address, frame->callee);
    loaded = loaded && load_frame(cpu, *address, extended, frame);
    cpu->unprivileged = false;
    return loaded;
}

static void take_frame(struct arm_cpu *cpu, const struct frame *frame, bool extended)
{
    const uint32_t psr = frame->word[7];
    for (uint32_t i = 0; i < 4; i++)
        cpu->r[i] = frame->word[i];
    if (arm_core_of(cpu)->security != NULL)
        for (uint32_t i = 0; i < 8; i++)
            cpu->r[4 + i] = frame->callee[i];
    cpu->r[12] = frame->word[4];
    cpu->r[14] = frame->word[5];
    cpu->pc = cpu->next_pc = frame->word[6] & ~1u;
    arm_set_psr(cpu, psr);
    if (extended)
        arm_fp_restore(cpu, &frame->fp);
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
    arm_update_access(cpu);
}

static void pop_stack(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t value = core->exc_return;
    bool extended = !(value & ARM_EXC_RETURN_FTYPE) && arm_has_fp(cpu);
    bool thread = value & ARM_EXC_RETURN_MODE, process = thread && (value & ARM_EXC_RETURN_SPSEL);
    if (core->security != NULL) {
        arm_set_security(cpu, value & ARM_EXC_RETURN_S);
        process = thread && (cpu->control & ARM_CONTROL_SPSEL);
    }
    uint32_t address = arm_get_sp(cpu, process);
    struct frame frame = {0};
    if (!load_context(cpu, &address, thread, extended, &frame)) {
        arm_frame_fault(cpu, ARM_CFSR_MUNSTKERR, ARM_CFSR_UNSTKERR);
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
    uint32_t sp = address + BASIC_FRAME_BYTES + (extended ? arm_fp_frame_bytes(cpu) : 0);
    if (align && (psr & 1u << 9))
        sp |= 4;
    arm_set_sp(cpu, process, sp);
    uint32_t control = cpu->control & ARM_CONTROL_NPRIV;
    control |= core->security != NULL ? cpu->control & ARM_CONTROL_SPSEL
               : process              ? (uint32_t)ARM_CONTROL_SPSEL
                                      : 0u;
    control |= extended ? (uint32_t)ARM_CONTROL_FPCA : 0u;
    control |= cpu->secure && (psr & PSR_SFPA) ? (uint32_t)ARM_CONTROL_SFPA : 0u;
    arm_set_mode(cpu, number, control);
    take_frame(cpu, &frame, extended);
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
    arm_security_start(core);
    uint32_t table = mote_reg(core->scb, SCB_VTOR), sp = 0, pc = 0;
    if (!arm_bus_word(cpu, table, &sp) || !arm_bus_word(cpu, table + 4, &pc)) {
        arm_lock_up(cpu, "the reset vector cannot be read: no memory there");
        return;
    }
    cpu->r[13] = sp & ~3u;
    cpu->pc = cpu->next_pc = pc & ~1u;
    cpu->thumb = pc & 1;
}
