/* The clock tree of the STM32U5 RCC: rates of sources, and the clocks that consumers hold.
 *
 * ST RM0456 (STM32U5 series), chapter 11 "Reset and clock control". */
#include "_stm32u5_rcc.h"
#include <stdio.h>

static uint32_t field(uint32_t value, uint32_t lsb, uint32_t width)
{
    return (value >> lsb) & ((1u << width) - 1);
}

/* MSIS and MSIK have a range each, in ICSCR1 or, until MSIRGSEL is set, in CSR. */
static uint64_t msi_hz(struct mote_device *dev, bool kernel)
{
    const struct rcc_state *rcc = dev->state;
    if (!(mote_reg(dev, RCC_CR) & (kernel ? CR_MSIKRDY : CR_MSISRDY)))
        return 0;
    uint32_t icscr1 = mote_reg(dev, RCC_ICSCR1);
    uint32_t range = icscr1 & ICSCR1_MSIRGSEL ? field(icscr1, kernel ? 24 : 28, 4)
                                              : field(mote_reg(dev, RCC_CSR), kernel ? 8 : 12, 4);
    return rcc->msi_hz[range];
}

static uint64_t hsi16_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    return mote_reg(dev, RCC_CR) & CR_HSIRDY ? rcc->hsi16_hz : 0;
}

static uint64_t hsi48_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    return mote_reg(dev, RCC_CR) & CR_HSI48RDY ? rcc->hsi48_hz : 0;
}

static uint64_t hse_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    return mote_reg(dev, RCC_CR) & CR_HSERDY ? rcc->hse_hz : 0;
}

static uint64_t lsi_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    uint32_t bdcr = mote_reg(dev, RCC_BDCR);
    if (!(bdcr & BDCR_LSIRDY))
        return 0;
    return bdcr & BDCR_LSIPREDIV ? rcc->lsi_hz / 128 : rcc->lsi_hz;
}

/* Output P (0), Q (1) or R (2) of PLL 0 to 2. */
static uint64_t pll_hz(struct mote_device *dev, uint32_t pll, uint32_t output)
{
    uint32_t cfgr = mote_reg(dev, RCC_PLL1CFGR + pll);
    uint32_t divr = mote_reg(dev, RCC_PLL1DIVR + 2 * pll);
    if (!(mote_reg(dev, RCC_CR) & (CR_PLL1RDY << (2 * pll))) || !field(cfgr, 16 + output, 1))
        return 0;
    uint64_t input = 0;
    switch (field(cfgr, 0, 2)) {
    case 1:
        input = msi_hz(dev, false);
        break;
    case 2:
        input = hsi16_hz(dev);
        break;
    case 3:
        input = hse_hz(dev);
        break;
    }
    /* N in 1/8192, as FRACN gives it */
    uint64_t n = (uint64_t)(field(divr, 0, 9) + 1) << 13;
    if (field(cfgr, 4, 1))
        n += field(mote_reg(dev, RCC_PLL1FRACR + 2 * pll), 3, 13);
    static const uint8_t lsb[] = {9, 16, 24};
    uint64_t divider = field(divr, lsb[output], 7) + 1;
    return input * n / (field(cfgr, 8, 4) + 1) / divider >> 13;
}

static uint64_t sysclk_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    if (rcc->stopped)
        return 0;
    switch (field(mote_reg(dev, RCC_CFGR1), 2, 2)) {
    case 0:
        return msi_hz(dev, false);
    case 1:
        return hsi16_hz(dev);
    case 2:
        return hse_hz(dev);
    default:
        return pll_hz(dev, 0, 2);
    }
}

static uint64_t hclk_hz(struct mote_device *dev)
{
    static const uint16_t divider[] = {2, 4, 8, 16, 64, 128, 256, 512};
    uint32_t hpre = field(mote_reg(dev, RCC_CFGR2), 0, 4);
    return sysclk_hz(dev) / (hpre < 8 ? 1 : divider[hpre - 8]);
}

static uint32_t ppre(struct mote_device *dev, uint32_t bus)
{
    return bus == 3 ? field(mote_reg(dev, RCC_CFGR3), 4, 3)
                    : field(mote_reg(dev, RCC_CFGR2), bus == 1 ? 4 : 8, 3);
}

static uint64_t pclk_hz(struct mote_device *dev, uint32_t bus)
{
    uint32_t code = ppre(dev, bus);
    return hclk_hz(dev) >> (code < 4 ? 0 : code - 3);
}

/* Timers run at twice the bus clock when the bus prescaler divides. */
static uint64_t timer_hz(struct mote_device *dev, uint32_t bus)
{
    return ppre(dev, bus) < 4 ? pclk_hz(dev, bus) : 2 * pclk_hz(dev, bus);
}

uint64_t stm32u5_rcc_hz(struct mote_device *dev, enum rcc_source source)
{
    const struct rcc_state *rcc = dev->state;
    switch (source) {
    case SRC_SYSCLK:
        return sysclk_hz(dev);
    case SRC_LSE:
        return mote_reg(dev, RCC_BDCR) & BDCR_LSERDY ? rcc->lse_hz : 0;
    case SRC_LSI:
        return lsi_hz(dev);
    case SRC_HSE:
    case SRC_HSE_32:
        return hse_hz(dev) / (source == SRC_HSE ? 1 : 32);
    case SRC_HSI16:
        return hsi16_hz(dev);
    case SRC_HSI48:
    case SRC_HSI48_2:
        return hsi48_hz(dev) / (source == SRC_HSI48 ? 1 : 2);
    case SRC_MSIS:
    case SRC_MSIK:
        return msi_hz(dev, source == SRC_MSIK);
    case SRC_HCLK:
    case SRC_HCLK_8:
        return hclk_hz(dev) / (source == SRC_HCLK ? 1 : 8);
    case SRC_PCLK1:
    case SRC_PCLK2:
    case SRC_PCLK3:
        return pclk_hz(dev, source - SRC_PCLK1 + 1);
    case SRC_TIMPCLK1:
    case SRC_TIMPCLK2:
        return timer_hz(dev, source - SRC_TIMPCLK1 + 1);
    case SRC_NONE:
        return 0;
    default:
        return pll_hz(dev, (source - SRC_PLL1_P) / 3, (source - SRC_PLL1_P) % 3);
    }
}

/* ---- what consumers hold -----------------------------------------------------------------------
 */

/* Selection fields of CCIPR1 to 3 and BDCR, and what each of their values selects. */
static const struct {
    uint16_t offset;
    uint8_t lsb, width;
    uint8_t reg;
    uint8_t source[8];
} muxes[] = {
    {0xE0, 0, 2, RCC_CCIPR1, {SRC_PCLK2, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},           /* USART1 */
    {0xE0, 2, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},           /* USART2 */
    {0xE0, 4, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},           /* USART3 */
    {0xE0, 6, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},           /* UART4 */
    {0xE0, 8, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},           /* UART5 */
    {0xE0, 10, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},         /* I2C1 */
    {0xE0, 12, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},         /* I2C2 */
    {0xE0, 14, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},         /* I2C4 */
    {0xE0, 16, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},         /* SPI2 */
    {0xE0, 18, 2, RCC_CCIPR1, {SRC_PCLK1, SRC_LSI, SRC_HSI16, SRC_LSE}},             /* LPTIM2 */
    {0xE0, 20, 2, RCC_CCIPR1, {SRC_PCLK2, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},         /* SPI1 */
    {0xE0, 22, 2, RCC_CCIPR1, {SRC_HCLK_8, SRC_LSI, SRC_LSE}},                       /* SysTick */
    {0xE0, 26, 2, RCC_CCIPR1, {SRC_HSI48, SRC_PLL2_Q, SRC_PLL1_Q, SRC_MSIK}},        /* ICLK */
    {0xE4, 12, 2, RCC_CCIPR2, {SRC_HSI48, SRC_HSI48_2, SRC_HSI16}},                  /* RNG */
    {0xE8, 0, 3, RCC_CCIPR3, {SRC_PCLK3, SRC_SYSCLK, SRC_HSI16, SRC_LSE, SRC_MSIK}}, /* LPUART1 */
    {0xE8, 3, 2, RCC_CCIPR3, {SRC_PCLK3, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},          /* SPI3 */
    {0xE8, 6, 2, RCC_CCIPR3, {SRC_PCLK3, SRC_SYSCLK, SRC_HSI16, SRC_MSIK}},          /* I2C3 */
    {0xE8, 8, 2, RCC_CCIPR3, {SRC_MSIK, SRC_LSI, SRC_HSI16, SRC_LSE}},               /* LPTIM3, 4 */
    {0xE8, 10, 2, RCC_CCIPR3, {SRC_MSIK, SRC_LSI, SRC_HSI16, SRC_LSE}},              /* LPTIM1 */
    {0xE8,
     12,
     3,
     RCC_CCIPR3,
     {SRC_HCLK, SRC_SYSCLK, SRC_PLL2_R, SRC_HSE, SRC_HSI16, SRC_MSIK}}, /* ADC, DAC */
    {0xF0, 8, 2, RCC_BDCR, {SRC_NONE, SRC_LSE, SRC_LSI, SRC_HSE_32}},   /* RTC */
};
#define MUX_COUNT (sizeof muxes / sizeof *muxes)

/* Enable registers: 0x88 .. 0xA8 lie 0x28 after the reset registers of the same bits. */
static const struct {
    uint16_t offset;
    uint8_t reg;
    uint8_t source, timer_source;
    uint32_t timers; /* bits whose peripheral is a timer: clocked at timer rate */
} enables[] = {
    {0x88, RCC_AHB1ENR, SRC_HCLK, SRC_NONE, 0},
    {0x8C, RCC_AHB2ENR1, SRC_HCLK, SRC_NONE, 0},
    {0x90, RCC_AHB2ENR2, SRC_HCLK, SRC_NONE, 0},
    {0x94, RCC_AHB3ENR, SRC_HCLK, SRC_NONE, 0},
    {0x9C, RCC_APB1ENR1, SRC_PCLK1, SRC_TIMPCLK1, 0x0000003F},
    {0xA0, RCC_APB1ENR2, SRC_PCLK1, SRC_NONE, 0},
    {0xA4, RCC_APB2ENR, SRC_PCLK2, SRC_TIMPCLK2, 0x00072800},
    {0xA8, RCC_APB3ENR, SRC_PCLK3, SRC_NONE, 0},
};
#define ENABLE_COUNT (sizeof enables / sizeof *enables)

static int enable_row(uint32_t offset)
{
    for (size_t i = 0; i < ENABLE_COUNT; i++)
        if (enables[i].offset == offset)
            return (int)i;
    return -1;
}

static uint64_t output_hz(struct mote_device *dev, const struct rcc_output *output)
{
    if (output->gate_offset != 0) {
        int row = enable_row(output->gate_offset);
        if (!(mote_reg(dev, enables[row].reg) & output->gate_mask))
            return 0;
    }
    if (output->source != SRC_NONE)
        return stm32u5_rcc_hz(dev, output->source);
    uint32_t reg = mote_reg(dev, muxes[output->mux].reg);
    if (muxes[output->mux].reg == RCC_BDCR && !(reg & BDCR_RTCEN))
        return 0;
    uint32_t choice = field(reg, muxes[output->mux].lsb, muxes[output->mux].width);
    return stm32u5_rcc_hz(dev, muxes[output->mux].source[choice]);
}

void stm32u5_rcc_update(struct mote_device *dev)
{
    struct rcc_state *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++)
        mote_clock_set_hz(rcc->outputs[i].clock, output_hz(dev, &rcc->outputs[i]));
}

static struct mote_clock *add_output(struct mote_device *dev, const char *name,
                                     const struct rcc_output *wanted)
{
    struct rcc_state *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++) {
        const struct rcc_output *old = &rcc->outputs[i];
        if (old->gate_offset == wanted->gate_offset && old->gate_mask == wanted->gate_mask &&
            old->source == wanted->source && old->mux == wanted->mux)
            return old->clock;
    }
    if (rcc->output_count == RCC_MAX_OUTPUTS)
        return NULL;
    struct rcc_output *output = &rcc->outputs[rcc->output_count];
    *output = *wanted;
    output->clock = mote_clock_add(dev, name);
    if (output->clock == NULL)
        return NULL;
    rcc->output_count++;
    return output->clock;
}

bool stm32u5_rcc_add_fixed(struct mote_device *dev, const char *name, enum rcc_source source)
{
    const struct rcc_output wanted = {.source = (uint8_t)source};
    return add_output(dev, name, &wanted) != NULL;
}

static struct mote_clock *gate_clock(struct mote_device *dev, int row, uint32_t mask)
{
    bool timer = (mask & enables[row].timers) != 0;
    const struct rcc_output wanted = {
        .gate_offset = enables[row].offset,
        .gate_mask = mask,
        .source = timer ? enables[row].timer_source : enables[row].source,
    };
    char name[48];
    snprintf(name, sizeof name, "%s.0x%x", dev->cls->regs[enables[row].reg].name, mask);
    return add_output(dev, name, &wanted);
}

/* Cells, as in Zephyr: <enable register offset, bit mask> is a gated bus clock (a timer's is its
 * doubled kernel clock); <STM32_SRC_x, STM32_DT_CLOCK_SELECT()> is a kernel clock that follows the
 * selection field (register in bits 15:0, lsb in 20:16); <STM32_SRC_x, 0xFF> is a source itself. Of
 * Mote: <0x1000, 0> HCLK. */
struct mote_clock *stm32u5_rcc_clock_of(struct mote_device *dev, const uint32_t *cells,
                                        size_t count)
{
    if (count < 2)
        return NULL;
    int row = enable_row(cells[0]);
    if (row >= 0)
        return cells[1] != 0 ? gate_clock(dev, row, cells[1]) : NULL;
    struct rcc_output wanted = {0};
    char name[48];
    if (cells[0] == 0x1000) {
        wanted.source = SRC_HCLK;
    } else if (cells[1] == 0xFF && cells[0] > SRC_NONE && cells[0] <= SRC_TIMPCLK2) {
        wanted.source = (uint8_t)cells[0];
    } else {
        uint32_t lsb = (cells[1] >> 16) & 31;
        while (wanted.mux < MUX_COUNT &&
               (muxes[wanted.mux].offset != (cells[1] & 0xFFFF) || muxes[wanted.mux].lsb != lsb))
            wanted.mux++;
        if (wanted.mux == MUX_COUNT)
            return NULL;
    }
    snprintf(name, sizeof name, "clock.0x%x.0x%x", cells[0], cells[1]);
    return add_output(dev, name, &wanted);
}

void stm32u5_rcc_reset_consumers(struct mote_device *dev, uint32_t enable_offset, uint32_t bits)
{
    struct rcc_state *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++) {
        const struct rcc_output *output = &rcc->outputs[i];
        if (output->gate_offset == enable_offset && (output->gate_mask & bits))
            mote_clock_reset_consumers(output->clock);
    }
}
