/* The registers of the private peripheral bus: consistent tables, and random accesses of every core
 * of the family, between instructions, that may do anything but break the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"

static void test_tables_are_consistent(void **state)
{
    (void)state;
    const struct mote_device_class *const classes[] = {
        &arm_class_nvic, &arm_class_scb, &arm_class_systick, &arm_class_mpu,  &arm_class_debug,
        &arm_class_fpu,  &arm_class_dwt, &arm_class_itm,     &arm_class_tpiu, &arm_class_sau,
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const char *wrong = mote_reg_check(classes[i]->regs, classes[i]->reg_count);
        if (wrong != NULL)
            fail_msg("%s: %s", classes[i]->name, wrong);
    }
}

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

static uint32_t random_address(void)
{
    static const struct {
        uint32_t base, bytes;
    } places[] = {{0xE000ED00u, 0x100}, {0xE000E000u, 0x20},  {0xE000E100u, 0x400},
                  {0xE000E400u, 0x80},  {0xE000EF00u, 0x100}, {0xE0000000u, 0x80},
                  {0xE0001000u, 0x60},  {0xE002E000u, 0xFFC}, {0xE0000000u, 0x50000}};
    uint32_t place = chance(sizeof places / sizeof *places);
    return places[place].base + chance(places[place].bytes);
}

static void storm_of_accesses(const char *compatible, const struct bench_prop *props,
                              uint32_t count)
{
    struct arm_bench *b = arm_bench_new(compatible, props);
    ARM_CODE(b, CODE, T_NOP, T_ADDS(0, 1), T_SVC(1), T_B(-6));
    ARM_CODE(b, HANDLER, T_ADDS(1, 1), T_BX_LR);
    arm_bench_reset(b);
    uint64_t before = 0;
    uint32_t resets = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = 1u << chance(3), value = chance(4) ? chance(UINT32_MAX) : 1u << chance(32);
        uint32_t address = random_address() & ~(bytes - 1);
        if (chance(64) == 0) {
            address = 0xE000ED0C;
            bytes = 4;
            value = 0x05FA0000u | chance(0x800);
        }
        if (chance(2))
            (void)arm_load(b->cpu, address, bytes, &value);
        else
            (void)arm_store(b->cpu, address, bytes, value);
        b->cpu->fault = ARM_FAULT_NONE;
        mote_run_events(b->sys, mote_now_ps(b->sys));
        enum mote_core_state state = b->mote->ops->step(b->mote);
        assert_true(mote_now_ps(b->sys) >= before);
        before = mote_now_ps(b->sys);
        if (state == MOTE_CORE_LOCKED_UP || mote_take_reset_request(b->sys) || chance(500) == 0) {
            mote_clear_stop(b->sys);
            arm_bench_reset(b);
            resets++;
        }
    }
    char text[1024];
    b->mote->ops->describe_fault(b->mote, text, sizeof text);
    /* It did run code in between, and came back each time. */
    assert_true(b->cpu->instructions > count / 20);
    print_message("%s: %u accesses, %llu instructions, %u resets\n", compatible, count,
                  (unsigned long long)b->cpu->instructions, resets);
    arm_bench_free(b);
}

static void test_random_accesses(void **state)
{
    (void)state;
    static const char *const cores[] = {"arm,cortex-m0+", "arm,cortex-m3",  "arm,cortex-m4",
                                        "arm,cortex-m4f", "arm,cortex-m7d", "arm,cortex-m33",
                                        "arm,cortex-m33f"};
    for (uint32_t i = 0; i < sizeof cores / sizeof *cores; i++) {
        seed = i + 1;
        storm_of_accesses(cores[i], NULL, 20000);
    }
    static const struct bench_prop extension[] = {{.name = "mote,security-extension"}, {0}};
    for (seed = 100; seed < 104; seed++) {
        uint32_t first = seed;
        storm_of_accesses("arm,cortex-m33f", extension, 20000);
        seed = first;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_consistent),
        cmocka_unit_test(test_random_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
