/* STM32H7A3/7B3/7B0 extended interrupts and event controller (EXTI), three register banks.
 *
 * ST RM0455, chapter 20; bits as in ST's stm32h7a3xxq.h. Configurable lines: 0 to 21 (pins, PVD,
 * RTC alarm, tamper, RTC wake-up, comparators), 49, 51, 82, 85; the others are direct. Modelled:
 * edge detection, software triggers, pending bits, interrupt and event masks of the CPU. Input
 * "line" has one wire for each of lines 0 to 21; output "irq" one for each vector, in the order
 * below; output "event" pulses for an event (to the core's RXEV).
 * Not modelled: edges of lines 49 to 85, pending in the SRD domain, and the masks of direct lines:
 * those peripherals have interrupts of their own, which wake the core from Stop here whatever the
 * mask says. */
#include "_stm32_exti.h"

#define LINES      22
#define LINES_MASK ((1u << LINES) - 1)
#define BANK2_TR   0x000A0000u /* configurable lines 49, 51 */
#define BANK3_TR   0x00240000u /* 82, 85 */
#define BANK2_IM   0xFFFF8FFFu
#define BANK3_IM   0x01A527FFu

enum {
    RTSR1,
    FTSR1,
    SWIER1,
    SRDPMR1,
    SRDPCR1,
    RTSR2,
    FTSR2,
    SWIER2,
    SRDPMR2,
    SRDPCR2,
    RTSR3,
    FTSR3,
    SWIER3,
    SRDPMR3,
    SRDPCR3,
    CPUIMR1,
    CPUEMR1,
    CPUPR1,
    CPUIMR2,
    CPUEMR2,
    CPUPR2,
    CPUIMR3,
    CPUEMR3,
    CPUPR3,
    REG_COUNT,
};

/* Lines of each interrupt wire: EXTI0..4, EXTI9_5, EXTI15_10, PVD_PVM, RTC_TAMP_STAMP_CSS_LSE,
 * RTC_WKUP, RTC_Alarm, COMP. */
static const uint64_t vectors[] = {
    1u << 0,     1u << 1,  1u << 2,  1u << 3,  1u << 4,  0x1Fu << 5,
    0x3Fu << 10, 1u << 16, 1u << 18, 1u << 19, 1u << 17, 3u << 20,
};
#define VECTORS (sizeof vectors / sizeof *vectors)

static const struct stm32_exti_chip chip = {RTSR1,   FTSR1, SWIER1,  CPUPR1,  CPUPR1, CPUIMR1,
                                            CPUEMR1, 0,     VECTORS, vectors, LINES};

#define UNMODELLED(which, at, mask)                                                                \
    [which] = {.name = #which, .offset = (at), .rw = (mask), .unmodelled = (mask)}
#define SRDPCR(bank, at)                                                                           \
    [SRDPCR##bank] = {.name = "SRDPCR" #bank "[%u]",                                               \
                      .offset = (at),                                                              \
                      .count = 2,                                                                  \
                      .rw = 0xFFFFFFFF,                                                            \
                      .unmodelled = 0xFFFFFFFF}

/* Masks of direct lines reset to 1. */
static const struct mote_reg regs[REG_COUNT] = {
    [RTSR1] = {.name = "RTSR1", .offset = 0x00, .rw = LINES_MASK},
    [FTSR1] = {.name = "FTSR1", .offset = 0x04, .rw = LINES_MASK},
    [SWIER1] = {.name = "SWIER1",
                .offset = 0x08,
                .w1s = LINES_MASK,
                .store = stm32_exti_store_swier},
    UNMODELLED(SRDPMR1, 0x0C, 0x0138FFFF),
    SRDPCR(1, 0x10),
    UNMODELLED(RTSR2, 0x20, BANK2_TR),
    UNMODELLED(FTSR2, 0x24, BANK2_TR),
    UNMODELLED(SWIER2, 0x28, BANK2_TR),
    UNMODELLED(SRDPMR2, 0x2C, 0x000F020C),
    SRDPCR(2, 0x30),
    UNMODELLED(RTSR3, 0x40, BANK3_TR),
    UNMODELLED(FTSR3, 0x44, BANK3_TR),
    UNMODELLED(SWIER3, 0x48, BANK3_TR),
    UNMODELLED(SRDPMR3, 0x4C, 0x01000000),
    SRDPCR(3, 0x50),
    [CPUIMR1] = {.name = "CPUIMR1",
                 .offset = 0x80,
                 .reset = ~LINES_MASK,
                 .rw = 0xFFFFFFFF,
                 .store = stm32_exti_store},
    [CPUEMR1] = {.name = "CPUEMR1", .offset = 0x84, .rw = 0xFFFFFFFF},
    [CPUPR1] = {.name = "CPUPR1", .offset = 0x88, .w1c = LINES_MASK, .store = stm32_exti_store},
    [CPUIMR2] = {.name = "CPUIMR2", .offset = 0x90, .reset = BANK2_IM & ~BANK2_TR, .rw = BANK2_IM},
    [CPUEMR2] = {.name = "CPUEMR2", .offset = 0x94, .rw = BANK2_IM},
    [CPUPR2] = {.name = "CPUPR2", .offset = 0x98, .w1c = BANK2_TR},
    [CPUIMR3] = {.name = "CPUIMR3", .offset = 0xA0, .reset = BANK3_IM & ~BANK3_TR, .rw = BANK3_IM},
    [CPUEMR3] = {.name = "CPUEMR3", .offset = 0xA4, .rw = BANK3_IM},
    [CPUPR3] = {.name = "CPUPR3", .offset = 0xA8, .w1c = BANK3_TR},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    ((struct stm32_exti *)dev->state)->chip = &chip;
    return true;
}

const struct mote_device_class mote_class_stm32h7_exti = {
    .name = "stm32h7_exti",
    .summary = "STM32H7A3 external interrupts and events",
    .compatibles = {"st,stm32h7-exti"},
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
