/* The clock tree of the STM32L4+ RCC: rates of sources, and the clocks that consumers hold.
 *
 * ST RM0432 (STM32L4+), chapter 6 "Reset and clock control". */
#include "_stm32l4_rcc.h"
#include <stdio.h>

static uint32_t field(uint32_t value, uint32_t lsb, uint32_t width)
{
    return (value >> lsb) & ((1u << width) - 1);
}

uint32_t stm32l4_rcc_msi_range(struct mote_device *dev)
{
    uint32_t cr = mote_reg(dev, RCC_CR);
    uint32_t range = cr & CR_MSIRGSEL ? field(cr, 4, 4) : field(mote_reg(dev, RCC_CSR), 8, 4);
    return range < RCC_MSI_RANGES ? range : RCC_MSI_RANGES - 1;
}

static uint64_t msi_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    uint32_t cr = mote_reg(dev, RCC_CR);
    if (!(cr & CR_MSIRDY))
        return 0;
    uint32_t range = stm32l4_rcc_msi_range(dev);
    bool trimmed = (cr & CR_MSIPLLEN) && (mote_reg(dev, RCC_BDCR) & BDCR_LSERDY);
    return trimmed && rcc->msi_pll_hz[range] ? rcc->msi_pll_hz[range] : rcc->msi_hz[range];
}

static uint64_t hsi16_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    return mote_reg(dev, RCC_CR) & CR_HSIRDY ? rcc->hsi16_hz : 0;
}

static uint64_t hse_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    return mote_reg(dev, RCC_CR) & CR_HSERDY ? rcc->hse_hz : 0;
}

/* VCO of PLL 0 (main), 1 (SAI1) or 2 (SAI2); they share the input selection. */
static uint64_t vco_hz(struct mote_device *dev, uint32_t pll)
{
    static const uint32_t ready[] = {CR_PLLRDY, CR_PLLSAI1RDY, CR_PLLSAI2RDY};
    if (!(mote_reg(dev, RCC_CR) & ready[pll]))
        return 0;
    uint64_t input = 0;
    switch (field(mote_reg(dev, RCC_PLLCFGR), 0, 2)) {
    case 1:
        input = msi_hz(dev);
        break;
    case 2:
        input = hsi16_hz(dev);
        break;
    case 3:
        input = hse_hz(dev);
        break;
    }
    uint32_t cfgr = mote_reg(dev, RCC_PLLCFGR + pll);
    return input * field(cfgr, 8, 7) / (field(cfgr, 4, 4) + 1);
}

/* Output P (0), Q (1) or R (2) of a PLL. */
static uint64_t pll_hz(struct mote_device *dev, uint32_t pll, uint32_t output)
{
    static const uint32_t enable_bit[] = {16, 20, 24};
    uint32_t cfgr = mote_reg(dev, RCC_PLLCFGR + pll);
    if (!field(cfgr, enable_bit[output], 1))
        return 0;
    uint32_t divider;
    if (output == 0) {
        divider = field(cfgr, 27, 5);
        if (divider == 0)
            divider = field(cfgr, 17, 1) ? 17 : 7;
    } else {
        divider = 2 * field(cfgr, enable_bit[output] + 1, 2) + 2;
    }
    return vco_hz(dev, pll) / divider;
}

static uint64_t sysclk_hz(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    if (rcc->stopped)
        return 0;
    switch (field(mote_reg(dev, RCC_CFGR), 2, 2)) {
    case 0:
        return msi_hz(dev);
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
    uint32_t hpre = field(mote_reg(dev, RCC_CFGR), 4, 4);
    return sysclk_hz(dev) / (hpre < 8 ? 1 : divider[hpre - 8]);
}

static uint64_t pclk_hz(struct mote_device *dev, uint32_t bus)
{
    uint32_t ppre = field(mote_reg(dev, RCC_CFGR), bus == 1 ? 8 : 11, 3);
    return hclk_hz(dev) >> (ppre < 4 ? 0 : ppre - 3);
}

/* Timers run at twice the bus clock when the bus prescaler divides. */
static uint64_t timer_hz(struct mote_device *dev, uint32_t bus)
{
    uint32_t ppre = field(mote_reg(dev, RCC_CFGR), bus == 1 ? 8 : 11, 3);
    return ppre < 4 ? pclk_hz(dev, bus) : 2 * pclk_hz(dev, bus);
}

uint64_t stm32l4_rcc_hz(struct mote_device *dev, enum rcc_source source)
{
    const struct rcc_state *rcc = dev->state;
    switch (source) {
    case SRC_SYSCLK:
        return sysclk_hz(dev);
    case SRC_LSE:
        return mote_reg(dev, RCC_BDCR) & BDCR_LSERDY ? rcc->lse_hz : 0;
    case SRC_LSI:
        return mote_reg(dev, RCC_CSR) & CSR_LSIRDY ? rcc->lsi_hz : 0;
    case SRC_HSI16:
        return hsi16_hz(dev);
    case SRC_HSI48:
        return mote_reg(dev, RCC_CRRCR) & 2 ? rcc->hsi48_hz : 0;
    case SRC_MSI:
        return msi_hz(dev);
    case SRC_PLL_P:
    case SRC_PLL_Q:
    case SRC_PLL_R:
        return pll_hz(dev, 0, source - SRC_PLL_P);
    case SRC_SAI1_P:
    case SRC_SAI1_Q:
    case SRC_SAI1_R:
        return pll_hz(dev, 1, source - SRC_SAI1_P);
    case SRC_TIMPCLK1:
    case SRC_TIMPCLK2:
        return timer_hz(dev, source == SRC_TIMPCLK1 ? 1 : 2);
    case SRC_HCLK:
        return hclk_hz(dev);
    case SRC_HCLK_8:
        return hclk_hz(dev) / 8;
    case SRC_PCLK:
    case SRC_PCLK1:
        return pclk_hz(dev, 1);
    case SRC_PCLK2:
        return pclk_hz(dev, 2);
    case SRC_HSE:
        return hse_hz(dev);
    case SRC_HSE_32:
        return hse_hz(dev) / 32;
    default:
        return 0;
    }
}

/* ---- what consumers hold -----------------------------------------------------------------------
 */

/* Selection fields of CCIPR, CCIPR2 and BDCR, and what each of their values selects. */
static const struct {
    uint16_t offset;
    uint8_t lsb;
    uint8_t reg;
    uint8_t source[4];
} muxes[] = {
    {0x88, 0, RCC_CCIPR, {SRC_PCLK2, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},   /* USART1 */
    {0x88, 2, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},   /* USART2 */
    {0x88, 4, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},   /* USART3 */
    {0x88, 6, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},   /* UART4 */
    {0x88, 8, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},   /* UART5 */
    {0x88, 10, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_LSE}},  /* LPUART1 */
    {0x88, 12, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_NONE}}, /* I2C1 */
    {0x88, 14, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_NONE}}, /* I2C2 */
    {0x88, 16, RCC_CCIPR, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_NONE}}, /* I2C3 */
    {0x88, 18, RCC_CCIPR, {SRC_PCLK1, SRC_LSI, SRC_HSI16, SRC_LSE}},     /* LPTIM1 */
    {0x88, 20, RCC_CCIPR, {SRC_PCLK1, SRC_LSI, SRC_HSI16, SRC_LSE}},     /* LPTIM2 */
    {0x88, 26, RCC_CCIPR, {SRC_HSI48, SRC_SAI1_Q, SRC_PLL_Q, SRC_MSI}},  /* CLK48: RNG, USB */
    {0x88, 28, RCC_CCIPR, {SRC_NONE, SRC_SAI1_R, SRC_NONE, SRC_SYSCLK}}, /* ADC */
    {0x9C, 0, RCC_CCIPR2, {SRC_PCLK1, SRC_SYSCLK, SRC_HSI16, SRC_NONE}}, /* I2C4 */
    {0x90, 8, RCC_BDCR, {SRC_NONE, SRC_LSE, SRC_LSI, SRC_HSE_32}},       /* RTC */
};
#define MUX_COUNT (sizeof muxes / sizeof *muxes)

/* Enable registers: 0x48 .. 0x60 lie 0x20 after the reset registers of the same bits. */
static const struct {
    uint16_t offset;
    uint8_t reg;
    uint8_t source, timer_source;
    uint32_t timers; /* bits whose peripheral is a timer: clocked at timer rate */
} enables[] = {
    {0x48, RCC_AHB1ENR, SRC_HCLK, SRC_NONE, 0},
    {0x4C, RCC_AHB2ENR, SRC_HCLK, SRC_NONE, 0},
    {0x50, RCC_AHB3ENR, SRC_HCLK, SRC_NONE, 0},
    {0x58, RCC_APB1ENR1, SRC_PCLK1, SRC_TIMPCLK1, 0x0000003F},
    {0x5C, RCC_APB1ENR2, SRC_PCLK1, SRC_NONE, 0},
    {0x60, RCC_APB2ENR, SRC_PCLK2, SRC_TIMPCLK2, 0x00072800},
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
        return stm32l4_rcc_hz(dev, output->source);
    uint32_t reg = mote_reg(dev, muxes[output->mux].reg);
    if (muxes[output->mux].reg == RCC_BDCR && !(reg & BDCR_RTCEN))
        return 0;
    return stm32l4_rcc_hz(dev, muxes[output->mux].source[field(reg, muxes[output->mux].lsb, 2)]);
}

void stm32l4_rcc_update(struct mote_device *dev)
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

bool stm32l4_rcc_add_fixed(struct mote_device *dev, const char *name, enum rcc_source source)
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
 * Mote: <0x1000, 0> HCLK, <0x1001, 0> HCLK/8, <0x1002, 0> PCLK1, <0x1003, 0> PCLK2. */
struct mote_clock *stm32l4_rcc_clock_of(struct mote_device *dev, const uint32_t *cells,
                                        size_t count)
{
    if (count < 2)
        return NULL;
    int row = enable_row(cells[0]);
    if (row >= 0)
        return cells[1] != 0 ? gate_clock(dev, row, cells[1]) : NULL;
    static const uint8_t own[] = {SRC_HCLK, SRC_HCLK_8, SRC_PCLK1, SRC_PCLK2};
    struct rcc_output wanted = {0};
    char name[48];
    if (cells[0] >= 0x1000 && cells[0] - 0x1000 < sizeof own) {
        wanted.source = own[cells[0] - 0x1000];
    } else if (cells[1] == 0xFF && cells[0] > SRC_NONE && cells[0] < SRC_HCLK) {
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

void stm32l4_rcc_reset_consumers(struct mote_device *dev, uint32_t enable_offset, uint32_t bits)
{
    struct rcc_state *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++) {
        const struct rcc_output *output = &rcc->outputs[i];
        if (output->gate_offset == enable_offset && (output->gate_mask & bits))
            mote_clock_reset_consumers(output->clock);
    }
}
