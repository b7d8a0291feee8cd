/* Hardware performance monitor: mhpmcounter3-31, mhpmevent3-31 and the user's shadows.
 *
 * Documents: Volume II 3.1.10 and 3.1.11; E31 Core Complex Manual, table of mhpmevent (two counters
 * of 40 bits); CV32E40P User Manual, "Performance Counters" (one counter by default).
 * Modelled: events that are instructions, cycles or exceptions, from the totals that the hart keeps
 * anyway. Not modelled, and so never counted: stalls, interlocks, mispredictions and cache misses
 * (E31's classes 1 and 2; CV32E40P's bits 2 to 4 and from 9 on). */
#include "riscv.h"
#include <string.h>

enum {
    FIRST = 3, /* the first event counter's number */
    CSR_MHPMEVENT = 0x320,
    CSR_MHPMCOUNTER = 0xB00,
    CSR_MHPMCOUNTERH = 0xB80,
    CSR_HPMCOUNTER = 0xC00,
    CSR_HPMCOUNTERH = 0xC80,
    SIFIVE_CLASS = 0xFF, /* its field in mhpmevent; class 0 is instructions */
};

enum source { INSTRUCTIONS_OF, ALL_CYCLES, ALL_INSTRUCTIONS, EXCEPTIONS };

struct event {
    uint8_t bit;
    uint8_t source;
    uint32_t classes;
};

#define OF(cls) (1u << MOTE_CLASS_##cls)

static const struct event sifive_events[] = {
    {8, EXCEPTIONS, 0},
    {9, INSTRUCTIONS_OF, OF(LOAD)},
    {10, INSTRUCTIONS_OF, OF(STORE)},
    {11, INSTRUCTIONS_OF, OF(LOAD_MULTI)}, /* atomic memory operations */
    {12, INSTRUCTIONS_OF, OF(SYSTEM) | OF(BARRIER) | OF(HINT)},
    {13, INSTRUCTIONS_OF, OF(ALU) | OF(SHIFT)},
    {14, INSTRUCTIONS_OF, OF(BRANCH_COND)},
    {15, INSTRUCTIONS_OF, OF(BRANCH) | OF(CALL)},
    {16, INSTRUCTIONS_OF, OF(BRANCH_INDIRECT)},
    {17, INSTRUCTIONS_OF, OF(MUL) | OF(MUL_LONG)},
    {18, INSTRUCTIONS_OF, OF(DIV)},
};

static const struct event cv32e40p_events[] = {
    {0, ALL_CYCLES, 0},
    {1, ALL_INSTRUCTIONS, 0},
    {5, INSTRUCTIONS_OF, OF(LOAD)},
    {6, INSTRUCTIONS_OF, OF(STORE)},
    {7, INSTRUCTIONS_OF, OF(BRANCH) | OF(CALL) | OF(BRANCH_INDIRECT)},
    {8, INSTRUCTIONS_OF, OF(BRANCH_COND)},
};

_Static_assert(MOTE_CLASS_COUNT <= 32, "classes are bits of a word here");

/* ---- totals -----------------------------------------------------------------------------------
 */

static uint64_t total_of(const struct riscv_cpu *cpu, const struct event *event)
{
    switch ((enum source)event->source) {
    case ALL_CYCLES:
        return cpu->cycles;
    case ALL_INSTRUCTIONS:
        return cpu->instructions;
    case EXCEPTIONS:
        return cpu->hpm.exceptions;
    default:
        break;
    }
    uint64_t sum = 0;
    for (uint32_t cls = 0; cls < MOTE_CLASS_COUNT; cls++)
        if (event->classes >> cls & 1)
            sum += cpu->activities->item[cpu->insn_activity[cls]].count;
    return sum;
}

/* Everything that a selector has ever chosen to count. */
static uint64_t total(const struct riscv_cpu *cpu, uint64_t selector)
{
    bool sifive = cpu->model.hpm_events == RISCV_HPM_SIFIVE;
    const struct event *events = sifive ? sifive_events : cv32e40p_events;
    size_t count = sifive ? sizeof sifive_events / sizeof *sifive_events
                          : sizeof cv32e40p_events / sizeof *cv32e40p_events;
    uint64_t sum = 0;
    if (cpu->model.hpm_events == RISCV_HPM_NO_EVENTS || (sifive && (selector & SIFIVE_CLASS)))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (selector >> events[i].bit & 1)
            sum += total_of(cpu, &events[i]);
    return sum;
}

static uint64_t width_mask(const struct riscv_cpu *cpu)
{
    return UINT64_MAX >> (64 - cpu->model.hpm_bits);
}

static uint64_t counter_value(const struct riscv_cpu *cpu, uint32_t index)
{
    uint64_t value = cpu->hpm.offset[index];
    if (!(cpu->mcountinhibit >> (index + FIRST) & 1))
        value += total(cpu, cpu->hpm.event[index]);
    return value & width_mask(cpu);
}

static void set_counter(struct riscv_cpu *cpu, uint32_t index, uint64_t value)
{
    if (!(cpu->mcountinhibit >> (index + FIRST) & 1))
        value -= total(cpu, cpu->hpm.event[index]);
    cpu->hpm.offset[index] = value;
}

void riscv_hpm_inhibit(struct riscv_cpu *cpu, uint64_t inhibit)
{
    uint64_t values[RISCV_HPM_MAX];
    for (uint32_t i = 0; i < cpu->model.hpm_counters; i++)
        values[i] = counter_value(cpu, i);
    cpu->mcountinhibit = inhibit;
    for (uint32_t i = 0; i < cpu->model.hpm_counters; i++)
        set_counter(cpu, i, values[i]);
}

void riscv_hpm_reset(struct riscv_cpu *cpu)
{
    memset(cpu->hpm.event, 0, sizeof cpu->hpm.event);
    for (uint32_t i = 0; i < cpu->model.hpm_counters; i++)
        set_counter(cpu, i, 0);
}

/* ---- registers --------------------------------------------------------------------------------
 */

/* The counter that a register belongs to, from 0; its group without the counter's number. */
static bool find(const struct riscv_cpu *cpu, uint32_t number, uint32_t *index, uint32_t *group)
{
    *index = (number & 0x1F) - FIRST;
    *group = number & ~0x1Fu;
    bool upper = *group == CSR_MHPMCOUNTERH || *group == CSR_HPMCOUNTERH;
    return (number & 0x1F) >= FIRST && (*group == CSR_MHPMEVENT || *group == CSR_MHPMCOUNTER ||
                                        *group == CSR_HPMCOUNTER || (upper && cpu->xlen == 32));
}

bool riscv_hpm_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    uint32_t index, group;
    if (!find(cpu, number, &index, &group))
        return false;
    *value = 0;
    if (index >= cpu->model.hpm_counters)
        return true;
    uint64_t counter = counter_value(cpu, index);
    *value = group == CSR_MHPMEVENT                                  ? cpu->hpm.event[index]
             : group == CSR_MHPMCOUNTERH || group == CSR_HPMCOUNTERH ? counter >> 32
                                                                     : counter & cpu->xmask;
    return true;
}

bool riscv_hpm_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    uint32_t index, group;
    if (!find(cpu, number, &index, &group))
        return false;
    if (index >= cpu->model.hpm_counters)
        return true;
    uint64_t counter = counter_value(cpu, index);
    if (group == CSR_MHPMEVENT) {
        cpu->hpm.event[index] = (uint32_t)value;
        set_counter(cpu, index, counter);
    } else if (group == CSR_MHPMCOUNTERH) {
        set_counter(cpu, index, (uint32_t)counter | value << 32);
    } else {
        set_counter(cpu, index, cpu->xlen == 32 ? (counter & ~0xFFFFFFFFull) | value : value);
    }
    return true;
}
