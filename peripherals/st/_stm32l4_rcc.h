/* Inside of the STM32L4+ RCC: registers, sources and outputs of the clock tree. */
#ifndef ST_STM32L4_RCC_H
#define ST_STM32L4_RCC_H

#include <mote/clock.h>
#include <mote/device.h>

enum {
    RCC_CR,
    RCC_ICSCR,
    RCC_CFGR,
    RCC_PLLCFGR,
    RCC_PLLSAI1CFGR,
    RCC_PLLSAI2CFGR,
    RCC_CIER,
    RCC_CIFR,
    RCC_CICR,
    RCC_AHB1RSTR,
    RCC_AHB2RSTR,
    RCC_AHB3RSTR,
    RCC_APB1RSTR1,
    RCC_APB1RSTR2,
    RCC_APB2RSTR,
    RCC_AHB1ENR,
    RCC_AHB2ENR,
    RCC_AHB3ENR,
    RCC_APB1ENR1,
    RCC_APB1ENR2,
    RCC_APB2ENR,
    RCC_AHB1SMENR,
    RCC_AHB2SMENR,
    RCC_AHB3SMENR,
    RCC_APB1SMENR1,
    RCC_APB1SMENR2,
    RCC_APB2SMENR,
    RCC_CCIPR,
    RCC_BDCR,
    RCC_CSR,
    RCC_CRRCR,
    RCC_CCIPR2,
    RCC_DLYCFGR,
    RCC_REG_COUNT,
};

#define CR_MSION      (1u << 0)
#define CR_MSIRDY     (1u << 1)
#define CR_MSIPLLEN   (1u << 2)
#define CR_MSIRGSEL   (1u << 3)
#define CR_HSION      (1u << 8)
#define CR_HSIKERON   (1u << 9)
#define CR_HSIRDY     (1u << 10)
#define CR_HSEON      (1u << 16)
#define CR_HSERDY     (1u << 17)
#define CR_HSEBYP     (1u << 18)
#define CR_PLLON      (1u << 24)
#define CR_PLLRDY     (1u << 25)
#define CR_PLLSAI1ON  (1u << 26)
#define CR_PLLSAI1RDY (1u << 27)
#define CR_PLLSAI2ON  (1u << 28)
#define CR_PLLSAI2RDY (1u << 29)
#define CFGR_STOPWUCK (1u << 15)
#define BDCR_LSEON    (1u << 0)
#define BDCR_LSERDY   (1u << 1)
#define BDCR_LSEBYP   (1u << 2)
#define BDCR_RTCEN    (1u << 15)
#define BDCR_BDRST    (1u << 16)
#define CSR_LSION     (1u << 0)
#define CSR_LSIRDY    (1u << 1)
#define CSR_RMVF      (1u << 23)
#define CSR_CAUSES    0xFF000000u
#define CRRCR_HSI48ON (1u << 0)

/* Clock sources. The first ones have the numbers of Zephyr's STM32_SRC_x (stm32l4_clock.h since the
 * one that has TIMPCLK1; older ones name no source without a selection field above LSI). */
enum rcc_source {
    SRC_NONE = 0,
    SRC_SYSCLK,
    SRC_LSE,
    SRC_LSI,
    SRC_HSE,
    SRC_HSI16,
    SRC_HSI48,
    SRC_MSI,
    SRC_PCLK,
    SRC_TIMPCLK1,
    SRC_TIMPCLK2,
    SRC_PLL_P,
    SRC_PLL_Q,
    SRC_PLL_R,
    SRC_SAI1_P,
    SRC_SAI1_Q,
    SRC_SAI1_R,
    SRC_HCLK,
    SRC_HCLK_8,
    SRC_PCLK1,
    SRC_PCLK2,
    SRC_HSE_32,
};

#define RCC_MAX_OUTPUTS 128
#define RCC_MSI_RANGES  12

/* One clock that somebody may consume: a source, behind a bit, or behind a selection field. */
struct rcc_output {
    struct mote_clock *clock; /* set in attach or while the board is built, then constant */
    uint32_t gate_offset;     /* register with the enable bit, 0 = always on */
    uint32_t gate_mask;
    uint8_t source; /* SRC_NONE: by `mux` */
    uint8_t mux;    /* row of the selection table */
};

struct rcc_state {
    /* From the devicetree. */
    uint64_t msi_hz[RCC_MSI_RANGES], msi_pll_hz[RCC_MSI_RANGES], msi_startup_ps[RCC_MSI_RANGES];
    uint64_t hsi16_hz, hsi48_hz, lsi_hz, hse_hz, lse_hz;
    uint64_t hsi16_startup_ps, hsi48_startup_ps, lsi_startup_ps, hse_startup_ps, lse_startup_ps;
    uint64_t pll_lock_ps;
    bool hse_bypass;
    struct rcc_output outputs[RCC_MAX_OUTPUTS];
    uint32_t output_count;
    /* Changing. */
    uint32_t cause;   /* CSR flags of the reset that was asked for */
    uint32_t held[6]; /* last values of the reset registers */
    bool powered;     /* the power-on reset is over */
    bool stopped;     /* Stop, Standby or Shutdown: high-speed clocks are off */
    bool lsi_forced;  /* the independent watchdog runs */
};

/* _stm32l4_rcc_tree.c */
uint64_t stm32l4_rcc_hz(struct mote_device *dev, enum rcc_source source);
void stm32l4_rcc_update(struct mote_device *dev);
bool stm32l4_rcc_add_fixed(struct mote_device *dev, const char *name, enum rcc_source source);
struct mote_clock *stm32l4_rcc_clock_of(struct mote_device *dev, const uint32_t *cells,
                                        size_t count);
void stm32l4_rcc_reset_consumers(struct mote_device *dev, uint32_t enable_offset, uint32_t bits);
uint32_t stm32l4_rcc_msi_range(struct mote_device *dev);

#endif
