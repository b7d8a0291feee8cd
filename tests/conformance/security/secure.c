/*
 * Two Security states in words: the same image must print the same on qemu's mps2-an505 and on a
 * virtual Cortex-M33. Calls both ways, TT, banked registers, exceptions between the states, faults,
 * floating-point context, and interrupt storms across both states whose order is hashed.
 *
 * Left out because qemu 7.2 differs from the Armv8-M ARM there: SFSR.SFARVALID, SLEEPDEEP, SysTick
 * by the alias of Non-secure state, execution of Non-secure memory that Secure code has read.
 */
#include "shared.h"

extern char done_secure[], done_ns[], done_process[], not_an_entry[], sg_alone[], vectors_ns[],
    bss_start[], bss_end[], bss_ns_start[], bss_ns_end[];
void main_secure(void);
void report_secure(uint32_t *registers);
uint32_t run_secure(uint32_t address);
uint32_t call_marked(uint32_t function, uint32_t argument);
uint32_t call_ns(uint32_t function, uint32_t argument);
uint32_t wait_marked(volatile uint32_t *reg, uint32_t value);
uint32_t wait_on_process_stack(volatile uint32_t *reg, uint32_t value, uint32_t sp, uint32_t limit);
void plain_branch(void);

#define SAU(offset)    REG32(0xE000EDD0u + (offset))
#define SFSR           SAU(0x14)
#define SFAR           SAU(0x18)
#define SCB(offset)    REG32(0xE000ED00u + (offset))
#define SCB_NS(offset) REG32(0xE002ED00u + (offset))
#define FPCCR          REG32(0xE000EF34u)
#define FPCCR_NS       REG32(0xE002EF34u)
#define NSACR          SCB(0x8C)
#define AIRCR_KEY      0x05FA0000u
#define BFHFNMINS      (1u << 13)
#define PRIS           (1u << 14)

/* ---- output -------------------------------------------------------------------------------------
 */

static char line[1024];
static uint32_t used;

static void semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(const char *text)
{
    while (*text != 0 && used < sizeof line - 1)
        line[used++] = *text++;
    line[used] = 0;
    if (used > 0 && line[used - 1] == '\n') {
        semihosting(4, line);
        used = 0;
    }
}

static void show(const char *name, uint32_t value)
{
    char text[10] = {' '};
    for (uint32_t i = 0; i < 8; i++)
        text[1 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    print(" ");
    print(name);
    print(text);
}

/* ---- for Non-secure code ------------------------------------------------------------------------
 */

static uint32_t random_state, order, steps;

void nsc_show(const char *name, uint32_t value)
{
    show(name, value);
}

uint32_t nsc_twice(uint32_t value)
{
    show("secure ipsr", MRS(ipsr));
    show("control", MRS(control));
    return 2 * value;
}

uint32_t nsc_call_back(uint32_t value)
{
    return call_ns((uint32_t)ns_nested, value) + 1;
}

void nsc_note(uint32_t what)
{
    order = order * 31 + what;
    steps++;
}

static uint32_t chance(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)random_state * below >> 32);
}

uint32_t nsc_chance(uint32_t below)
{
    return steps > 200 ? 3 : chance(below);
}

static volatile uint32_t *spoiled;

void nsc_spoil(void)
{
    volatile uint32_t *at = (uint32_t *)MRS(msp);
    while ((*at & ~1u) != 0xFEFA125Au)
        at++;
    spoiled = at;
    *at ^= 0x100;
}

/* ---- handler ------------------------------------------------------------------------------------
 */

static volatile uint32_t action, deepest;

static void storm_act(void)
{
    const uint32_t what = chance(9), which = chance(LINES);
    if (steps > 200)
        return;
    if (what < 3)
        ISPR = 1u << which;
    else if (what == 3)
        ICPR = 1u << which;
    else if (what == 4)
        IPR(which) = (uint8_t)chance(256);
    else if (what == 5)
        MSR(basepri, chance(2) ? chance(256) : 0);
    else if (what == 6)
        MSR(primask, chance(3) == 0);
    else if (what == 7)
        SCB(4) = 1u << 28;
    else
        SCB_NS(4) = 1u << 28;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static uint32_t *frame_of(uint32_t *registers, uint32_t lr)
{
    if (!(lr & 0x40))
        return (uint32_t *)((lr & 8) && (MRS(control_ns) & 2) ? MRS(psp_ns) : MRS(msp_ns));
    uint32_t *frame = (lr & 0xC) == 0xC ? (uint32_t *)MRS(psp) : registers + REGISTERS;
    return lr & 0x20 ? frame : frame + 10;
}

/* A process stack without room for the frame: the handler returns by one that it makes elsewhere.
 */
static void make_frame(uint32_t lr)
{
    uint32_t *at = (uint32_t *)0x3800A000;
    for (uint32_t i = 0; i < 18; i++)
        at[i] = 0;
    MSR(psplim, 0);
    MSR(psp, (uint32_t)at);
    if (!(lr & 0x20)) {
        *at = 0xFEFA125Au | (lr >> 4 & 1);
        at += 10;
    }
    at[FRAME_PC] = (uint32_t)done_process & ~1u;
    at[FRAME_PSR] = 1u << 24;
}

static void report_fault(uint32_t *registers, uint32_t lr)
{
    if ((SCB(0x28) >> 20 & 1) && (lr & 0x4C) == 0x4C) { /* STKOF of a Secure process stack */
        show("cfsr", SCB(0x28));
        show("psp", MRS(psp));
        SCB(0x28) = ~0u;
        make_frame(lr);
        return;
    }
    uint32_t *frame = frame_of(registers, lr);
    show("pc", frame[FRAME_PC]);
    show("psr", frame[FRAME_PSR]);
    show("cfsr", SCB(0x28));
    show("cfsr_ns", SCB_NS(0x28));
    show("hfsr", SCB(0x2C));
    show("sfsr", SFSR & ~0x40u); /* qemu never sets SFARVALID */
    show("shcsr", SCB(0x24));
    if (SCB(0x2C) & 2) /* VECTTBL */
        SCB_NS(8) = (uint32_t)vectors_ns;
    SCB(0x28) = SCB_NS(0x28) = SCB(0x2C) = SFSR = ~0u;
    MSR(msplim_ns, 0);
    if (spoiled != 0) {
        *spoiled ^= 0x100;
        spoiled = 0;
        return;
    }
    if (action == QUIET)
        return;
    frame[FRAME_PC] = (uint32_t)(lr & 0x40 ? done_secure : done_ns) & ~1u;
    frame[FRAME_PSR] = (frame[FRAME_PSR] & ~0x0600FC00u) | 1u << 24;
}

static uint32_t sum(const uint32_t *registers, uint32_t first)
{
    uint32_t result = 0;
    for (uint32_t i = first; i < 12; i++)
        result = result * 31 + registers[i];
    return result;
}

void report_secure(uint32_t *registers)
{
    const uint32_t number = MRS(ipsr), lr = registers[R_LR], what = action;
    if (what == STORM) {
        order = order * 31 + (number | 0x200);
        for (uint32_t i = 0; i < 3; i++)
            storm_act();
        order = order * 31 + (number | 0x300);
        steps++;
        return;
    }
    show("\n  secure exception", number);
    show("lr", lr);
    show("callee registers", lr & 0x20 ? 0 : sum(registers + REGISTERS, 2));
    show("control", MRS(control));
    show("icsr", SCB(4));
    if (what == PEND) {
        action = REPORT;
        ISPR = 0xFFFF;
        __asm__ volatile("dsb\n\tisb" ::: "memory");
    }
    if (what == CALL)
        show("called", call_ns((uint32_t)ns_plus_one, number));
    if (number >= 3 && number <= 7)
        report_fault(registers, lr);
    if (++deepest > 1000) {
        print("\ntoo many exceptions\n");
        semihosting(0x18, (void *)0x20023);
    }
}

/* ---- tests --------------------------------------------------------------------------------------
 */

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
