#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "arm_bench.h"
#include <mote/core.h>
#include <string.h>

/* Unicorn 2.1.1 loses 32 bytes with each engine that it opens and closes. Read by LeakSanitizer. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libunicorn\n";
}

enum { FLASH_BYTES = 256 * 1024, MAX_PROPS = 16 };

static void console(void *user, const char *bytes, size_t count)
{
    struct arm_bench *b = user;
    size_t used = strlen(b->text);
    if (used + count < sizeof b->text) {
        memcpy(b->text + used, bytes, count);
        b->text[used + count] = '\0';
    }
}

struct arm_bench *arm_bench_new(const char *compatible, const struct bench_prop *props)
{
    struct arm_bench *b = test_calloc(1, sizeof *b);
    b->bench = bench_new();
    b->sys = bench_system(b->bench);
    b->clock = bench_clock(b->bench, ARM_BENCH_HZ);
    struct mote_err err = {""};
    assert_non_null(
        mote_region_add(b->sys, "flash", 0, FLASH_BYTES, false, true, 0xFF, NULL, &err));
    bench_ram(b->bench, RAM, RAM_TOP - RAM);
    struct bench_prop all[MAX_PROPS] = {{.name = "compatible", .text = compatible}};
    for (size_t i = 0; props != NULL && props[i].name != NULL; i++) {
        assert_true(i + 2 < MAX_PROPS);
        all[i + 1] = props[i];
    }
    arm_bench_set_word(b, 0, RAM_TOP);
    arm_bench_vector(b, 1, CODE);
    for (uint32_t n = 2; n < ARM_MAX_EXCEPTIONS; n++)
        arm_bench_vector(b, n, HANDLER);
    ARM_CODE(b, HANDLER, T_BX_LR);
    b->dev = bench_add(b->bench, "arm_core", "cpu0", 0, all);
    b->core = b->dev->state;
    b->cpu = &b->core->cpu;
    b->mote = &b->cpu->core;
    mote_set_debug_console(b->sys, console, b);
    arm_bench_reset(b);
    return b;
}

void arm_bench_free(struct arm_bench *b)
{
    bench_free(b->bench);
    test_free(b);
}

void arm_bench_code(struct arm_bench *b, uint32_t address, const uint16_t *code, size_t count)
{
    assert_true(mote_mem_load_image(b->sys, address, code, 2 * count));
}

void arm_bench_vector(struct arm_bench *b, uint32_t exception, uint32_t address)
{
    arm_bench_set_word(b, 4 * exception, address | 1);
}

void arm_bench_reset(struct arm_bench *b)
{
    mote_system_reset(b->sys);
    (void)b->mote->ops->read_register(b->mote, 15); /* fetches the vectors */
}

void arm_bench_steps(struct arm_bench *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mote_run_events(b->sys, mote_now_ps(b->sys));
        b->mote->ops->step(b->mote);
    }
}

void arm_bench_until(struct arm_bench *b, uint32_t pc)
{
    for (uint32_t i = 0; i < 100000; i++) {
        if (b->cpu->pc == pc && b->core->phase == ARM_PHASE_NONE && !b->core->vectors_due)
            return;
        if (b->mote->ops->step(b->mote) == MOTE_CORE_SLEEPING)
            mote_run_events(b->sys, *mote_next_event_ps(b->sys));
        else
            mote_run_events(b->sys, mote_now_ps(b->sys));
    }
    fail_msg("pc 0x%x was never reached; it is at 0x%x", pc, b->cpu->pc);
}

void arm_bench_run_ps(struct arm_bench *b, uint64_t ps)
{
    uint64_t end = mote_now_ps(b->sys) + ps;
    while (mote_now_ps(b->sys) < end) {
        enum mote_core_state state = b->mote->ops->run(b->mote);
        if (mote_stop_requested(b->sys) != MOTE_STOP_NONE || state == MOTE_CORE_LOCKED_UP)
            return;
        uint64_t next = *mote_next_event_ps(b->sys);
        if (state == MOTE_CORE_SLEEPING)
            mote_run_events(b->sys, next < end ? next : end);
        else
            mote_run_events(b->sys, mote_now_ps(b->sys));
    }
}

uint32_t arm_bench_word(struct arm_bench *b, uint32_t address)
{
    uint32_t value = 0;
    assert_true(mote_bus_load(b->sys, address, 4, &value));
    return value;
}

void arm_bench_set_word(struct arm_bench *b, uint32_t address, uint32_t value)
{
    assert_true(mote_mem_load_image(b->sys, address, &value, 4) ||
                mote_bus_store(b->sys, address, 4, value));
}
