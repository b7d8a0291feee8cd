/* Line fills of the L1 data cache: the missed bytes first, hits on a line that is still on the way,
 * a second fill behind the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arm/l1.h"
#include "support/arm_bench.h"
#include "timing/pipeline.h"

enum { FLASH = 0x08000000, WAY = 3, WORD_CYCLES = 7, CCR_IC_DC = 3 << 16 };

static struct arm_bench *b;
static struct mote_region region = {
    .name = "array", .base = FLASH, .size_bytes = 1 << 20, .load_extra_cycles = WAY};
static uint32_t last_word;

/* A flash whose words have 128 bits. */
static uint32_t beat(struct mote_device *owner, struct mote_region *of, uint32_t address)
{
    (void)owner, (void)of;
    uint32_t word = address >> 4;
    uint32_t cycles = word == last_word ? 1 : WORD_CYCLES;
    last_word = word;
    return cycles;
}

static int setup(void **state)
{
    (void)state;
    static const uint32_t bytes = 4096;
    static const struct bench_prop props[] = {{.name = "i-cache-size", .cells = &bytes, .count = 1},
                                              {.name = "d-cache-size", .cells = &bytes, .count = 1},
                                              {0}};
    b = arm_bench_new("arm,cortex-m7", props);
    b->cpu->ccr |= CCR_IC_DC;
    arm_l1_configure(b->cpu);
    b->cpu->cycles = 1000;
    region.beat = beat;
    region.beat_cycles = 1;
    last_word = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arm_bench_free(b);
    return 0;
}

static uint32_t load(uint32_t address)
{
    b->cpu->stall = 0;
    uint32_t stall = arm_l1_load(b->cpu, &region, address, 4);
    b->cpu->cycles += stall + 1;
    return stall;
}

static uint32_t first_wait(void)
{
    return pipeline_exception_cycles(b->cpu->pipeline, PIPELINE_LINE_FILL) + WAY;
}

static void the_missed_bytes_come_first(void **state)
{
    (void)state;
    assert_int_equal(load(FLASH + 0x10), first_wait() + WORD_CYCLES);
    assert_int_equal(load(FLASH + 0x14), 0);
    assert_int_equal(load(FLASH + 0x1C), 0); /* arrived during the load before */
    /* the other half of the line begins the wrap: another word of the array */
    assert_int_equal(load(FLASH + 0x00), WORD_CYCLES - 2);
    b->cpu->cycles += 100;
    assert_int_equal(load(FLASH + 0x08), 0);
}

/* Its request is at the memory by then, and the array is free when it has given the line before. */
static void a_fill_waits_for_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(load(FLASH), first_wait() + WORD_CYCLES);
    uint64_t now = b->cpu->cycles, first_ends = now - 1 + 1 + WORD_CYCLES + 1;
    assert_int_equal(load(FLASH + 0x40), first_ends + WORD_CYCLES - now);
}

static void a_constant_memory(void **state)
{
    (void)state;
    region.beat = NULL;
    region.beat_cycles = 2;
    assert_int_equal(load(FLASH), first_wait() + 2);
    assert_int_equal(load(FLASH + 0x08), 1); /* it came a cycle after the next instruction */
    assert_int_equal(load(FLASH + 0x18), 3);
}

static void without_the_cache_every_load_pays(void **state)
{
    (void)state;
    b->cpu->ccr &= ~(uint32_t)CCR_IC_DC;
    arm_l1_configure(b->cpu);
    assert_int_equal(load(FLASH), WAY);
    assert_int_equal(load(FLASH), WAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_missed_bytes_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fill_waits_for_the_one_before, setup, teardown),
        cmocka_unit_test_setup_teardown(a_constant_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(without_the_cache_every_load_pays, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
