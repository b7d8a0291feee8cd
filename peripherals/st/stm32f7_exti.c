/* STM32F74x/75x extended interrupts and events controller (EXTI).
 *
 * ST RM0385, chapter 11; bits as in ST's stm32f746xx.h. Lines 0 to 15 are pins (of the port that
 * SYSCFG chooses), 16 PVD, 17 RTC alarm, 18 and 20 USB, 19 Ethernet, 21 tamper, 22 RTC wake-up, 23
 * LPTIM1. Modelled: edge detection, software triggers, pending bits, interrupt and event masks.
 * Input "line" has one wire a line; output "irq" one a vector, in the order below; output "event"
 * pulses for an event (to the core's RXEV). Not modelled: interrupts of the USB's and Ethernet's
 * lines. */
#include "_stm32_exti.h"

#define LINES      24
#define LINES_MASK ((1u << LINES) - 1)

enum { IMR, EMR, RTSR, FTSR, SWIER, PR, REG_COUNT };

/* Lines of each interrupt wire: EXTI0..4, EXTI9_5, EXTI15_10, PVD, TAMP_STAMP, RTC_WKUP,
 * RTC_Alarm. */
static const uint64_t vectors[] = {
    1u << 0,     1u << 1,  1u << 2,  1u << 3,  1u << 4,  0x1Fu << 5,
    0x3Fu << 10, 1u << 16, 1u << 21, 1u << 22, 1u << 17,
};
#define VECTORS (sizeof vectors / sizeof *vectors)

static const struct stm32_exti_chip chip = {RTSR, FTSR, SWIER,   PR,      PR,   IMR,
                                            EMR,  0,    VECTORS, vectors, LINES};

static void store_swier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    stm32_exti_store_latched(dev, 0, old);
}

static void store_pr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    stm32_exti_store_pending(dev, 0, written);
}

static const struct mote_reg regs[REG_COUNT] = {
    [IMR] = {.name = "IMR", .offset = 0x00, .rw = LINES_MASK, .store = stm32_exti_store},
    [EMR] = {.name = "EMR", .offset = 0x04, .rw = LINES_MASK},
    [RTSR] = {.name = "RTSR", .offset = 0x08, .rw = LINES_MASK},
    [FTSR] = {.name = "FTSR", .offset = 0x0C, .rw = LINES_MASK},
    [SWIER] = {.name = "SWIER", .offset = 0x10, .w1s = LINES_MASK, .store = store_swier},
    [PR] = {.name = "PR", .offset = 0x14, .w1c = LINES_MASK, .store = store_pr},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    ((struct stm32_exti *)dev->state)->chip = &chip;
    return true;
}

const struct mote_device_class mote_class_stm32f7_exti = {
    .name = "stm32f7_exti",
    .summary = "STM32F74x external interrupts and events",
    .compatibles = {"st,stm32f7-exti"},
    .state_bytes = sizeof(struct stm32_exti),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"line", LINES}},
    .outputs = {{"irq", VECTORS}, {"event", 1}},
    .attach = attach,
    .reset = stm32_exti_reset,
    .input = stm32_exti_input,
};
