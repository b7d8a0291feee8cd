/* Every device class of the registry: its register table is consistent, registers read their reset
 * values, and whatever firmware stores, in whatever order, neither breaks the model nor makes two
 * runs differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>
#include <stdio.h>
#include <string.h>

#define BASE     0x40000000u
#define WINDOW   0x1000u
#define RAM      0x20000000u
#define ACCESSES 10000u
#define SLICE_PS UINT64_C(2000000) /* virtual time between accesses, at most */
#define CLOCKS   4u

/* Classes that a device of their own makes, or that need what only a board can give. */
static bool stands_alone(const struct mote_device_class *cls)
{
    return cls->reg_count > 0 && strcmp(cls->name, "arm_core") != 0;
}

static const struct mote_device_class source_class = {.name = "test_clocks"};

struct fixture {
    struct mote_system *sys;
    struct mote_device *dev;
};

/* False when the class cannot be attached without a board's properties. */
static bool make(const struct mote_device_class *cls, struct fixture *f)
{
    static const uint64_t rates_hz[CLOCKS] = {16000000, 32768, 48000000, 32768};
    struct mote_err err = {""};
    *f = (struct fixture){.sys = mote_system_new()};
    const struct mote_device_spec source = {.cls = &source_class, .name = "clocks"};
    struct mote_device *clocks = mote_device_new(f->sys, &source, &err);
    assert_non_null(clocks);
    assert_non_null(mote_region_add(f->sys, "sram0", RAM, 0x10000, true, true, 0, NULL, &err));
    const struct mote_device_spec spec = {
        .cls = cls, .name = "device", .base = BASE, .window_bytes = WINDOW};
    f->dev = mote_device_new(f->sys, &spec, &err);
    if (f->dev == NULL)
        fail_msg("%s: %s", cls->name, err.text);
    for (uint32_t i = 0; i < CLOCKS; i++) {
        struct mote_clock *clock = mote_clock_add(clocks, "clock");
        assert_non_null(clock);
        mote_clock_set_hz(clock, rates_hz[i]);
        assert_true(mote_clock_connect(f->dev, clock));
    }
    if (!mote_device_attach(f->dev, &err))
        return false;
    mote_system_reset(f->sys);
    return true;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Values that reach far into a device: single bits, small numbers, addresses of RAM, noise. */
static uint32_t value_of(uint64_t random)
{
    uint32_t high = (uint32_t)(random >> 32);
    switch (random % 6) {
    case 0:
        return 1;
    case 1:
        return 1u << high % 32;
    case 2:
        return RAM + high % 0x1000;
    case 3:
        return high % 16;
    case 4:
        return UINT32_MAX;
    default:
        return high;
    }
}

static uint32_t count_of(const struct mote_reg *row)
{
    return row->count ? row->count : 1;
}

static uint32_t offset_of(const struct mote_reg *row, uint32_t element)
{
    return row->offset + element * (row->stride ? row->stride : 4u);
}

/* Pokes the device and returns a digest of all that it answered. */
static uint64_t poke(const struct mote_device_class *cls, struct fixture *f)
{
    uint64_t state = UINT64_C(88172645463325252), digest = 0;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        uint64_t random = next_random(&state);
        const struct mote_reg *row = &cls->regs[random % cls->reg_count];
        uint32_t offset = offset_of(row, (uint32_t)(random >> 20) % count_of(row));
        uint32_t inputs = mote_input_count(cls);
        struct mote_access access = {.offset = offset, .bytes = row->bytes ? row->bytes : 4};
        switch (random >> 40 & 7) {
        case 0:
            mote_run_events(f->sys, mote_now_ps(f->sys) + next_random(&state) % SLICE_PS);
            break;
        case 1:
            if (inputs > 0)
                mote_wire_drive(f->dev, (uint32_t)(next_random(&state) % inputs),
                                (int)(next_random(&state) % 3) - 1);
            break;
        case 2:
        case 3:
            mote_reg_access(f->dev, &access);
            digest = digest * 31 + access.value;
            break;
        default:
            access.store = true;
            access.value = value_of(next_random(&state));
            mote_reg_access(f->dev, &access);
        }
    }
    for (uint32_t i = 0; i < mote_output_count(cls); i++)
        digest = digest * 31 + (uint64_t)(mote_wire_output(f->dev, i) + 1);
    return digest * 31 + mote_log_count(f->sys, MOTE_LOG_GUEST);
}

static void tables_are_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        const char *wrong = mote_reg_check(cls->regs, cls->reg_count);
        if (wrong != NULL)
            fail_msg("%s: %s", cls->name, wrong);
        assert_ptr_equal(mote_class_by_name(cls->name), cls);
    }
}

/* Registers whose reset value depends on the instance, so that a table shared by all cannot say it.
 */
static bool by_instance(const struct mote_device_class *cls, const struct mote_reg *row)
{
    static const char *const known[][2] = {{"stm32_timers", "OR2"}, {"stm32_timers", "OR3"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], cls->name) == 0 && strcmp(known[i][1], row->name) == 0)
            return true;
    return false;
}

/* What a load hook computes is the device's business; all else must read as the table says. */
static void registers_read_their_reset_values(void **state)
{
    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        struct fixture f;
        bool made = stands_alone(cls) && make(cls, &f);
        for (uint32_t row = 0; made && row < cls->reg_count; row++)
            for (uint32_t k = 0; k < count_of(&cls->regs[row]); k++) {
                bool known;
                uint32_t value = mote_reg_peek(f.dev, offset_of(&cls->regs[row], k), &known);
                if (known && value != cls->regs[row].reset && !by_instance(cls, &cls->regs[row]))
                    fail_msg("%s: %s reads 0x%x after reset, not 0x%x", cls->name,
                             cls->regs[row].name, value, cls->regs[row].reset);
            }
        if (stands_alone(cls))
            mote_system_free(f.sys);
    }
}

static void random_accesses_are_survived_and_repeat(void **state)
{
    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        uint64_t digest[2] = {0};
        for (size_t run = 0; run < 2 && stands_alone(cls); run++) {
            struct fixture f;
            if (make(cls, &f))
                digest[run] = poke(cls, &f);
            mote_system_free(f.sys);
        }
        if (digest[0] != digest[1])
            fail_msg("%s: the same accesses gave two results", cls->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_consistent),
        cmocka_unit_test(registers_read_their_reset_values),
        cmocka_unit_test(random_accesses_are_survived_and_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
