/* A core's time: cycles against picoseconds, sleep, and waking.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B1.5.17 (WFE), B1.5.19 (WFI).
 * While asleep cycles stand still and ticks of the core clock go on; on waking the core continues
 * at the first tick at or after the present time, so rounded times are never summed. */
#include "core.h"

uint64_t arm_ticks(const struct arm_core *core)
{
    return mote_counter_value(&core->clock, mote_now_ps(core->cpu.sys));
}

uint64_t arm_tick_ps(const struct arm_core *core, uint64_t tick)
{
    return mote_counter_when_ps(&core->clock, tick);
}

uint64_t arm_now_ps(const struct arm_cpu *cpu)
{
    const struct arm_core *core = arm_core_of(cpu);
    if (core->clock.hz == 0)
        return mote_now_ps(cpu->sys);
    return mote_counter_when_ps(&core->clock, cpu->cycles + core->sleep_ticks);
}

void arm_update_deadline(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->due_ps = *mote_next_event_ps(cpu->sys);
    cpu->deadline = UINT64_MAX;
    if (core->due_ps == MOTE_NEVER_PS || core->clock.hz == 0)
        return;
    uint64_t tick = mote_counter_value(&core->clock, core->due_ps);
    if (mote_counter_when_ps(&core->clock, tick) < core->due_ps)
        tick++;
    cpu->deadline = tick > core->sleep_ticks ? tick - core->sleep_ticks : 0;
}

void arm_clock_changed(struct arm_core *core)
{
    struct arm_cpu *cpu = &core->cpu;
    uint64_t now = mote_now_ps(cpu->sys);
    uint64_t tick = core->sleep == ARM_ASLEEP ? mote_counter_value(&core->clock, now)
                                              : cpu->cycles + core->sleep_ticks;
    mote_counter_set(&core->clock, now, tick, mote_clock_hz(core->dev, 0));
    arm_systick_rearm(core);
    arm_update_deadline(cpu);
    cpu->attention = true;
}

void arm_sleep_begin(struct arm_cpu *cpu, bool wfe)
{
    struct arm_core *core = arm_core_of(cpu);
    core->sleep = ARM_SLEEP_DUE;
    core->sleep_is_wfe = wfe;
    cpu->attention = true;
}

/* WFI wakes for an interrupt that would be taken if PRIMASK were clear; WFE needs one that will be
 * taken, or an event. */
static bool wake_condition(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (core->sleep_is_wfe && core->nvic.event_register) {
        core->nvic.event_register = false;
        return true;
    }
    return arm_would_preempt(cpu, core->nvic.best, !core->sleep_is_wfe);
}

static void fall_asleep(struct arm_core *core)
{
    struct arm_cpu *cpu = &core->cpu;
    core->sleep_started_ps = arm_now_ps(cpu);
    mote_set_now_ps(cpu->sys, core->sleep_started_ps);
    core->sleep = ARM_ASLEEP;
    arm_systick_rearm(core);
    /* SLEEPDEEP first: who sees SLEEP rise knows which sleep it is. */
    if (mote_reg(core->scb, SCB_SCR) & ARM_SCR_SLEEPDEEP)
        mote_wire_set(core->dev, ARM_OUT_SLEEPDEEP, 1);
    mote_wire_set(core->dev, ARM_OUT_SLEEP, 1);
}

static void wake_up(struct arm_core *core)
{
    struct arm_cpu *cpu = &core->cpu;
    mote_wire_set(core->dev, ARM_OUT_SLEEP, 0);
    mote_wire_set(core->dev, ARM_OUT_SLEEPDEEP, 0);
    uint64_t now = mote_now_ps(cpu->sys);
    uint64_t tick = mote_counter_value(&core->clock, now);
    if (core->clock.hz != 0 && mote_counter_when_ps(&core->clock, tick) < now)
        tick++;
    core->sleep_ticks = tick - cpu->cycles;
    core->sleep = ARM_AWAKE;
    arm_systick_rearm(core);
    core->sleep_ps += now - core->sleep_started_ps;
    arm_update_deadline(cpu);
}

bool arm_awake(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (core->sleep == ARM_AWAKE)
        return true;
    if (core->sleep == ARM_SLEEP_DUE) {
        if (wake_condition(cpu)) {
            core->sleep = ARM_AWAKE;
            return true;
        }
        fall_asleep(core);
        return false;
    }
    if (!wake_condition(cpu))
        return false;
    wake_up(core);
    return true;
}
