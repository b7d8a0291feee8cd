/* Events, wires, clocks, the register engine and the address space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/bench.h"
#include <string.h>

enum { CTRL, STATUS, FLAGS, WIDE, BYTES };
enum { EV_A, EV_B, EV_LATE };

struct probe {
    char order[16];
    uint32_t fired;
    int level;
    uint32_t clock_changes;
    uint32_t old, written;
};

static void fire(struct mote_device *dev, char which)
{
    struct probe *probe = dev->state;
    if (probe->fired < sizeof probe->order - 1)
        probe->order[probe->fired++] = which;
}
static void fire_a(struct mote_device *dev)
{
    fire(dev, 'a');
}
static void fire_b(struct mote_device *dev)
{
    fire(dev, 'b');
}
static void fire_late(struct mote_device *dev)
{
    fire(dev, 'l');
    mote_event_after(dev, EV_A, 10);
}
static void on_input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    ((struct probe *)dev->state)->level = level;
}
static void on_clock(struct mote_device *dev, uint32_t index)
{
    (void)index;
    ((struct probe *)dev->state)->clock_changes++;
}
static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct probe *probe = dev->state;
    probe->old = old;
    probe->written = written;
}

static const struct mote_reg regs[] = {
    [CTRL] = {"CTRL", 0x0, .reset = 0x80000001, .rw = 0xFFFF, .unmodelled = 0x8000,
              .store = store_ctrl},
    [STATUS] = {"STATUS", 0x4, .ro = 0xFF, .reset = 0x5A},
    [FLAGS] = {"FLAGS", 0x8, .w1c = 0x0F, .rc = 0xF0, .w0c = 0xF00, .w1s = 0xF000, .reset = 0xFFF},
    [WIDE] = {"WIDE[%u]", 0x10, .rw = UINT32_MAX, .count = 3, .stride = 8},
    [BYTES] = {"BYTES[%u]", 0x40, .rw = 0xFF, .count = 8, .stride = 1, .bytes = 1},
};
static const struct mote_event_desc events[] = {
    [EV_A] = {"a", fire_a, 0}, [EV_B] = {"b", fire_b, -1}, [EV_LATE] = {"late", fire_late, 5}};
static const struct mote_device_class probe_class = {
    .name = "probe",
    .state_bytes = sizeof(struct probe),
    .regs = regs,
    .reg_count = 5,
    .window_bytes = 0x100,
    .events = events,
    .event_count = 3,
    .inputs = {{"in", 2}},
    .outputs = {{"out", 3}, {"irq", 1}},
    .input = on_input,
    .clock_changed = on_clock,
};

static struct mote_device *add(struct bench *bench, const char *name, uint64_t base)
{
    return bench_add_class(bench, &probe_class, NULL, name, base, 0, NULL);
}

static void events_fire_in_order_of_time_priority_and_arming(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct mote_device *dev = add(bench, "p", 0x1000);
    struct probe *probe = dev->state;
    mote_event_at(dev, EV_LATE, 100);
    mote_event_at(dev, EV_A, 100);
    mote_event_at(dev, EV_B, 100);
    bench_run_ps(bench, 99);
    assert_string_equal(probe->order, "");
    bench_run_ps(bench, 1);
    assert_string_equal(probe->order, "bal");
    assert_int_equal(mote_event_due_ps(dev, EV_A), 110);
    bench_run_ps(bench, 10);
    assert_string_equal(probe->order, "bala");
    mote_event_at(dev, EV_B, 500);
    mote_event_at(dev, EV_B, 300);
    mote_event_cancel(dev, EV_B);
    assert_false(mote_event_armed(dev, EV_B));
    assert_int_equal(*mote_next_event_ps(bench_system(bench)), MOTE_NEVER_PS);
    bench_free(bench);
}

static void wires_merge_invert_and_float(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct mote_device *a = add(bench, "a", 0x1000), *b = add(bench, "b", 0x2000);
    struct mote_device *to = add(bench, "to", 0x3000);
    struct probe *probe = to->state;
    assert_true(mote_wire_connect(a, 0, to, 1, false));
    assert_true(mote_wire_connect(b, 3, to, 1, false));
    assert_false(mote_wire_connect(a, 4, to, 1, false));
    assert_false(mote_wire_connect(a, 0, to, 2, false));
    mote_wire_set(a, 0, 1);
    mote_wire_set(b, 3, 1);
    mote_wire_set(a, 0, 0);
    assert_int_equal(probe->level, 1);
    mote_wire_set(b, 3, 0);
    assert_int_equal(probe->level, 0);
    mote_wire_set(a, 0, MOTE_WIRE_Z);
    mote_wire_set(b, 3, MOTE_WIRE_Z);
    assert_int_equal(mote_wire_input(to, 1), MOTE_WIRE_Z);
    mote_wire_drive(to, 1, 1);
    assert_int_equal(probe->level, 1);
    assert_true(mote_wire_connect(a, 1, to, 0, true));
    assert_int_equal(mote_wire_input(to, 0), 1);
    assert_int_equal(mote_output_index(&probe_class, "irq", 0), 3);
    assert_int_equal(mote_output_index(&probe_class, "irq", 1), -1);
    bench_free(bench);
}

static void registers_follow_their_masks(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct mote_device *dev = add(bench, "p", 0x1000);
    struct probe *probe = dev->state;
    assert_null(mote_reg_check(regs, 5));
    bench_write32(bench, 0x1000, 0x80001234);
    assert_int_equal(bench_read32(bench, 0x1000), 0x80001234);
    assert_int_equal(probe->old, 0x80000001);
    bench_write8(bench, 0x1001, 0x77);
    assert_int_equal(bench_read32(bench, 0x1000), 0x80007734);
    assert_int_equal(probe->written, 0x7700);
    assert_int_equal(mote_log_count(bench_system(bench), MOTE_LOG_GUEST), 0);
    bench_write32(bench, 0x1000, 0x7734);
    assert_int_equal(mote_log_count(bench_system(bench), MOTE_LOG_GUEST), 1);
    assert_int_equal(bench_read32(bench, 0x1000), 0x80007734);
    bench_write32(bench, 0x1004, 0xFF);
    assert_int_equal(bench_read32(bench, 0x1004), 0x5A);
    bench_write8(bench, 0x1008, 0x03); /* the lanes of w0c are not written */
    assert_int_equal(mote_reg(dev, FLAGS), 0xFFC);
    assert_int_equal(bench_read32(bench, 0x1008), 0xFFC);
    assert_int_equal(mote_reg(dev, FLAGS), 0xF0C);
    bench_write16(bench, 0x1008, 0xA300);
    assert_int_equal(mote_reg(dev, FLAGS), 0xA30C);
    bench_write32(bench, 0x1018, 0xCAFEF00D);
    assert_int_equal(mote_reg_at(dev, WIDE, 1), 0xCAFEF00D);
    bench_write32(bench, 0x1044, 0x44332211);
    assert_int_equal(mote_reg_at(dev, BYTES, 5), 0x22);
    assert_int_equal(bench_read16(bench, 0x1046), 0x4433);
    bench_free(bench);
}

/* Ones in reserved bits are a mistake, but not where vendors' code clears flags by them. */
static void flags_are_cleared_by_ones_without_a_word(void **state)
{
    (void)state;
    static const struct mote_reg flags[] = {{"SR", 0x0, .w0c = 0xF, .reset = 0xF},
                                            {"ISR", 0x4, .w1c = 0xF, .reset = 0xF},
                                            {"CR", 0x8, .rw = 0xF}};
    static const struct mote_device_class flags_class = {
        .name = "flags", .regs = flags, .reg_count = 3, .window_bytes = 0x10};
    struct bench *bench = bench_new();
    struct mote_system *sys = bench_system(bench);
    bench_add_class(bench, &flags_class, NULL, "f", 0x1000, 0, NULL);
    bench_write32(bench, 0x1000, ~4u);
    assert_int_equal(bench_read32(bench, 0x1000), 0xB);
    bench_write16(bench, 0x1000, 0xFFFE);
    assert_int_equal(bench_read32(bench, 0x1000), 0xA);
    bench_write32(bench, 0x1004, UINT32_MAX);
    assert_int_equal(bench_read32(bench, 0x1004), 0);
    assert_int_equal(mote_log_count(sys, MOTE_LOG_GUEST), 0);
    bench_write32(bench, 0x1000, 0x7FFFFFF0);
    assert_int_equal(mote_log_count(sys, MOTE_LOG_GUEST), 1);
    bench_write32(bench, 0x1004, 0xFFFFFFFE);
    assert_int_equal(mote_log_count(sys, MOTE_LOG_GUEST), 2);
    bench_write32(bench, 0x1008, UINT32_MAX);
    assert_int_equal(mote_log_count(sys, MOTE_LOG_GUEST), 3);
    bench_free(bench);
}

static void the_unmodelled_is_counted(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add(bench, "p", 0x1000);
    struct mote_system *sys = bench_system(bench);
    bench_write32(bench, 0x1000, 0x80008001);
    bench_write32(bench, 0x1080, 1);
    assert_int_equal(bench_read32(bench, 0x1080), 0);
    assert_int_equal(mote_unmodelled_count(sys), 2);
    assert_int_equal(mote_unmodelled(sys, 0)->unmodelled_bits, 0x8000);
    assert_int_equal(mote_unmodelled(sys, 1)->offset, 0x80);
    assert_int_equal(mote_unmodelled(sys, 1)->loads, 1);
    assert_int_equal(mote_unmodelled(sys, 1)->stores, 1);
    bench_free(bench);
}

static void clocks_tell_their_consumers(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct mote_clock *clock = bench_clock(bench, 4000000);
    struct mote_device *dev = add(bench, "p", 0x1000);
    struct probe *probe = dev->state;
    assert_int_equal(mote_clock_hz(dev, 0), 4000000);
    mote_clock_set_hz(clock, 120000000);
    mote_clock_set_hz(clock, 120000000);
    assert_int_equal(probe->clock_changes, 1);
    assert_int_equal(mote_clock_hz(dev, 1), 0);
    bench_free(bench);
}

static void counters_reach_their_values_when_they_say(void **state)
{
    (void)state;
    const uint64_t rates[] = {1, 32768, 1000000, 16000000, 120000000, 999999937};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct mote_counter counter;
        mote_counter_set(&counter, 12345, 7, rates[i]);
        for (uint64_t n = 8; n < 100000; n += n / 3 + 1) {
            uint64_t when = mote_counter_when_ps(&counter, n);
            assert_int_equal(mote_counter_value(&counter, when), n);
            assert_int_equal(mote_counter_value(&counter, when - 1), n - 1);
        }
    }
    assert_int_equal(mote_cycles_to_ps(UINT64_MAX, 1), MOTE_NEVER_PS);
    assert_int_equal(mote_cycles_to_ps(3, 0), MOTE_NEVER_PS);
    assert_int_equal(mote_ps_to_cycles(1000000000000, 120000000), 120000000);
}

static void memory_has_holes_aliases_and_code_marks(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct mote_system *sys = bench_system(bench);
    struct mote_err err;
    struct mote_region *ram = bench_ram(bench, 0x20000000, 0x1000);
    struct mote_region *alias = mote_region_add(sys, "alias", 0, 0x1000, false, true, 0, ram, &err);
    assert_non_null(alias);
    assert_null(mote_region_add(sys, "bad", 0x20000FFF, 16, true, true, 0, NULL, &err));
    assert_non_null(strstr(err.text, "overlaps memory ram"));
    bench_write32(bench, 0x20000010, 0x11223344);
    assert_int_equal(bench_read8(bench, 0x12), 0x22);
    assert_false(mote_bus_store(sys, 0x12, 1, 0));
    uint32_t value;
    assert_false(mote_bus_load(sys, 0x30000000, 4, &value));
    assert_false(mote_bus_load(sys, 0x20000FFE, 4, &value));
    uint64_t before = *mote_code_generation(sys);
    mote_region_mark_code(alias, 0x40, 8);
    bench_write32(bench, 0x20000080, 1);
    assert_int_equal(*mote_code_generation(sys), before);
    bench_write32(bench, 0x20000044, 1);
    assert_int_equal(*mote_code_generation(sys), before + 1);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_fire_in_order_of_time_priority_and_arming),
        cmocka_unit_test(wires_merge_invert_and_float),
        cmocka_unit_test(registers_follow_their_masks),
        cmocka_unit_test(flags_are_cleared_by_ones_without_a_word),
        cmocka_unit_test(the_unmodelled_is_counted),
        cmocka_unit_test(clocks_tell_their_consumers),
        cmocka_unit_test(counters_reach_their_values_when_they_say),
        cmocka_unit_test(memory_has_holes_aliases_and_code_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
