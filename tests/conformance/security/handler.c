/* The Secure half's output, what Non-secure code calls, and the handler of its exceptions. */
#include "secure.h"

/* ---- output -------------------------------------------------------------------------------------
 */

static char line[1024];
static uint32_t used;

void semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void print(const char *text)
{
    while (*text != 0 && used < sizeof line - 1)
        line[used++] = *text++;
    line[used] = 0;
    if (used > 0 && line[used - 1] == '\n') {
        semihosting(4, line);
        used = 0;
    }
}

void show(const char *name, uint32_t value)
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

uint32_t random_state, order, steps;

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

uint32_t chance(uint32_t below)
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

volatile uint32_t action, deepest;

void storm_act(void)
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
