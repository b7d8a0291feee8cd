/* Instructions from a shared object: they compute, cost what their maker says, keep state from
 * reset to reset, and a shared object that cannot be right is refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mote/core.h>
#include <mote/machine.h>
#include <mote/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAM 0x80000000u

enum { T0 = 5, T1 = 6, T2 = 7 };

static char firmware[] = "/tmp/mote-extension-XXXXXX";

static uint32_t dot4(uint32_t rd, uint32_t rs1, uint32_t rs2)
{
    return rs2 << 20 | rs1 << 15 | rd << 7 | 0x0B;
}

static uint32_t count_insn(uint32_t rd, uint32_t rs1)
{
    return 0x02000000u | rs1 << 15 | rd << 7 | 0x0B;
}

static int make_firmware(void **state)
{
    static const uint32_t spin[] = {0x0000006F, 0x0000006F}; /* j . */
    (void)state;
    int file = mkstemp(firmware);
    assert_int_not_equal(file, -1);
    assert_int_equal(write(file, spin, sizeof spin), sizeof spin);
    close(file);
    return 0;
}

static int remove_firmware(void **state)
{
    (void)state;
    return unlink(firmware);
}

static struct mote_machine *load(const char *first, const char *second, const char *board,
                                 struct mote_err *err)
{
    struct mote_machine_options options = {
        .board = board, .firmware = firmware, .has_load_address = true, .load_address = RAM};
    static char paths[2][512];
    const char *const names[] = {first, second};
    for (int i = 0; i < 2 && names[i] != NULL; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", MOTE_BINARY_DIR, names[i]);
        options.extensions[options.extension_count++] = paths[i];
    }
    return mote_machine_new(&options, err);
}

static struct mote_machine *load_ok(const char *first, const char *second)
{
    struct mote_err err = {""};
    struct mote_machine *machine = load(first, second, "qemu_virt_rv32", &err);
    if (machine == NULL)
        fail_msg("%s", err.text);
    return machine;
}

static void expect_refusal(const char *first, const char *second, const char *words)
{
    struct mote_err err = {""};
    assert_null(load(first, second, "qemu_virt_rv32", &err));
    if (strstr(err.text, words) == NULL)
        fail_msg("expected \"%s\" in \"%s\"", words, err.text);
}

static struct mote_core *core_of(struct mote_machine *machine)
{
    return mote_system_core(mote_machine_system(machine));
}

static uint64_t step_cycles(struct mote_core *core)
{
    struct mote_core_totals before, after;
    struct mote_system *sys = core->device->sys;
    mote_run_events(sys, mote_now_ps(sys)); /* what is due comes before the instruction */
    core->ops->totals(core, &before);
    core->ops->step(core);
    core->ops->totals(core, &after);
    return after.cycles - before.cycles;
}

/* Registers are in the order x0 to x31. */
static void set(struct mote_core *core, uint32_t number, uint32_t value)
{
    core->ops->write_register(core, number, value);
}

static void place(struct mote_machine *machine, const uint32_t *words, size_t count)
{
    assert_true(mote_mem_load_image(mote_machine_system(machine), RAM, words, 4 * count));
}

static void test_computes(void **state)
{
    (void)state;
    struct mote_machine *machine = load_ok("extensions/dot4.so", NULL);
    struct mote_core *core = core_of(machine);
    const uint32_t program[] = {0x00000013, dot4(T0, T1, T2)}; /* nop; dot4 t0, t1, t2 */
    place(machine, program, 2);
    set(core, T0, 1000);
    set(core, T1, 0x80FF0203); /* 3, 2, -1, -128 */
    set(core, T2, 0x7F05FC0A); /* 10, -4, 5, 127 */
    uint64_t nop = step_cycles(core), custom = step_cycles(core);
    assert_int_equal((uint32_t)core->ops->read_register(core, T0),
                     (uint32_t)(1000 + 30 - 8 - 5 - 16256));
    assert_int_equal(custom, nop + 1);
    char text[64];
    assert_int_equal(core->ops->disassemble(core, RAM + 4, text, sizeof text), 4);
    assert_string_equal(text, "dot4 t0, t1, t2");
    mote_machine_free(machine);
}

static void test_state_and_cycles(void **state)
{
    (void)state;
    struct mote_machine *machine = load_ok("extensions/dot4.so", "extensions/count.so");
    struct mote_core *core = core_of(machine);
    const uint32_t program[] = {0x00000013, count_insn(T0, T1), count_insn(T0, T1)};
    for (int round = 0; round < 2; round++) {
        place(machine, program, 3);
        set(core, T1, 7);
        uint64_t nop = step_cycles(core);
        assert_int_equal(step_cycles(core), nop + 6);
        assert_int_equal(core->ops->read_register(core, T0), 1);
        set(core, T1, 0); /* no fewer than one cycle */
        assert_int_equal(step_cycles(core), nop);
        assert_int_equal(core->ops->read_register(core, T0), 2);
        mote_system_reset(mote_machine_system(machine));
    }
    mote_machine_free(machine);
}

static void test_absent(void **state)
{
    (void)state;
    struct mote_machine *machine = load_ok(NULL, NULL);
    struct mote_core *core = core_of(machine);
    const uint32_t program[] = {dot4(T0, T1, T2)};
    char text[256];
    place(machine, program, 1);
    step_cycles(core);
    core->ops->describe_fault(core, text, sizeof text);
    assert_non_null(strstr(text, "illegal"));
    mote_machine_free(machine);
}

static void test_refused(void **state)
{
    (void)state;
    struct mote_err err = {""};
    expect_refusal("extensions/old_version.so", NULL, "version 0");
    expect_refusal("extensions/no_symbol.so", NULL, "no symbol mote_extension");
    expect_refusal("extensions/overlaps_add.so", NULL, "overlaps \"add\" (mask");
    expect_refusal("extensions/dot4.so", "extensions/overlaps_dot4.so", "overlaps \"dot4\" (mask");
    expect_refusal("extensions/no_opcode.so", NULL, "must cover the opcode");
    expect_refusal("extensions/outside_mask.so", NULL, "outside its mask");
    expect_refusal("extensions/no_cycles.so", NULL, "0 cycles");
    expect_refusal("extensions/missing.so", NULL, "cannot open");
    expect_refusal("CMakeCache.txt", NULL, "not a shared object");
    assert_null(load("extensions/dot4.so", NULL, "nucleo_l4r5zi", &err));
    assert_non_null(strstr(err.text, "no room for instructions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_computes),
        cmocka_unit_test(test_state_and_cycles),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_firmware, remove_firmware);
}
