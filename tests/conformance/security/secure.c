/*
 * Two Security states in words: the same image must print the same on qemu's mps2-an505 and on a
 * virtual Cortex-M33. Calls both ways, TT, banked registers, exceptions between the states, faults,
 * floating-point context, and interrupt storms across both states whose order is hashed.
 *
 * Left out because qemu 7.2 differs from the Armv8-M ARM there: SFSR.SFARVALID, SLEEPDEEP, SysTick
 * by the alias of Non-secure state, execution of Non-secure memory that Secure code has read.
 */
#include "secure.h"

static void sau_region(uint32_t number, uint32_t first, uint32_t last, uint32_t callable)
{
    SAU(8) = number;
    SAU(0xC) = first;
    SAU(0x10) = (last & ~0x1Fu) | callable << 1 | 1;
}

static void open_memory(uint32_t controller, uint32_t from_half)
{
    uint32_t max = REG32(controller + 0x10);
    for (uint32_t i = from_half ? (max + 1) / 2 : 0; i <= max; i++) {
        REG32(controller + 0x18) = i;
        REG32(controller + 0x1C) = ~0u;
    }
}

static void set_up(void)
{
    REG32(0x50080014) = 3; /* code and RAM may be callable */
    open_memory(0x58007000, 1);
    open_memory(0x58009000, 0);
    sau_region(0, 0x00200000, 0x002FFFFF, 0);
    sau_region(1, 0x28200000, 0x283FFFFF, 0);
    sau_region(2, 0x10010000, 0x1001FFFF, 1);
    sau_region(3, 0x40000000, 0x4FFFFFFF, 0);
    SAU(0) = 1;
    for (char *at = bss_ns_start; at < bss_ns_end; at++)
        *at = 0;
    SCB_NS(8) = (uint32_t)vectors_ns;
    MSR(msp_ns, 0x28210000);
    SCB(0x88) = SCB_NS(0x88) = 0xFu << 20;
    NSACR = 0xC00;
    SCB(0x24) = 7u << 16 | 1u << 19;
    SCB_NS(0x24) = 7u << 16;
}

static void show_registers(const char *text)
{
    static const uint8_t offsets[] = {0x44, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C,
                                      0x20, 0x24, 0x28, 0x88, 0x90, 0x94, 0x98};
    print(text);
    for (uint32_t i = 0; i < sizeof offsets; i++) {
        /* qemu has no deep sleep: SLEEPDEEP and SLEEPDEEPS of SCR are left out */
        const uint32_t shown = offsets[i] == 0x10 ? ~0xCu : ~0u;
        show("\n  offset", offsets[i]);
        show("secure", SCB(offsets[i]) & shown);
        show("non-secure", SCB_NS(offsets[i]) & shown);
    }
    show("\n  sau", SAU(4));
    show("fpccr", FPCCR);
    show("fpccr_ns", FPCCR_NS);
    show("itns", ITNS);
    print("\n");
}

static void test_tt(void)
{
    static const uint32_t addresses[] = {0x10000000, 0x1000FFFF, 0x10010000, 0x1001FFE0, 0x10020000,
                                         0x00200000, 0x002FFFFF, 0x00300000, 0x00000000, 0x38000000,
                                         0x28200000, 0x28204000, 0x28206010, 0x28208000, 0x283FFFE0,
                                         0x40000000, 0x50000000, 0x60000000, 0xE000E000, 0xE000ED00,
                                         0xE0040000, 0xE0100000, 0xFFFFFFFF};
    for (uint32_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        uint32_t tt, ttt, tta, ttat;
        __asm__ volatile("tt %0, %4\n\tttt %1, %4\n\ttta %2, %4\n\tttat %3, %4"
                         : "=&r"(tt), "=&r"(ttt), "=&r"(tta), "=&r"(ttat)
                         : "r"(addresses[i]));
        show("address", addresses[i]);
        show("tt", tt);
        show("ttt", ttt);
        show("tta", tta);
        show("ttat", ttat);
        call_ns((uint32_t)ns_tt, addresses[i]);
        print("\n");
    }
}

static void mpu(volatile uint32_t *base, uint32_t number, uint32_t rbar, uint32_t rlar)
{
    base[2] = number;
    base[3] = rbar;
    base[4] = rlar;
}

static void test_tt_with_mpus(void)
{
    volatile uint32_t *secure = &SCB(0x90), *non_secure = &SCB_NS(0x90);
    mpu(secure, 1, 0x38000000 | 2, 0x3800FFE1);
    mpu(secure, 2, 0x10010000 | 4, 0x1001FFE1);
    mpu(non_secure, 3, 0x28204000 | 6, 0x28207FE1);
    mpu(non_secure, 4, 0x00200000 | 6, 0x0020FFE1);
    mpu(non_secure, 5, 0x28206000 | 2, 0x2820BFE1);
    secure[1] = 5;
    print("MPUs\n");
    test_tt();
    non_secure[2] = 5;
    non_secure[4] = 0;
    non_secure[1] = 5;
    test_tt();
    secure[1] = non_secure[1] = 0;
    for (uint32_t i = 0; i < 8; i++) {
        mpu(secure, i, 0, 0);
        mpu(non_secure, i, 0, 0);
    }
}

static void test_calls(void)
{
    const uint32_t *at = (const uint32_t *)0x28208000;
    show("plus one", call_ns((uint32_t)ns_plus_one, 41));
    show("nested", call_ns((uint32_t)ns_nested, 0));
    show("lr", call_marked((uint32_t)find_ns, (uint32_t)at));
    show("r1", at[1]);
    show("r4", at[4]);
    show("r11", at[11]);
    show("ipsr", at[14]);
    show("control", at[15]);
    show("sg", call_ns((uint32_t)run_ns, (uint32_t)sg_alone) & 1);
    print("\n");
}

static void test_other_state(void)
{
    MSR(psp_ns, 0x28209003);
    MSR(psplim_ns, 0x2820000F);
    MSR(primask_ns, 3);
    MSR(basepri_ns, 0x1FF);
    MSR(faultmask_ns, 1);
    MSR(control_ns, 7);
    show("psp", MRS(psp_ns));
    show("msp", MRS(msp_ns));
    show("sp", MRS(sp_ns));
    show("psplim", MRS(psplim_ns));
    show("primask", MRS(primask_ns));
    show("basepri", MRS(basepri_ns));
    show("faultmask", MRS(faultmask_ns));
    show("control", MRS(control_ns));
    show("own", MRS(control));
    show("own psp", MRS(psp));
    MSR(control_ns, 0);
    MSR(primask_ns, 0);
    MSR(basepri_ns, 0);
    MSR(faultmask_ns, 0);
    MSR(psplim_ns, 0);
    MSR(psp_ns, 0x28209000);
    print("\n");
}

static void set_lines(uint32_t non_secure, uint32_t first, uint32_t second)
{
    ICER = ~0u;
    ICPR = ~0u;
    ITNS = non_secure;
    for (uint32_t i = 0; i < LINES; i++)
        IPR(i) = (uint8_t)(i & 1 ? second : first);
    ISER = 0xFFFF;
}

/* Pends line 0 or 1, whose handlers act, in each state against code of each state. */
static void test_exceptions(void)
{
    for (uint32_t target = 0; target < 4; target++)
        for (uint32_t what = REPORT; what <= CALL; what++) {
            if ((what == SPOIL || what == BAD_RETURN) && !(target & 1))
                continue;
            for (uint32_t from_ns = 0; from_ns < 2; from_ns++) {
                if (what == SPOIL && from_ns)
                    continue;
                set_lines(target & 1 ? (target & 2 ? 0x5555u : 0xFFFDu)
                                     : (target & 2 ? 0xAAAAu : 0u),
                          0x80, 0x40);
                ICER = 0xFFFC;
                action = what == PEND || what == CALL ? what : what == BAD_RETURN ? QUIET : REPORT;
                call_ns((uint32_t)ns_set_action, what);
                show("target", target);
                show("action", what);
                show("from", from_ns);
                uint32_t result = 0;
                if (from_ns) {
                    SCB_NS(4) = 0;
                    ITNS |= 1u << 15; /* so that Non-secure code may pend something */
                    action = action == PEND ? REPORT : action;
                    call_ns((uint32_t)ns_set_action, what == PEND ? (uint32_t)REPORT : what);
                    result = call_ns((uint32_t)ns_wait, target & 1 ? 1u : 2u);
                    ISPR = 1;
                    __asm__ volatile("dsb\n\tisb" ::: "memory");
                } else {
                    result = wait_marked(&ISPR, 1);
                }
                show("\n  then", result);
                print("\n");
            }
        }
    action = REPORT;
    call_ns((uint32_t)ns_set_action, REPORT);
}

/* Frames on process stacks, and what finds no room there: the basic frame, or the callee's
 * registers beside it. */
static void test_process_stacks(void)
{
    static const uint32_t rooms[] = {0x400, 0x80, 0x70, 0x60, 0x50, 0x48, 0x40, 0x38, 0x20, 0x18};
    for (uint32_t i = 0; i < 2 * sizeof rooms / sizeof *rooms; i++) {
        const uint32_t top = 0x38009000 + 4 * (i & 1), room = rooms[i / 2];
        set_lines(i & 1 ? 0u : 0xFFFFu, 0x80, 0x80);
        show("room", room);
        MSR(control, 0); /* no floating-point state */
        uint32_t result = wait_on_process_stack(&ISPR, 1, top, top - 36 - room);
        show("\n  then", result);
        show("psp", MRS(psp));
        print("\n");
    }
    MSR(psp_ns, 0x28209000);
    MSR(control_ns, 2);
    for (uint32_t i = 0; i < 4; i++) {
        set_lines(i & 1 ? 0x8000u : 0xFFFFu, 0x80, 0x80);
        MSR(psplim_ns, i & 2 ? 0x28208000 : 0);
        MSR(control, 0);
        ICER = 0xFFFE;
        show("process stack of Non-secure code", i);
        ISPR = i & 1 ? 0x8000 : 0;
        ISER = 0x8000;
        show("gives", call_ns((uint32_t)ns_wait, 1));
        show("psp", MRS(psp_ns));
        show("control", MRS(control_ns));
        print("\n");
        MSR(psp_ns, 0x28209000);
    }
    MSR(psplim_ns, 0);
    MSR(control_ns, 0);
}

static void test_system_exceptions(void)
{
    static const uint32_t priorities[] = {0x00, 0x20, 0x80, 0xC0};
    for (uint32_t i = 0; i < 16; i++) {
        SCB(0xC) = AIRCR_KEY | (i & 1 ? PRIS : 0);
        SCB(0x20) = priorities[i & 3] << 16;
        SCB_NS(0x20) = priorities[i >> 2] << 16;
        show("pris", i & 1);
        MSR(primask, 1);
        SCB(4) = 1u << 28;
        SCB_NS(4) = 1u << 28;
        show("icsr", SCB(4));
        show("icsr_ns", SCB_NS(4));
        show("shpr_ns", SCB_NS(0x20));
        MSR(primask, 0);
        __asm__ volatile("dsb\n\tisb" ::: "memory");
        print("\n");
    }
    SCB(0xC) = AIRCR_KEY;
    __asm__ volatile("svc #3" ::: "r0", "r1", "r2", "r3", "memory");
    print("\n");
}

static void run_table(const char *text, const struct snippet *s)
{
    print(text);
    print("\n");
    for (; s->name != 0; s++) {
        print(s->name);
        show("\n  gives", call_ns((uint32_t)run_ns, s->address) != 0);
        print("\n");
    }
}

static void run_snippets(const char *text)
{
    run_table(text, snippets);
    print("branch to Non-secure code");
    run_secure((uint32_t)plain_branch);
    print("\n");
}

/* Both MPUs, privileged and not; then without the configurable faults of either state. */
static void test_mpus(void)
{
    volatile uint32_t *non_secure = &SCB_NS(0x90);
    mpu(non_secure, 0, 0x00200000 | 6, 0x0020FFE1);
    mpu(non_secure, 1, 0x28206000 | 6 | 1, 0x28206FE1);
    mpu(non_secure, 2, 0x28207000 | 0 | 1, 0x28207FE1);
    mpu(non_secure, 3, 0x28208000 | 2 | 1, 0x2820FFE1);
    mpu(non_secure, 4, 0x28200000 | 2 | 1, 0x28200FE1);
    for (uint32_t i = 0; i < 8; i++) {
        MSR(control, 0);
        non_secure[1] = i & 1 ? 5 : 1;
        SCB_NS(0x24) = i & 4 ? 0 : 7u << 16;
        MSR(control_ns, i >> 1 & 1);
        run_table("MPU", mpu_snippets);
        MSR(control_ns, 0);
    }
    SCB_NS(0x24) = 7u << 16;
    non_secure[1] = 0;
}

static void test_faults(void)
{
    SCB_NS(0x14) |= 1u << 4;
    run_snippets("all faults enabled");
    SCB_NS(0x88) = 0;
    run_snippets("no FPU");
    SCB_NS(0x88) = 0xFu << 20;
    MSR(control, 0); /* no active state, which NSACR would keep from being stacked */
    NSACR = 0;
    run_snippets("NSACR");
    NSACR = 0xC00;
    SCB_NS(0x24) = 0;
    run_snippets("Non-secure faults disabled");
    SCB(0x24) = 0;
    run_snippets("no faults enabled");
    SCB(0xC) = AIRCR_KEY | BFHFNMINS;
    run_snippets("Non-secure HardFault");
    SCB_NS(0x24) = 7u << 16;
    run_snippets("Non-secure BusFault");
    SCB(0xC) = AIRCR_KEY;
    SCB(0x24) = 7u << 16 | 1u << 19;
    SCB_NS(8) = 0x38000000;
    print("vectors in Secure memory");
    show("\n  gives", call_ns((uint32_t)run_ns, snippets[5].address) != 0);
    SCB_NS(8) = (uint32_t)vectors_ns;
    SCB_NS(0x24) = 0;
    SCB_NS(0x24) = 7u << 16;
    print("\n");
}

static void test_fp(void)
{
    static const uint32_t modes[] = {0xC0000000u, 0x80000000u, 0xE0000000u,
                                     0xC4000000u, 0x84000000u, 0xD0000000u};
    for (uint32_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        FPCCR = modes[i];
        show("fpccr", FPCCR);
        show("fpccr_ns", FPCCR_NS);
        uint32_t low, high;
        __asm__ volatile("vmov s1, %0\n\tvmov s17, %1" ::"r"(0x11110000u + i),
                         "r"(0x22220000u + i));
        show("control", MRS(control));
        show("found", call_ns((uint32_t)ns_fp, i) == 0x11110000u + i);
        __asm__ volatile("vmov %0, s1\n\tvmov %1, s17" : "=r"(low), "=r"(high));
        show("s1", low);
        show("s17", high);
        show("fpccr", FPCCR);
        set_lines(0xFFFF, 0x80, 0x80);
        __asm__ volatile("vmov s1, %0" ::"r"(0x33330000u + i));
        ISPR = 1;
        __asm__ volatile("dsb\n\tisb" ::: "memory");
        __asm__ volatile("vmov %0, s1" : "=r"(low));
        show("\n  s1", low);
        show("control", MRS(control));
        print("\n");
    }
    FPCCR = 0xC0000000u;
}

static void test_views(void)
{
    set_lines(0x00FF, 0x60, 0xA0);
    SCB(0x18) = 0x80706050;
    SCB_NS(0x18) = 0x40302010;
    SCB(0x10) = 0x1E;
    SCB_NS(0x10) = 0x1E;
    for (uint32_t i = 0; i < 4; i++) {
        SCB(0xC) = AIRCR_KEY | (i & 1 ? BFHFNMINS : 0) | (i & 2 ? PRIS | 0x308 : 0);
        show_registers("views");
        for (uint32_t k = 0; k < 19; k++)
            show("\n  value", call_ns((uint32_t)ns_registers, k));
        print("\n");
        SCB(0x10) = i & 1 ? 4 : 0;
    }
    SCB(0xC) = AIRCR_KEY;
    SCB(0x10) = SCB_NS(0x10) = 0;
    SCB(0x18) = SCB_NS(0x18) = 0;
}

static void test_storms(void)
{
    for (uint32_t i = 0; i < 200; i++) {
        random_state = i * 2654435761u + 7;
        order = steps = 0;
        SCB(0xC) = AIRCR_KEY | (chance(2) ? PRIS : 0) | chance(8) << 8;
        SCB_NS(0xC) = AIRCR_KEY | chance(8) << 8;
        ICER = ~0u;
        ITNS = chance(1u << LINES);
        for (uint32_t k = 0; k < LINES; k++)
            IPR(k) = (uint8_t)chance(256);
        SCB(0x20) = chance(256) << 16;
        SCB_NS(0x20) = chance(256) << 16;
        action = STORM;
        call_ns((uint32_t)ns_set_action, STORM);
        ISER = 0xFFFF;
        for (uint32_t k = 0; k < 12; k++)
            storm_act();
        MSR(basepri, 0);
        MSR(primask, 0);
        MSR(basepri_ns, 0);
        MSR(primask_ns, 0);
        __asm__ volatile("dsb\n\tisb" ::: "memory");
        ICER = ~0u;
        ICPR = ~0u;
        action = REPORT;
        call_ns((uint32_t)ns_set_action, REPORT);
        show("storm", i);
        show("steps", steps);
        show("order", order);
        show("active", IABR);
        print("\n");
    }
    SCB(0xC) = AIRCR_KEY;
}

void main_secure(void)
{
    for (char *at = bss_start; at < bss_end; at++)
        *at = 0;
    show_registers("after reset");
    set_up();
    show_registers("set up");
    test_tt();
    test_tt_with_mpus();
    test_calls();
    test_other_state();
    test_exceptions();
    test_process_stacks();
    test_system_exceptions();
    test_mpus();
    test_faults();
    test_fp();
    test_views();
    test_storms();
    semihosting(0x18, (void *)0x20026);
    for (;;) {
    }
}
