/*
 * What exceptions leave behind, in words: the same image must print the same on qemu's mps2-an386
 * and on a virtual board. Faults and supervisor calls from a table of snippets, with and without
 * the configurable faults; wrong EXC_RETURN values; lazy floating-point state; then interrupt
 * storms whose order of entry and exit is hashed.
 *
 * Left out because qemu 7.2 differs from the Armv7-M ARM there: stack alignment of floating-point
 * frames without STKALIGN, r0 after a trapped division, subregions inside a page.
 */
#include "board.h"
#include "cortex_m.h"
#include "print.h"

#define NVIC_ICER REG32(0xE000E180u)
#define NVIC_ISPR REG32(0xE000E200u)
#define NVIC_ICPR REG32(0xE000E280u)
#define NVIC_IABR REG32(0xE000E300u)
#define AIRCR     REG32(0xE000ED0Cu)
#define CFSR      REG32(0xE000ED28u)
#define HFSR      REG32(0xE000ED2Cu)
#define MMFAR     REG32(0xE000ED34u)
#define BFAR      REG32(0xE000ED38u)
#define MPU_RNR   REG32(0xE000ED98u)
#define MPU_RBAR  REG32(0xE000ED9Cu)
#define MPU_RASR  REG32(0xE000EDA0u)
#define FPCCR     REG32(0xE000EF34u)

#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_STKALIGN    (1u << 9)
#define CFSR_MMARVALID  (1u << 7)
#define CFSR_BFARVALID  (1u << 15)
#define ICSR_PENDSVCLR  (1u << 27)
#define XPSR_IT         0x0600FC00u
#define XPSR_T          (1u << 24)
#define AIRCR_KEY       0x05FA0000u
#define LINES           16u
#define STORMS          400u
#define MAX_STEPS       256u

enum { FRAME_R12 = 4, FRAME_PC = 6, FRAME_PSR = 7 };
enum { PENDSV = 14, FIRST_LINE = 16 };

struct snippet {
    const char *name;
    uint32_t address;
};
extern const struct snippet snippets[];
extern uint8_t mpu_area[];
void run_snippet(uint32_t address);
void snippet_done(void);
void report_handler(void);
uint32_t report(uint32_t *frame, uint32_t exc_return);

static uint32_t vectors[FIRST_LINE + LINES] __attribute__((aligned(256)));
static volatile uint32_t wrong_exc_return, right_exc_return;
static uint32_t base; /* of the running snippet: pc is printed relative to it */

static void show(const char *name, uint32_t value)
{
    print(" ");
    print(name);
    print(" ");
    print_hex(value);
}

static uint32_t exception_number(void)
{
    uint32_t number;
    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

static uint32_t control(void)
{
    uint32_t value;
    __asm__ volatile("mrs %0, control" : "=r"(value));
    return value;
}

static int is_fault(uint32_t number)
{
    return number >= 3 && number <= 6;
}

uint32_t report(uint32_t *frame, uint32_t exc_return)
{
    const uint32_t number = exception_number(), cfsr = CFSR;
    CCR &= ~CCR_UNALIGN_TRP; /* the C library's string functions are not aligned */
    const int same_place = frame[FRAME_PC] - base < 256;
    show("\n  exception", number);
    show("lr", exc_return);
    show("pc", same_place ? frame[FRAME_PC] - base : frame[FRAME_PC]);
    show("psr", frame[FRAME_PSR]);
    show("r12", frame[FRAME_R12]);
    show("aligned", (uint32_t)frame & 7u);
    show("control", control());
    show("cfsr", cfsr);
    show("hfsr", HFSR);
    show("shcsr", SHCSR);
    show("icsr", ICSR);
    show("fpccr", FPCCR & 0xC0000001u);
    if (cfsr & CFSR_MMARVALID) {
        show("mmfar", MMFAR);
    }
    if (cfsr & CFSR_BFARVALID) {
        show("bfar", BFAR);
    }
    CFSR = ~0u;
    HFSR = ~0u;
    if (wrong_exc_return != 0) {
        const uint32_t wrong = wrong_exc_return;
        wrong_exc_return = 0;
        right_exc_return = exc_return;
        return wrong;
    }
    if (!is_fault(number)) {
        return exc_return;
    }
    /* On with the end of the snippet, privileged, outside any IT block. */
    __asm__ volatile("msr control, %0" ::"r"(control() & ~1u));
    if (right_exc_return != 0) {
        exc_return = right_exc_return;
        right_exc_return = 0;
    }
    frame[FRAME_PC] = (uint32_t)snippet_done & ~1u;
    frame[FRAME_PSR] = (frame[FRAME_PSR] & ~XPSR_IT) | XPSR_T;
    return exc_return;
}

static void mpu_region(uint32_t number, uint32_t address, uint32_t attributes)
{
    MPU_RNR = number;
    MPU_RBAR = address;
    MPU_RASR = attributes;
}

static void run_snippets(void)
{
    const uint32_t area = (uint32_t)mpu_area, kilobyte = 9u << 1 | 1u;
    mpu_region(0, 0, 3u << 24 | 31u << 1 | 1u);
    mpu_region(1, area, 1u << 28 | 6u << 24 | kilobyte);
    mpu_region(2, area + 1024, kilobyte);
    mpu_region(3, area + 2048, 1u << 24 | kilobyte);
    for (const struct snippet *s = snippets; s->name != 0; s++) {
        base = s->address & ~1u;
        print(s->name);
        CCR = CCR_STKALIGN | CCR_UNALIGN_TRP | CCR_DIV_0_TRP;
        run_snippet(s->address);
        print("\n");
    }
}

static void run_wrong_returns(uint32_t svc_address)
{
    static const uint32_t values[] = {0xFFFFFFF3u, 0xFFFFFFE0u, 0xFFFFFFF1u, 0xFFFFFFFBu};
    for (uint32_t i = 0; i < sizeof values / sizeof *values; i++) {
        wrong_exc_return = values[i];
        base = svc_address & ~1u;
        print("wrong EXC_RETURN");
        run_snippet(svc_address);
        print("\n");
    }
}

/* ---- floating-point state -----------------------------------------------------------------------
 */

static void fp_handler(void)
{
    show(" before", FPCCR & 0xC0000001u);
    __asm__ volatile("vmov.f32 s0, #3.0\n\tvmov.f32 s15, #5.0" ::: "s0", "s15");
    show("after", FPCCR & 0xC0000001u);
    show("control", control());
}

static void run_fp(void)
{
    static const uint32_t modes[] = {0xC0000000u, 0x80000000u};
    vectors[11] = (uint32_t)fp_handler;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t low, high;
        FPCCR = modes[i];
        print("floating-point state");
        __asm__ volatile("vmov.f32 s0, #1.0\n\tvmov.f32 s15, #2.0\n\tsvc #7\n\t"
                         "vmov %0, s0\n\tvmov %1, s15"
                         : "=r"(low), "=r"(high)::"s0", "s15", "memory");
        show("s0", low);
        show("s15", high);
        print("\n");
    }
}

/* ---- storms ------------------------------------------------------------------------------------
 */

static uint32_t random_state;
static volatile uint32_t order[MAX_STEPS], steps;

static uint32_t chance(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)random_state * below >> 32);
}

static void act(void)
{
    const uint32_t what = chance(10), line = chance(LINES);
    if (steps >= MAX_STEPS - 56) {
        return;
    }
    if (what < 4) {
        NVIC_ISPR = 1u << line;
    } else if (what == 4) {
        NVIC_ICPR = 1u << line;
    } else if (what == 5) {
        NVIC_IPR[line] = (uint8_t)(chance(16) << 4);
    } else if (what == 6) {
        const uint32_t basepri = chance(2) ? chance(16) << 4 : 0;
        __asm__ volatile("msr basepri, %0" ::"r"(basepri));
    } else if (what == 7 && chance(3) == 0) {
        irq_disable();
    } else if (what == 7) {
        irq_enable();
    } else if (what == 8) {
        ICSR = ICSR_PENDSVSET;
    } else if (chance(2)) {
        NVIC_ISER[0] = 1u << line;
    } else {
        NVIC_ICER = 1u << line;
    }
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void note(uint32_t what)
{
    if (steps < MAX_STEPS) {
        order[steps] = what;
        steps = steps + 1;
    }
}

static void storm_handler(void)
{
    note(exception_number());
    for (uint32_t i = 0; i < 3; i++) {
        act();
    }
    note(exception_number() | 0x100u);
}

static void run_storm(uint32_t number)
{
    steps = 0;
    random_state = number * 2654435761u + 7u;
    AIRCR = AIRCR_KEY | (3u + chance(5)) << 8;
    for (uint32_t i = 0; i < LINES; i++) {
        NVIC_IPR[i] = (uint8_t)(chance(16) << 4);
    }
    SHPR[10] = (uint8_t)(chance(16) << 4);
    NVIC_ISER[0] = chance(1u << LINES) | chance(1u << LINES);
    for (uint32_t i = 0; i < 16; i++) {
        act();
    }
    NVIC_ICER = ~0u;
    NVIC_ICPR = ~0u;
    ICSR = ICSR_PENDSVCLR;
    __asm__ volatile("msr basepri, %0" ::"r"(0));
    irq_enable();
    uint32_t hash = 0;
    for (uint32_t i = 0; i < steps; i++) {
        hash = hash * 31u + order[i];
    }
    show("storm", number);
    show("steps", steps);
    show("order", hash);
    show("active", NVIC_IABR);
    print("\n");
}

int main(void)
{
    board_init();
    for (uint32_t i = 2; i < FIRST_LINE + LINES; i++) {
        vectors[i] = (uint32_t)report_handler;
    }
    VTOR = (uint32_t)vectors;
    uint32_t svc_address = 0;
    for (const struct snippet *s = snippets; s->name != 0; s++) {
        if (s->name[0] == 's' && s->name[2] == 'p' && svc_address == 0) {
            svc_address = s->address;
        }
    }
    for (uint32_t enabled = 0; enabled < 2; enabled++) {
        print(enabled ? "configurable faults enabled\n" : "configurable faults disabled\n");
        SHCSR = enabled ? 7u << 16 : 0;
        run_snippets();
        run_wrong_returns(svc_address);
    }
    run_fp();
    vectors[PENDSV] = (uint32_t)storm_handler;
    for (uint32_t i = 0; i < LINES; i++) {
        vectors[FIRST_LINE + i] = (uint32_t)storm_handler;
    }
    for (uint32_t i = 0; i < STORMS; i++) {
        run_storm(i);
    }
    board_exit(0);
    return 0;
}
