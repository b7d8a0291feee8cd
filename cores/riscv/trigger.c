/* Debug triggers: breakpoints on instruction, load and store addresses that the firmware itself
 * sets.
 *
 * Document: "RISC-V Debug Support" 0.13.2, chapter 5. Modelled: tselect, tdata1 (mcontrol, type 2),
 * tdata2, tdata3 (0), tinfo; match by equality, NAPOT, greater or equal, and less; chains; before
 * the access, with a breakpoint exception. Not modelled: debug mode and so action 1, matching of
 * data, of sizes, `hit`. Harts whose triggers belong to the debugger show them without effect. */
#include "riscv.h"
#include <string.h>

enum {
    CSR_TSELECT = 0x7A0,
    CSR_TDATA1 = 0x7A1,
    CSR_TDATA2 = 0x7A2,
    CSR_TDATA3 = 0x7A3,
    CSR_TINFO = 0x7A4,
    MCONTROL_LOAD = 1 << 0,
    MCONTROL_STORE = 1 << 1,
    MCONTROL_EXECUTE = 1 << 2,
    MCONTROL_U = 1 << 3,
    MCONTROL_M = 1 << 6,
    MCONTROL_MATCH_SHIFT = 7,
    MCONTROL_MATCH = 15 << MCONTROL_MATCH_SHIFT,
    MCONTROL_CHAIN = 1 << 11,
    MCONTROL_ACTION_DEBUG = 1 << 12,
    TYPE_MATCH = 2,
};

enum match { MATCH_EQUAL, MATCH_NAPOT, MATCH_GREATER_EQUAL, MATCH_LESS };

void riscv_trigger_reset(struct riscv_guard *guard)
{
    memset(guard->trigger, 0, sizeof guard->trigger);
    guard->tselect = 0;
    guard->armed = false;
    if (guard->triggers_of_debugger)
        guard->trigger[0].control = MCONTROL_M | MCONTROL_ACTION_DEBUG;
}

/* ---- matching ---------------------------------------------------------------------------------
 */

static bool looks_at_anything(const struct riscv_trigger *trigger)
{
    return (trigger->control & (MCONTROL_LOAD | MCONTROL_STORE | MCONTROL_EXECUTE)) &&
           (trigger->control & (MCONTROL_M | MCONTROL_U));
}

static bool looks_at(const struct riscv_trigger *trigger, enum riscv_access access, uint32_t mode)
{
    static const uint32_t kinds[] = {MCONTROL_LOAD, MCONTROL_STORE, MCONTROL_EXECUTE};
    return (trigger->control & kinds[access]) &&
           (trigger->control & (mode == RISCV_MODE_M ? MCONTROL_M : MCONTROL_U));
}

bool riscv_trigger_armed(const struct riscv_guard *guard, enum riscv_access access, uint32_t mode)
{
    for (uint32_t i = 0; i < guard->triggers; i++)
        if (looks_at(&guard->trigger[i], access, mode))
            return true;
    return false;
}

/* Instructions match by their first byte, loads and stores by any. */
static bool address_matches(const struct riscv_trigger *trigger, uint64_t first, uint64_t last)
{
    uint64_t at = trigger->address;
    switch ((enum match)((trigger->control & MCONTROL_MATCH) >> MCONTROL_MATCH_SHIFT)) {
    case MATCH_EQUAL:
        return first <= at && at <= last;
    case MATCH_NAPOT:
        return first <= (at | (at + 1)) && (at & (at + 1)) <= last;
    case MATCH_GREATER_EQUAL:
        return last >= at;
    default:
        return first < at;
    }
}

bool riscv_trigger_fires(const struct riscv_guard *guard, enum riscv_access access, uint32_t mode,
                         uint64_t address, uint32_t bytes)
{
    uint64_t last = access == RISCV_ACCESS_FETCH ? address : address + bytes - 1;
    bool all = true; /* of the chain so far */
    for (uint32_t i = 0; i < guard->triggers; i++) {
        const struct riscv_trigger *trigger = &guard->trigger[i];
        all = all && looks_at(trigger, access, mode) && address_matches(trigger, address, last);
        if (trigger->control & MCONTROL_CHAIN)
            continue;
        if (all)
            return true;
        all = true;
    }
    return false;
}

/* ---- registers --------------------------------------------------------------------------------
 */

static uint64_t read_control(const struct riscv_cpu *cpu, const struct riscv_trigger *trigger)
{
    uint64_t type = TYPE_MATCH << 1 | cpu->guard.triggers_of_debugger;
    return type << (cpu->xlen - 5) | trigger->control;
}

bool riscv_trigger_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    const struct riscv_guard *guard = &cpu->guard;
    const struct riscv_trigger *trigger = &guard->trigger[guard->tselect];
    if (guard->triggers == 0 || number < CSR_TSELECT || number > CSR_TINFO)
        return false;
    *value = number == CSR_TSELECT  ? guard->tselect
             : number == CSR_TDATA1 ? read_control(cpu, trigger)
             : number == CSR_TDATA2 ? trigger->address
             : number == CSR_TINFO  ? 1u << TYPE_MATCH
                                    : 0;
    return true;
}

static void write_control(struct riscv_cpu *cpu, struct riscv_trigger *trigger, uint32_t value)
{
    const uint32_t bits = MCONTROL_LOAD | MCONTROL_STORE | MCONTROL_EXECUTE | MCONTROL_M |
                          MCONTROL_MATCH | MCONTROL_CHAIN |
                          (cpu->features & RISCV_HAS_U ? MCONTROL_U : 0u);
    value &= bits;
    if (value >> MCONTROL_MATCH_SHIFT & 0xC) /* masks and inversions */
        value &= ~(uint32_t)MCONTROL_MATCH;
    if (trigger + 1 == cpu->guard.trigger + cpu->guard.triggers)
        value &= ~(uint32_t)MCONTROL_CHAIN; /* there is no next one */
    trigger->control = value;
    cpu->guard.armed = false;
    for (uint32_t i = 0; i < cpu->guard.triggers; i++)
        cpu->guard.armed |= looks_at_anything(&cpu->guard.trigger[i]);
}

bool riscv_trigger_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    struct riscv_guard *guard = &cpu->guard;
    struct riscv_trigger *trigger = &guard->trigger[guard->tselect];
    uint64_t old;
    if (!riscv_trigger_read(cpu, number, &old))
        return false;
    if (number == CSR_TSELECT && value < guard->triggers)
        guard->tselect = (uint32_t)value;
    else if (number == CSR_TDATA1 && !guard->triggers_of_debugger)
        write_control(cpu, trigger, (uint32_t)value);
    else if (number == CSR_TDATA2 && !guard->triggers_of_debugger)
        trigger->address = value;
    riscv_guard_changed(cpu);
    return true;
}
