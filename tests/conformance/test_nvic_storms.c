/* Random interrupt storms on the real core against a plain reference model of the NVIC.
 *
 * Thread and all handlers run the same four instructions: load a word from a device, compare, loop,
 * or return. At each such load the device performs one random action (pend, clear, enable, change a
 * priority, a mask or the grouping, move a line, request software interrupts, set PendSV, return)
 * on the core through its registers and system instructions, and the model makes the same. The
 * model then says which exceptions are entered and left, hence which one must make the next load.
 *
 * The model follows the Armv7-M ARM B1.5.4 and B3.4 in the plainest way: arrays and loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"
#include <stdio.h>
#include <string.h>

enum { STORMS = 10000, ACTIONS = 60, LINES = 20, NUMBERS = 16 + LINES, DEVICE = 0x40000000 };
enum { NMI = 2, HARDFAULT = 3, SVC = 11, PENDSV = 14, SYSTICK = 15 };

/* ---- the reference model ----------------------------------------------------------------------
 */

struct model {
    bool pending[NUMBERS], active[NUMBERS], enabled[NUMBERS], level[NUMBERS];
    int priority[NUMBERS];
    int bits, prigroup;
    int basepri, primask, faultmask;
    int stack[NUMBERS], depth; /* running exceptions, innermost last */
};

static int group_of(const struct model *m, int priority)
{
    if (priority < 0)
        return priority;
    int unit = 1;
    for (int i = 0; i <= m->prigroup; i++)
        unit *= 2;
    return priority / unit * unit;
}

static int current_priority(const struct model *m)
{
    int now = 256;
    for (int n = 2; n < NUMBERS; n++)
        if (m->active[n] && group_of(m, m->priority[n]) < now)
            now = group_of(m, m->priority[n]);
    if (m->basepri != 0 && group_of(m, m->basepri) < now)
        now = group_of(m, m->basepri);
    if (m->primask && now > 0)
        now = 0;
    if (m->faultmask && now > -1)
        now = -1;
    return now;
}

static int most_urgent(const struct model *m)
{
    int best = 0;
    for (int n = NUMBERS - 1; n >= 2; n--)
        if (m->pending[n] && m->enabled[n] && (best == 0 || m->priority[n] <= m->priority[best]))
            best = n;
    return best;
}

static void settle(struct model *m)
{
    for (;;) {
        int n = most_urgent(m);
        if (n == 0 || group_of(m, m->priority[n]) >= current_priority(m))
            return;
        m->pending[n] = false;
        m->active[n] = true;
        m->stack[m->depth++] = n;
        /* Within one boundary no second one can preempt: it would have been the most urgent. */
    }
}

static void pend(struct model *m, int n)
{
    m->pending[n] = true;
}

static void unpend(struct model *m, int n)
{
    if (!(m->level[n] && !m->active[n]))
        m->pending[n] = false;
}

static void set_level(struct model *m, int n, bool level)
{
    if (level && !m->level[n])
        m->pending[n] = true;
    m->level[n] = level;
}

static void leave_handler(struct model *m)
{
    int n = m->stack[--m->depth];
    m->active[n] = false;
    if (n != NMI)
        m->faultmask = 0;
    if (m->level[n])
        m->pending[n] = true;
}

static int running(const struct model *m)
{
    return m->depth == 0 ? 0 : m->stack[m->depth - 1];
}

/* ---- the storm --------------------------------------------------------------------------------
 */

struct storm {
    struct arm_bench *b;
    struct model model;
    uint32_t random;
    uint32_t loads, actions, entries, deepest;
    bool over;
};
static struct storm storm;

static uint32_t chance(uint32_t below)
{
    storm.random = storm.random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)storm.random * below >> 32);
}

static void write32(uint32_t address, uint32_t value)
{
    assert_true(mote_bus_store(storm.b->sys, address, 4, value));
}

static void act_on_line(struct model *m, uint32_t kind)
{
    uint32_t line = chance(LINES);
    int n = 16 + (int)line;
    switch (kind) {
    case 0: /* set pending, by register or by STIR */
        if (chance(2))
            write32(0xE000E200, 1u << line);
        else
            write32(0xE000EF00, line);
        pend(m, n);
        break;
    case 1:
        write32(0xE000E280, 1u << line);
        unpend(m, n);
        break;
    case 2:
        write32(0xE000E100, 1u << line);
        m->enabled[n] = true;
        break;
    case 3:
        write32(0xE000E180, 1u << line);
        m->enabled[n] = false;
        break;
    case 4: { /* a line moves; one in two is a pulse */
        bool level = !m->level[n];
        bench_drive(storm.b->dev, "irq", line, level);
        set_level(m, n, level);
        if (level && chance(2)) {
            bench_drive(storm.b->dev, "irq", line, 0);
            set_level(m, n, false);
        }
        break;
    }
    default: { /* a priority; only the implemented bits stay */
        uint32_t value = chance(256);
        assert_true(mote_bus_store(storm.b->sys, 0xE000E400 + line, 1, value));
        m->priority[n] = (int)(value & (0xFF00u >> m->bits & 0xFF));
        break;
    }
    }
}

static void act_on_system(struct model *m)
{
    static const struct {
        int n;
        uint32_t set, clear;
    } system[] = {{PENDSV, 1u << 28, 1u << 27}, {SYSTICK, 1u << 26, 1u << 25}, {NMI, 1u << 31, 0}};
    uint32_t which = chance(16) == 0 ? 2 : chance(2);
    if (system[which].clear != 0 && chance(3) == 0) {
        write32(0xE000ED04, system[which].clear);
        m->pending[system[which].n] = false;
    } else {
        write32(0xE000ED04, system[which].set);
        pend(m, system[which].n);
    }
}

static void act_on_masks(struct model *m)
{
    struct arm_cpu *cpu = storm.b->cpu;
    uint32_t value = chance(256);
    switch (chance(6)) {
    case 0:
        arm_sys_cps(cpu, value & 1, true, false);
        m->primask = value & 1;
        break;
    case 1:
        if (!(value & 1) || current_priority(m) > -1)
            m->faultmask = value & 1;
        arm_sys_cps(cpu, value & 1, false, true);
        break;
    case 2:
    case 3: /* BASEPRI, mostly off again */
        value = chance(2) ? value : 0;
        arm_sys_msr(cpu, 17, 0, value);
        m->basepri = (int)(value & (0xFF00u >> m->bits & 0xFF));
        break;
    case 4: { /* BASEPRI_MAX raises only */
        int wanted = (int)(value & (0xFF00u >> m->bits & 0xFF));
        arm_sys_msr(cpu, 18, 0, value);
        if (wanted != 0 && (wanted < m->basepri || m->basepri == 0))
            m->basepri = wanted;
        break;
    }
    default: {
        uint32_t prigroup = value & 7;
        write32(0xE000ED0C, 0x05FA0000u | prigroup << 8);
        m->prigroup = (int)prigroup;
        break;
    }
    }
}

/* Everything that could keep the storm from ending is taken away. */
static void calm(struct model *m)
{
    write32(0xE000E180, ~0u);
    write32(0xE000ED04, 1u << 27 | 1u << 25);
    for (int n = 16; n < NUMBERS; n++)
        m->enabled[n] = false;
    m->pending[PENDSV] = m->pending[SYSTICK] = false;
}

/* The word that the running code gets: 1 go on, 0 return from the handler. */
static uint32_t next_word(void)
{
    struct model *m = &storm.model;
    bool handler = m->depth > 0;
    if (storm.actions == ACTIONS) {
        calm(m);
        if (!handler) {
            storm.over = true;
            mote_request_stop(storm.b->sys, MOTE_STOP_HOST, 0, NULL);
        }
    } else {
        storm.actions++;
        uint32_t what = chance(20);
        if (what < 13)
            act_on_line(m, chance(6));
        else if (what < 16)
            act_on_system(m);
        else
            act_on_masks(m);
    }
    settle(m);
    storm.entries += running(m) != 0;
    storm.deepest = (uint32_t)m->depth > storm.deepest ? (uint32_t)m->depth : storm.deepest;
    return 1;
}

/* 1 in 4 loads of a handler tells it to return, unless an action has just preempted it. */
static bool device_window(struct mote_device *dev, struct mote_access *access)
{
    (void)dev;
    struct model *m = &storm.model;
    if (access->store) {
        return true;
    }
    storm.loads++;
    if (storm.b->cpu->exception != (uint32_t)running(m))
        fail_msg("storm %u, action %u: the core runs exception %u, the model %d", storm.random,
                 storm.actions, storm.b->cpu->exception, running(m));
    for (int n = 16; n < NUMBERS; n++) {
        if (arm_bit(storm.b->core->nvic.pending, (uint32_t)n) != m->pending[n] ||
            arm_bit(storm.b->core->nvic.active, (uint32_t)n) != m->active[n])
            fail_msg("action %u: pending or active of %d differ", storm.actions, n);
    }
    access->value = 1;
    if (m->depth > 0 && (chance(4) == 0 || storm.actions == ACTIONS)) {
        /* The handler will return; the model leaves it when the core does, with nothing between. */
        if (storm.actions == ACTIONS)
            calm(m);
        settle(m);
        leave_handler(m);
        settle(m);
        access->value = 0;
        return true;
    }
    access->value = next_word();
    return true;
}

static const struct mote_device_class device_class = {
    .name = "storm_device", .window_bytes = 0x100, .window = device_window};

static void start_storm(uint32_t seed)
{
    struct arm_bench *b = storm.b;
    struct model *m = &storm.model;
    memset(m, 0, sizeof *m);
    for (uint32_t line = 0; line < LINES; line++)
        bench_drive(b->dev, "irq", line, 0);
    arm_bench_reset(b);
    b->cpu->r[4] = DEVICE;
    storm.random = seed;
    storm.actions = 0;
    storm.over = false;
    m->bits = (int)__builtin_popcount(b->core->nvic.priority_mask);
    m->priority[NMI] = -2;
    m->priority[HARDFAULT] = -1;
    for (int n = 2; n < 16; n++)
        m->enabled[n] = true;
    uint32_t enabled = chance(1u << LINES) | chance(1u << LINES);
    write32(0xE000E100, enabled);
    for (uint32_t line = 0; line < LINES; line++) {
        uint32_t priority = chance(256) & b->core->nvic.priority_mask;
        assert_true(mote_bus_store(b->sys, 0xE000E400 + line, 1, priority));
        m->priority[16 + line] = (int)priority;
        m->enabled[16 + line] = enabled >> line & 1;
    }
    uint32_t pendsv = chance(256), systick = chance(256);
    write32(0xE000ED20, systick << 24 | pendsv << 16);
    m->priority[PENDSV] = (int)(pendsv & b->core->nvic.priority_mask);
    m->priority[SYSTICK] = (int)(systick & b->core->nvic.priority_mask);
    m->prigroup = (int)chance(8);
    write32(0xE000ED0C, 0x05FA0000u | (uint32_t)m->prigroup << 8);
}

/* To its end: instruction by instruction, or by the run loop of the present accuracy. */
static void run_storm(bool stepping)
{
    struct arm_bench *b = storm.b;
    const struct mote_core_ops *ops = b->mote->ops;
    for (uint32_t i = 0; !storm.over; i++) {
        assert_true(i < 100000);
        mote_run_events(b->sys, mote_now_ps(b->sys));
        enum mote_core_state state = stepping ? ops->step(b->mote) : ops->run(b->mote);
        assert_int_equal(state, MOTE_CORE_RUNNING);
    }
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    assert_int_equal(mote_stop_requested(b->sys), MOTE_STOP_HOST);
    mote_clear_stop(b->sys);
}

static void run_storms(const char *compatible, uint32_t bits, uint32_t storms)
{
    const struct bench_prop props[] = {
        {.name = "arm,num-irq-priority-bits", .cells = &bits, .count = 1}, {0}};
    static struct storm none;
    storm = none;
    storm.b = arm_bench_new(compatible, props);
    bench_add_class(storm.b->bench, &device_class, NULL, "storm", DEVICE, 0, NULL);
    /* ldr r0, [r4]; cmp r0, #0; bne back; bx lr (the thread never gets there) */
    ARM_CODE(storm.b, CODE, T_LDR(0, 4, 0), T_CMP(0, 0), T_BNE(-4), T_BX_LR);
    ARM_CODE(storm.b, HANDLER, T_LDR(0, 4, 0), T_CMP(0, 0), T_BNE(-4), T_BX_LR);
    for (uint32_t i = 0; i < storms; i++) {
        /* A third each: stepping, exact, fast. */
        storm.b->mote->ops->set_accuracy(storm.b->mote,
                                         i % 3 == 2 ? MOTE_ACCURACY_FAST : MOTE_ACCURACY_EXACT);
        start_storm(i * 2654435761u + bits);
        run_storm(i % 3 == 0);
    }
    print_message("%s, %u bits: %u storms, %u loads compared, %u in handlers, nested up to %u\n",
                  compatible, bits, storms, storm.loads, storm.entries, storm.deepest);
    assert_true(storm.deepest >= 4);
    arm_bench_free(storm.b);
}

static void test_storms_4_bits(void **state)
{
    (void)state;
    run_storms("arm,cortex-m4f", 4, STORMS / 2);
}

static void test_storms_3_bits(void **state)
{
    (void)state;
    run_storms("arm,cortex-m4f", 3, STORMS / 4);
}

static void test_storms_8_bits_without_fpu(void **state)
{
    (void)state;
    run_storms("arm,cortex-m3", 8, STORMS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storms_4_bits),
        cmocka_unit_test(test_storms_3_bits),
        cmocka_unit_test(test_storms_8_bits_without_fpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
