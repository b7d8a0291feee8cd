/* A hart's time: cycles against picoseconds, sleep (WFI) and waking. While asleep cycles stand
 * still and ticks of the core clock go on; on waking the hart continues at the first tick at or
 * after the present time, so rounded times are never summed. Volume II 3.3.3. */
#include "riscv.h"

uint64_t riscv_now_ps(const struct riscv_cpu *cpu)
{
    if (cpu->clock.hz == 0)
        return mote_now_ps(cpu->sys);
    return mote_counter_when_ps(&cpu->clock, cpu->cycles + cpu->sleep_ticks);
}

/* The first tick at or after a time. */
static uint64_t tick_at(const struct riscv_cpu *cpu, uint64_t when_ps)
{
    uint64_t tick = mote_counter_value(&cpu->clock, when_ps);
    if (cpu->clock.hz != 0 && mote_counter_when_ps(&cpu->clock, tick) < when_ps)
        tick++;
    return tick;
}

void riscv_update_deadline(struct riscv_cpu *cpu)
{
    cpu->due_ps = *mote_next_event_ps(cpu->sys);
    cpu->deadline = UINT64_MAX;
    if (cpu->due_ps == MOTE_NEVER_PS || cpu->clock.hz == 0)
        return;
    uint64_t tick = tick_at(cpu, cpu->due_ps);
    cpu->deadline = tick > cpu->sleep_ticks ? tick - cpu->sleep_ticks : 0;
}

void riscv_clock_changed(struct riscv_cpu *cpu)
{
    uint64_t now = mote_now_ps(cpu->sys);
    uint64_t tick = cpu->sleep == RISCV_ASLEEP ? mote_counter_value(&cpu->clock, now)
                                               : cpu->cycles + cpu->sleep_ticks;
    mote_counter_set(&cpu->clock, now, tick, mote_clock_hz(cpu->dev, 0));
    riscv_update_deadline(cpu);
    cpu->attention = true;
}

static void fall_asleep(struct riscv_cpu *cpu)
{
    cpu->sleep_started_ps = riscv_now_ps(cpu);
    mote_set_now_ps(cpu->sys, cpu->sleep_started_ps);
    cpu->sleep = RISCV_ASLEEP;
    mote_wire_set(cpu->dev, 0, 1);
}

static void wake_up(struct riscv_cpu *cpu)
{
    mote_wire_set(cpu->dev, 0, 0);
    uint64_t now = mote_now_ps(cpu->sys);
    cpu->sleep_ticks = tick_at(cpu, now) - cpu->cycles;
    cpu->sleep = RISCV_AWAKE;
    cpu->sleep_ps += now - cpu->sleep_started_ps;
    riscv_update_deadline(cpu);
}

/* WFI ends by any interrupt that is pending and enabled in mie, whatever mstatus.MIE says. */
bool riscv_awake(struct riscv_cpu *cpu)
{
    if (cpu->sleep == RISCV_AWAKE)
        return true;
    bool wake = (cpu->mip & cpu->mie) != 0;
    if (!wake) {
        if (cpu->sleep == RISCV_SLEEP_DUE)
            fall_asleep(cpu);
        return false;
    }
    if (cpu->sleep == RISCV_ASLEEP)
        wake_up(cpu);
    cpu->sleep = RISCV_AWAKE;
    return true;
}
