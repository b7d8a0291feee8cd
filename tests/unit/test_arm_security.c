/* Armv8-M Security Extension: what makes it active, banked registers and views, attribution, calls
 * and exceptions between the states. tests/conformance/security compares much more of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "arm/security.h"
#include "support/arm_bench.h"
#include <string.h>

enum {
    NS = ARM_NS_ALIAS,
    CODE_NS = 0x8000,
    GATE = 0xC000,
    RAM_NS = 0x20004000,
    RAM_NS_TOP = 0x20008000,
    VECTORS_NS = 0x9000,
    HANDLER_NS = 0x8800,
    ITNS = 0xE000E380,
    ISER = 0xE000E100,
    ISPR = 0xE000E200,
    IPR = 0xE000E400,
    VTOR = 0xE000ED08,
    AIRCR = 0xE000ED0C,
    SCR = 0xE000ED10,
    SHPR1 = 0xE000ED18,
    SHCSR = 0xE000ED24,
    CFSR = 0xE000ED28,
    SAU_CTRL = 0xE000EDD0,
    SAU_TYPE = 0xE000EDD4,
    SAU_RNR = 0xE000EDD8,
    SAU_RBAR = 0xE000EDDC,
    SAU_RLAR = 0xE000EDE0,
    SFSR = 0xE000EDE4,
    SFAR = 0xE000EDE8,
    SYST_CSR = 0xE000E010,
    SYST_RVR = 0xE000E014,
    SYST_CVR = 0xE000E018,
};
#define T_SG        0xE97F, 0xE97F
#define T_BXNS(rm)  (uint16_t)(0x4704 | (rm) << 3)
#define T_BLXNS(rm) (uint16_t)(0x4784 | (rm) << 3)

static struct arm_bench *b;
static const uint32_t init_ns[] = {VECTORS_NS};
static const struct bench_prop extension[] = {
    {.name = "mote,security-extension"},
    {.name = "mote,init-nsvtor", .cells = init_ns, .count = 1},
    {0}};

static int setup(void **state)
{
    (void)state;
    b = arm_bench_new("arm,cortex-m33f", extension);
    return 0;
}

static int setup_without(void **state)
{
    (void)state;
    static const struct bench_prop none[] = {{0}};
    b = arm_bench_new("arm,cortex-m33f", none);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arm_bench_free(b);
    return 0;
}

static uint32_t read32(uint32_t address)
{
    return bench_read32(b->bench, address);
}

static void write32(uint32_t address, uint32_t value)
{
    bench_write32(b->bench, address, value);
}

static void sau_region(uint32_t number, uint32_t first, uint32_t last, bool callable)
{
    write32(SAU_RNR, number);
    write32(SAU_RBAR, first);
    write32(SAU_RLAR, (last & ~0x1Fu) | (uint32_t)callable << 1 | 1);
}

/* Reset, then Non-secure code, memory and vectors, and a place for gates. */
static void start(void)
{
    for (uint32_t n = 0; n < 64; n++)
        arm_bench_set_word(b, VECTORS_NS + 4 * n, HANDLER_NS | 1);
    ARM_CODE(b, HANDLER_NS, T_BX_LR);
    arm_bench_reset(b);
    sau_region(0, CODE_NS, VECTORS_NS + 0xFFF, false);
    sau_region(1, RAM_NS, RAM_NS_TOP - 1, false);
    sau_region(2, GATE, GATE + 0xFFF, true);
    write32(SAU_CTRL, 1);
    write32(SHCSR, 7u << 16 | 1u << 19);
    write32(SHCSR + NS, 7u << 16);
    b->core->security->other.sp[0] = RAM_NS_TOP;
}

/* ---- active or not ----------------------------------------------------------------------------
 */

static void test_reset_is_secure(void **state)
{
    (void)state;
    assert_true(b->cpu->secure);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    assert_int_equal(read32(SAU_TYPE), 8);
    assert_int_equal(read32(VTOR + NS), VECTORS_NS);
    /* All is Secure while the SAU is off, and all Non-secure with ALLNS. */
    assert_true(arm_attribution(b->cpu, RAM, false, false).secure);
    write32(SAU_CTRL, 2);
    assert_false(arm_attribution(b->cpu, RAM, false, false).secure);
}

static void test_an_option_switches_it_off(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_BXNS(0));
    bench_drive(b->dev, "security", 0, 0);
    arm_bench_reset(b);
    assert_false(b->cpu->secure);
    assert_false(b->cpu->check_access);
    write32(SHCSR, 7u << 16);
    uint32_t value = 1;
    assert_int_equal(arm_load(b->cpu, SAU_TYPE, 4, &value), ARM_OK);
    assert_int_equal(value, 0);
    assert_int_equal(arm_load(b->cpu, VTOR + NS, 4, &value), ARM_OK);
    assert_int_equal(value, 0);
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(CFSR), ARM_CFSR_UNDEFINSTR);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFB8u);
    bench_drive(b->dev, "security", 0, 1);
    arm_bench_reset(b);
    assert_true(b->cpu->secure);
}

static void test_a_core_without_it(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SG, T_BLXNS(0));
    arm_bench_reset(b);
    write32(SHCSR, 7u << 16);
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(CFSR), ARM_CFSR_UNDEFINSTR);
    assert_null(b->core->security_unit);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static void test_non_secure_views(void **state)
{
    (void)state;
    start();
    write32(ITNS, 0x0000FF00);
    write32(ISER, 0x00000F0F);
    assert_int_equal(read32(ISER + NS), 0x00000F00);
    write32(ISER + NS, 0xFFFFFFFF);
    assert_int_equal(read32(ISER), 0x0000FF0F);
    write32(IPR + 8 + NS, 0x40404040);
    write32(IPR + NS, 0x40404040);
    assert_int_equal(read32(IPR + 8), 0x40404040);
    assert_int_equal(read32(IPR), 0);
    write32(ITNS, 0);
    assert_int_equal(read32(IPR + 8 + NS), 0);
    assert_int_equal(read32(ITNS + NS), 0);
    /* BusFault is Secure until BFHFNMINS. */
    write32(SHPR1, 0x80808080);
    assert_int_equal(read32(SHPR1 + NS), 0);
    write32(AIRCR, 0x05FA2000);
    assert_int_equal(read32(SHPR1 + NS), 0x8000);
    assert_int_equal(read32(AIRCR + NS), 0xFA052000u);
    write32(SCR + NS, 4);
    assert_int_equal(read32(SCR), 4);
    write32(SCR, 0xC);
    assert_int_equal(read32(SCR + NS), 0);
}

static void test_each_state_has_a_systick(void **state)
{
    (void)state;
    start();
    write32(SYST_RVR, 999);
    write32(SYST_CVR, 0);
    write32(SYST_CSR, 5);
    write32(SYST_RVR + NS, 99);
    write32(SYST_CVR + NS, 0);
    write32(SYST_CSR + NS, 7);
    ARM_CODE(b, CODE, T_B(0));
    arm_bench_until(b, HANDLER_NS);
    assert_int_equal(b->cpu->exception, ARM_EXC_SYSTICK);
    assert_false(b->cpu->secure);
    assert_true(read32(SYST_CVR) > 800);
}

/* ---- attribution ------------------------------------------------------------------------------
 */

static void call_non_secure(void)
{
    ARM_CODE(b, CODE, T_BLXNS(0), T_NOP, T_NOP);
    start();
    b->cpu->r[0] = CODE_NS;
    b->cpu->r[4] = 0x44;
    arm_bench_until(b, CODE_NS);
    assert_false(b->cpu->secure);
}

static void test_call_and_return(void **state)
{
    (void)state;
    ARM_CODE(b, CODE_NS, T_MOVS(1, 7), T_BX_LR);
    call_non_secure();
    assert_int_equal(b->cpu->r[14], ARM_FNC_RETURN);
    assert_int_equal(b->cpu->r[13], RAM_NS_TOP);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE + 3);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 4), 0);
    arm_bench_until(b, CODE + 2);
    assert_true(b->cpu->secure);
    assert_int_equal(b->cpu->r[1], 7);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
}

static void test_gate(void **state)
{
    (void)state;
    /* bl GATE + 8; the gate returns behind it. */
    ARM_CODE(b, CODE_NS, T_BX(2));
    ARM_CODE(b, GATE + 8, T_SG, T_MOVS(3, 9), T_BXNS(14));
    call_non_secure();
    b->cpu->r[2] = (GATE + 8) | 1;
    b->cpu->r[14] = (CODE_NS + 0x20) | 1;
    arm_bench_until(b, GATE + 12);
    assert_true(b->cpu->secure);
    assert_int_equal(b->cpu->r[14], CODE_NS + 0x20);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 8);
    arm_bench_until(b, CODE_NS + 0x20);
    assert_false(b->cpu->secure);
    assert_int_equal(b->cpu->r[3], 9);
}

static void fault_of_branch(uint32_t target, uint32_t sfsr)
{
    ARM_CODE(b, CODE_NS, T_BX(2));
    call_non_secure();
    b->cpu->r[2] = target | 1;
    arm_bench_until(b, HANDLER);
    assert_true(b->cpu->secure);
    assert_int_equal(b->cpu->exception, ARM_EXC_SECUREFAULT);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFB9u);
    assert_int_equal(read32(SFSR), sfsr);
    assert_int_equal(arm_bench_word(b, RAM_NS_TOP - 8), target);
}

static void test_entries_that_are_none(void **state)
{
    (void)state;
    ARM_CODE(b, GATE + 8, T_NOP, T_SG);
    fault_of_branch(GATE + 8, ARM_SFSR_INVEP);
    write32(SFSR, 0xFF);
    fault_of_branch(CODE + 0x100, ARM_SFSR_INVEP);
}

static void test_data_and_branches_across(void **state)
{
    (void)state;
    ARM_CODE(b, CODE_NS, T_LDR(1, 2, 4));
    call_non_secure();
    b->cpu->r[2] = RAM;
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(SFSR), ARM_SFSR_AUVIOL | ARM_SFSR_SFARVALID);
    assert_int_equal(read32(SFAR), RAM + 4);
    ARM_CODE(b, CODE, T_BX(0));
    start();
    b->cpu->r[0] = CODE_NS | 1;
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(SFSR), ARM_SFSR_INVTRAN);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF9u);
}

static void test_secure_only_registers(void **state)
{
    (void)state;
    ARM_CODE(b, CODE_NS, T_STR(1, 0, 0), T_LDR(2, 0, 0), T_NOP);
    call_non_secure();
    b->cpu->r[0] = SAU_CTRL;
    b->cpu->r[1] = 0;
    b->cpu->r[2] = 5;
    arm_bench_until(b, CODE_NS + 4);
    assert_int_equal(b->cpu->r[2], 0);
    assert_int_equal(read32(SAU_CTRL), 1);
}

/* ---- exceptions -------------------------------------------------------------------------------
 */

static void test_exception_hides_secure_registers(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_B(0));
    start();
    write32(ITNS, 1);
    write32(ISER, 1);
    for (uint32_t i = 0; i < 13; i++)
        b->cpu->r[i] = 0x100 + i;
    write32(ISPR, 1);
    arm_bench_until(b, HANDLER_NS);
    assert_false(b->cpu->secure);
    for (uint32_t i = 0; i < 13; i++)
        assert_int_equal(b->cpu->r[i], 0);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF8u);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x48), 0xFEFA125Bu); /* basic frame */
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x40), 0x104);
    arm_bench_steps(b, 3);
    assert_true(b->cpu->secure);
    for (uint32_t i = 0; i < 13; i++)
        assert_int_equal(b->cpu->r[i], 0x100 + i);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
}

static void test_broken_signature(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_B(0));
    start();
    write32(ITNS, 1);
    write32(ISER, 1);
    write32(ISPR, 1);
    arm_bench_until(b, HANDLER_NS);
    arm_bench_set_word(b, RAM_TOP - 0x48, 0);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, ARM_EXC_SECUREFAULT);
    assert_int_equal(read32(SFSR), ARM_SFSR_INVIS);
}

static void test_pris_puts_secure_first(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_B(0));
    start();
    write32(AIRCR, 0x05FA4000);
    write32(ITNS, 1);
    write32(ISER, 3);
    write32(IPR, 0x7000); /* Non-secure at 0, Secure at 0x70 */
    write32(ISPR, 3);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 17);
    arm_bench_until(b, HANDLER_NS);
    assert_int_equal(b->cpu->exception, 16);
}

/* ---- properties -------------------------------------------------------------------------------
 */

struct wrong {
    const char *compatible, *name;
    const uint8_t *cells;
    size_t bytes;
    const char *told;
};

static const void *get_wrong(const void *node, const char *name, size_t *bytes)
{
    const struct wrong *wrong = node;
    if (strcmp(name, "compatible") == 0) {
        *bytes = strlen(wrong->compatible) + 1;
        return wrong->compatible;
    }
    if (strcmp(name, "mote,security-extension") == 0) {
        *bytes = 0;
        return "";
    }
    *bytes = wrong->bytes;
    return wrong->name != NULL && strcmp(name, wrong->name) == 0 ? wrong->cells : NULL;
}

static void test_wrong_properties(void **state)
{
    (void)state;
    static const uint8_t cells[16] = {[3] = 9, [11] = 7};
    const struct wrong cases[] = {
        {"arm,cortex-m4f", NULL, NULL, 0, "not an Armv8-M core"},
        {"arm,cortex-m33", "mote,sau-regions", cells, 4, "at most 8"},
        {"arm,cortex-m33", "mote,idau", cells, 12, "ranges of four"},
        {"arm,cortex-m33", "mote,idau", cells, 16, "attribute 7"},
    };
    static const struct mote_prop_source source = {get_wrong};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench *bench = bench_new();
        struct mote_err err = {""};
        const struct mote_device_spec spec = {.cls = mote_class_by_name("arm_core"),
                                              .name = "cpu0",
                                              .props = &source,
                                              .node = &cases[i]};
        struct mote_device *dev = mote_device_new(bench_system(bench), &spec, &err);
        assert_non_null(dev);
        assert_true(mote_clock_connect(dev, bench_clock(bench, ARM_BENCH_HZ)));
        assert_false(mote_device_attach(dev, &err));
        assert_non_null(strstr(err.text, cases[i].told));
        bench_free(bench);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reset_is_secure),
        TEST(test_an_option_switches_it_off),
        cmocka_unit_test_setup_teardown(test_a_core_without_it, setup_without, teardown),
        TEST(test_non_secure_views),
        TEST(test_each_state_has_a_systick),
        TEST(test_call_and_return),
        TEST(test_gate),
        TEST(test_entries_that_are_none),
        TEST(test_data_and_branches_across),
        TEST(test_secure_only_registers),
        TEST(test_exception_hides_secure_registers),
        TEST(test_broken_signature),
        TEST(test_pris_puts_secure_first),
        cmocka_unit_test(test_wrong_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
