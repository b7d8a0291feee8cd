/* Checks before an access: debug triggers first, then physical memory protection.
 *
 * Document: Volume II 3.1.6.3 (MPRV), 3.3.1 (priority of synchronous exceptions), 3.7; "RISC-V
 * Debug Support" 0.13.2, chapter 5. A misaligned access is checked by the parts that memory.c makes
 * of it. */
#include "riscv.h"

/* The privilege that an access has: loads and stores may borrow that of mstatus.MPP. */
static uint32_t effective_mode(const struct riscv_cpu *cpu, enum riscv_access access)
{
    bool borrows = access != RISCV_ACCESS_FETCH && (cpu->mstatus & RISCV_MSTATUS_MPRV);
    return borrows ? (uint32_t)(cpu->mstatus >> 11 & 3) : cpu->mode;
}

void riscv_guard_changed(struct riscv_cpu *cpu)
{
    struct riscv_guard *guard = &cpu->guard;
    bool machine = cpu->mode == RISCV_MODE_M &&
                   effective_mode(cpu, RISCV_ACCESS_LOAD) == RISCV_MODE_M && !guard->pmp.locked;
    guard->idle = !guard->armed && (machine || guard->pmp.entries == 0);
    for (uint32_t i = 0; i < 3; i++)
        guard->open[i] = (struct riscv_span){0, UINT64_MAX, guard->idle};
}

static bool refuse(struct riscv_cpu *cpu, enum riscv_access access, uint64_t address)
{
    static const enum riscv_cause causes[] = {RISCV_CAUSE_LOAD_ACCESS, RISCV_CAUSE_STORE_ACCESS,
                                              RISCV_CAUSE_FETCH_ACCESS};
    riscv_raise(cpu, causes[access], address);
    return false;
}

static bool pmp_check(struct riscv_cpu *cpu, enum riscv_access access, uint64_t address,
                      uint32_t bytes)
{
    uint32_t mode = effective_mode(cpu, access);
    struct riscv_span span;
    int entry;
    if (!riscv_pmp_allows(&cpu->guard.pmp, access, mode, address, bytes, &span, &entry)) {
        cpu->guard.refusal = (struct riscv_refusal){RISCV_REFUSED_BY_PMP, mode, entry};
        return refuse(cpu, access, address);
    }
    /* Triggers match by the mode that the hart is in. */
    if (!riscv_trigger_armed(&cpu->guard, access, cpu->mode))
        cpu->guard.open[access] = span;
    return true;
}

bool riscv_guard_check(struct riscv_cpu *cpu, enum riscv_access access, uint64_t address,
                       uint32_t bytes)
{
    if (riscv_trigger_armed(&cpu->guard, access, cpu->mode) &&
        riscv_trigger_fires(&cpu->guard, access, cpu->mode, address, bytes)) {
        cpu->guard.refusal = (struct riscv_refusal){RISCV_REFUSED_BY_TRIGGER, cpu->mode, -1};
        riscv_raise(cpu, RISCV_CAUSE_BREAKPOINT, address);
        return false;
    }
    if ((address & (bytes - 1)) == 0)
        return pmp_check(cpu, access, address, bytes);
    if (access != RISCV_ACCESS_FETCH && !(cpu->features & RISCV_HAS_MISALIGNED))
        return true; /* it will raise for its alignment */
    for (uint32_t done = 0; done < bytes;) {
        uint64_t at = (address + done) & cpu->xmask;
        uint32_t part = !(at & 1) && bytes - done >= 2 ? 2 : 1;
        if (!pmp_check(cpu, access, at, part))
            return false;
        done += part;
    }
    return true;
}
