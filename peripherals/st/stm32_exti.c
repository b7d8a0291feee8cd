/* STM32 extended interrupts and events controller (EXTI), two register banks.
 *
 * ST RM0432 (STM32L4+), chapter 17; bits as in ST's stm32l4r5xx.h. Configurable lines: 0..16,
 * 18..22, 35..38; direct lines: 17, 23..33, 40. Modelled: edge detection, software triggers,
 * pending bits, interrupt and event masks. Input "line" has one wire a line; output "irq" one a
 * vector, in the order below; output "event" pulses for an event (to the core's RXEV).
 * Not modelled: the masks of direct lines: those peripherals have interrupts of their own, which
 * wake the core from Stop here whatever the mask says. */
#include "_stm32_exti.h"

#define LINES 41

enum {
    IMR1,
    EMR1,
    RTSR1,
    FTSR1,
    SWIER1,
    PR1,
    IMR2,
    EMR2,
    RTSR2,
    FTSR2,
    SWIER2,
    PR2,
    REG_COUNT,
};
#define BANK (IMR2 - IMR1)

/* Lines of each interrupt wire: EXTI0..4, EXTI9_5, EXTI15_10, PVD_PVM, TAMP_STAMP, RTC_WKUP,
 * RTC_Alarm, COMP. */
static const uint64_t vectors[] = {
    1ull << 0,  1ull << 1,    1ull << 2,     1ull << 3,
    1ull << 4,  0x1Full << 5, 0x3Full << 10, 1ull << 16 | 0xFull << 35,
    1ull << 19, 1ull << 20,   1ull << 18,    3ull << 21,
};
#define VECTORS (sizeof vectors / sizeof *vectors)

static const struct stm32_exti_chip chip = {RTSR1, FTSR1, SWIER1,  PR1,     PR1,  IMR1,
                                            EMR1,  BANK,  VECTORS, vectors, LINES};

static void store_swier1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    stm32_exti_store_latched(dev, 0, old);
}
static void store_swier2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    stm32_exti_store_latched(dev, 1, old);
}

static void store_pr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    stm32_exti_store_pending(dev, 0, written);
}
static void store_pr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    stm32_exti_store_pending(dev, 1, written);
}

/* IMR2 resets to 0xFFFFFF87 (RM0432 17.5.7): reserved bits read 1. */
static const struct mote_reg regs[REG_COUNT] = {
    [IMR1] = {.name = "IMR1",
              .offset = 0x00,
              .reset = 0xFF820000,
              .rw = 0xFFFFFFFF,
              .store = stm32_exti_store},
    [EMR1] = {.name = "EMR1", .offset = 0x04, .rw = 0xFFFFFFFF},
    [RTSR1] = {.name = "RTSR1", .offset = 0x08, .rw = 0x7DFFFF},
    [FTSR1] = {.name = "FTSR1", .offset = 0x0C, .rw = 0x7DFFFF},
    [SWIER1] = {.name = "SWIER1", .offset = 0x10, .w1s = 0x7DFFFF, .store = store_swier1},
    [PR1] = {.name = "PR1", .offset = 0x14, .w1c = 0x7DFFFF, .store = store_pr1},
    [IMR2] = {.name = "IMR2",
              .offset = 0x20,
              .reset = 0xFFFFFF87,
              .rw = 0x17B,
              .store = stm32_exti_store},
    [EMR2] = {.name = "EMR2", .offset = 0x24, .rw = 0x17B},
    [RTSR2] = {.name = "RTSR2", .offset = 0x28, .rw = 0x78},
    [FTSR2] = {.name = "FTSR2", .offset = 0x2C, .rw = 0x78},
    [SWIER2] = {.name = "SWIER2", .offset = 0x30, .w1s = 0x78, .store = store_swier2},
    [PR2] = {.name = "PR2", .offset = 0x34, .w1c = 0x78, .store = store_pr2},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    ((struct stm32_exti *)dev->state)->chip = &chip;
    return true;
}

const struct mote_device_class mote_class_stm32_exti = {
    .name = "stm32_exti",
    .summary = "STM32 external interrupts and events",
    .compatibles = {"st,stm32-exti"},
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
