/* See queue.h.
 *
 * The Cortex-M33 has two AHB masters, both for instructions and data: C-AHB for addresses below
 * 0x20000000, S-AHB above (Cortex-M33 TRM, 100230, 1.3). So a load from flash takes a cycle in
 * which a fetch from flash would have been made. The queue hides that while it holds enough: one
 * instruction a cycle takes one halfword or two of it, a fetch brings two. Straight-line code of
 * 32-bit instructions never gains on it, so there each such load costs a cycle.
 * Not modelled: accesses to device windows; that an instruction of 16 bits would do with less. */
#include "queue.h"

#include "arm.h"

enum { WORD = 2 };

void arm_queue_restart(struct arm_cpu *cpu, uint32_t pc, uint32_t stall)
{
    cpu->queue->at = cpu->cycles + stall;
    cpu->queue->pc = pc;
    cpu->queue->ahead = pc & 2 ? 1 : WORD;
}

/* Halfwords at the beginning of the instruction at cpu->pc, its own included. */
static uint32_t filled(const struct arm_cpu *cpu, const struct arm_queue *queue)
{
    int64_t fetched = WORD * (int64_t)(cpu->cycles - queue->at);
    int64_t used = (int32_t)(cpu->pc - queue->pc) / 2;
    int64_t ahead = queue->ahead + fetched - used;
    if (ahead < WORD)
        return WORD;
    return ahead < queue->capacity ? (uint32_t)ahead : queue->capacity;
}

uint32_t arm_queue_access(struct arm_cpu *cpu, uint32_t address)
{
    struct arm_queue *queue = cpu->queue;
    if (!arm_queue_is_shared(cpu->pc, address) || queue->accessed == cpu->cycles)
        return 0; /* further words of an instruction take their cycle anyhow */
    uint32_t own = (cpu->next_pc - cpu->pc) / 2, ahead = filled(cpu, queue);
    uint32_t wait = ahead - own < WORD ? 1 : 0;
    queue->accessed = cpu->cycles;
    queue->at = cpu->cycles + cpu->stall + wait;
    queue->pc = cpu->pc;
    queue->ahead = ahead - WORD + wait * WORD;
    return wait;
}
