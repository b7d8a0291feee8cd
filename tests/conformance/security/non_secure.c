/* The Non-secure part: called by the Secure part, reports what it sees through it. */
#include "shared.h"

extern char done_ns[];
void report_ns(uint32_t *registers);

static volatile uint32_t action;

void ns_set_action(uint32_t what)
{
    action = what;
}

uint32_t ns_plus_one(uint32_t value)
{
    return value + 1;
}

uint32_t ns_nested(uint32_t value)
{
    nsc_show("ns ipsr", MRS(ipsr));
    return value > 3 ? nsc_twice(value) : nsc_call_back(value + 1) + 1;
}

uint32_t ns_tt(uint32_t address)
{
    uint32_t result, unprivileged;
    __asm__ volatile("tt %0, %2\n\tttt %1, %2" : "=&r"(result), "=&r"(unprivileged) : "r"(address));
    nsc_show("ns tt", result);
    nsc_show("ttt", unprivileged);
    return result;
}

uint32_t ns_fp(uint32_t value)
{
    uint32_t before, control = MRS(control);
    nsc_show("ns control", control);
    __asm__ volatile("vmov %0, s1\n\tvmov s1, %1\n\tvmov s17, %1" : "=&r"(before) : "r"(value));
    nsc_show("control", MRS(control));
    return before;
}

/* The system registers as this state sees them. */
uint32_t ns_registers(uint32_t which)
{
    static const uint32_t addresses[] = {0xE000ED08, 0xE000ED0C, 0xE000ED14, 0xE000ED18, 0xE000ED1C,
                                         0xE000ED20, 0xE000ED24, 0xE000ED88, 0xE000ED90, 0xE000ED94,
                                         0xE000E108, 0xE000E188, 0xE000E208, 0xE000E388, 0xE000E440,
                                         0xE000EF34, 0xE002ED08, 0xE000ED04, 0xE000ED2C};
    if (which >= sizeof addresses / sizeof *addresses)
        return 0;
    nsc_show("at", addresses[which]);
    return REG32(addresses[which]);
}

uint32_t ns_wait(uint32_t what)
{
    ISPR = what;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    return ISPR;
}

static void act(void)
{
    const uint32_t what = nsc_chance(8), line = nsc_chance(LINES);
    if (what < 3)
        ISPR = 1u << line;
    else if (what == 3)
        ICPR = 1u << line;
    else if (what == 4)
        IPR(line) = (uint8_t)nsc_chance(256);
    else if (what == 5)
        MSR(basepri, nsc_chance(2) ? nsc_chance(256) : 0);
    else if (what == 6)
        MSR(primask, nsc_chance(3) == 0);
    else
        REG32(0xE000ED04) = 1u << 28;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static uint32_t sum(const uint32_t *registers)
{
    uint32_t result = 0;
    for (uint32_t i = 0; i < 13; i++)
        result = result * 31 + registers[i];
    return result;
}

static void repair(uint32_t *frame)
{
    frame[FRAME_PC] = (uint32_t)done_ns & ~1u;
    frame[FRAME_PSR] = (frame[FRAME_PSR] & ~0x0600FC00u) | 1u << 24;
}

void report_ns(uint32_t *registers)
{
    const uint32_t number = MRS(ipsr), lr = registers[R_LR], what = action;
    if (what == STORM) {
        nsc_note(number);
        for (uint32_t i = 0; i < 3; i++)
            act();
        nsc_note(number | 0x100);
        return;
    }
    nsc_show("\n  ns exception", number);
    nsc_show("lr", lr);
    nsc_show("registers", sum(registers));
    nsc_show("control", MRS(control));
    nsc_show("msp", MRS(msp));
    action = REPORT;
    if (what == PEND)
        ISPR = 0xFFFF;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    if (what == CALL)
        nsc_show("twice", nsc_twice(number));
    if (what == SPOIL)
        nsc_spoil();
    if (what == BAD_RETURN)
        registers[R_LR] |= 1;
    if (number >= 3 && number <= 6) {
        nsc_show("cfsr", REG32(0xE000ED28));
        nsc_show("hfsr", REG32(0xE000ED2C));
        nsc_show("shcsr", REG32(0xE000ED24));
        REG32(0xE000ED28) = ~0u;
        REG32(0xE000ED2C) = ~0u;
        MSR(msplim, 0);
        if (!(lr & 0x40))
            repair(lr & 4 ? (uint32_t *)MRS(psp) : registers + REGISTERS);
    }
}
