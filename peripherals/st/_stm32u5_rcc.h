/* Inside of the STM32U5 RCC: registers, sources and outputs of the clock tree. */
#ifndef ST_STM32U5_RCC_H
#define ST_STM32U5_RCC_H

#include <mote/clock.h>
#include <mote/device.h>

enum {
    RCC_CR,
    RCC_ICSCR1,
    RCC_ICSCR2,
    RCC_ICSCR3,
    RCC_CRRCR,
    RCC_CFGR1,
    RCC_CFGR2,
    RCC_CFGR3,
    RCC_PLL1CFGR,
    RCC_PLL2CFGR,
    RCC_PLL3CFGR,
    RCC_PLL1DIVR, /* DIVR and FRACR of each PLL alternate */
    RCC_PLL1FRACR,
    RCC_PLL2DIVR,
    RCC_PLL2FRACR,
    RCC_PLL3DIVR,
    RCC_PLL3FRACR,
    RCC_CIER,
    RCC_CIFR,
    RCC_CICR,
    RCC_AHB1RSTR,
    RCC_AHB2RSTR1,
    RCC_AHB2RSTR2,
    RCC_AHB3RSTR,
    RCC_APB1RSTR1,
    RCC_APB1RSTR2,
    RCC_APB2RSTR,
    RCC_APB3RSTR,
    RCC_AHB1ENR,
    RCC_AHB2ENR1,
    RCC_AHB2ENR2,
    RCC_AHB3ENR,
    RCC_APB1ENR1,
    RCC_APB1ENR2,
    RCC_APB2ENR,
    RCC_APB3ENR,
    RCC_AHB1SMENR,
    RCC_AHB2SMENR1,
    RCC_AHB2SMENR2,
    RCC_AHB3SMENR,
    RCC_APB1SMENR1,
    RCC_APB1SMENR2,
    RCC_APB2SMENR,
    RCC_APB3SMENR,
    RCC_SRDAMR,
    RCC_CCIPR1,
    RCC_CCIPR2,
    RCC_CCIPR3,
    RCC_BDCR,
    RCC_CSR,
    RCC_SECCFGR,
    RCC_PRIVCFGR,
    RCC_REG_COUNT,
};

#define CR_MSISON       (1u << 0)
#define CR_MSISRDY      (1u << 2)
#define CR_MSIPLLEN     (1u << 3)
#define CR_MSIKON       (1u << 4)
#define CR_MSIKRDY      (1u << 5)
#define CR_MSIPLLSEL    (1u << 6)
#define CR_HSION        (1u << 8)
#define CR_HSIRDY       (1u << 10)
#define CR_HSI48ON      (1u << 12)
#define CR_HSI48RDY     (1u << 13)
#define CR_SHSION       (1u << 14)
#define CR_SHSIRDY      (1u << 15)
#define CR_HSEON        (1u << 16)
#define CR_HSERDY       (1u << 17)
#define CR_HSEBYP       (1u << 18)
#define CR_CSSON        (1u << 19)
#define CR_PLL1ON       (1u << 24)
#define CR_PLL1RDY      (1u << 25)
#define ICSCR1_MSIRGSEL (1u << 23)
#define CFGR1_STOPWUCK  (1u << 4)
#define BDCR_LSEON      (1u << 0)
#define BDCR_LSERDY     (1u << 1)
#define BDCR_LSESYSEN   (1u << 7)
#define BDCR_LSESYSRDY  (1u << 11)
#define BDCR_RTCEN      (1u << 15)
#define BDCR_BDRST      (1u << 16)
#define BDCR_LSION      (1u << 26)
#define BDCR_LSIRDY     (1u << 27)
#define BDCR_LSIPREDIV  (1u << 28)
#define CSR_RMVF        (1u << 23)
#define CSR_CAUSES      0xFE000000u

/* Clock sources. The first ones have the numbers of Zephyr's STM32_SRC_x (stm32u5_clock.h, from
 * memory). */
enum rcc_source {
    SRC_NONE = 0,
    SRC_SYSCLK,
    SRC_LSE,
    SRC_LSI,
    SRC_HSE,
    SRC_HSI16,
    SRC_HSI48,
    SRC_MSIS,
    SRC_MSIK,
    SRC_HCLK,
    SRC_PCLK1,
    SRC_PCLK2,
    SRC_PCLK3,
    SRC_PLL1_P,
    SRC_PLL1_Q,
    SRC_PLL1_R,
    SRC_PLL2_P,
    SRC_PLL2_Q,
    SRC_PLL2_R,
    SRC_PLL3_P,
    SRC_PLL3_Q,
    SRC_PLL3_R,
    SRC_TIMPCLK1,
    SRC_TIMPCLK2,
    SRC_HCLK_8,
    SRC_HSE_32,
    SRC_HSI48_2,
};

#define RCC_MAX_OUTPUTS 128
#define RCC_MSI_RANGES  16

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
    uint64_t msi_hz[RCC_MSI_RANGES], msi_startup_ps;
    uint64_t hsi16_hz, hsi48_hz, lsi_hz, hse_hz, lse_hz;
    uint64_t hsi16_startup_ps, hsi48_startup_ps, lsi_startup_ps, hse_startup_ps, lse_startup_ps;
    uint64_t pll_lock_ps;
    bool hse_bypass;
    struct rcc_output outputs[RCC_MAX_OUTPUTS];
    uint32_t output_count;
    /* Changing. */
    uint32_t cause;   /* CSR flags of the reset that was asked for */
    uint32_t held[8]; /* last values of the reset registers */
    bool powered;     /* the power-on reset is over */
    bool stopped;     /* Stop, Standby or Shutdown: high-speed clocks are off */
    bool lsi_forced;  /* the independent watchdog runs */
};

/* _stm32u5_rcc_tree.c */
uint64_t stm32u5_rcc_hz(struct mote_device *dev, enum rcc_source source);
void stm32u5_rcc_update(struct mote_device *dev);
bool stm32u5_rcc_add_fixed(struct mote_device *dev, const char *name, enum rcc_source source);
struct mote_clock *stm32u5_rcc_clock_of(struct mote_device *dev, const uint32_t *cells,
                                        size_t count);
void stm32u5_rcc_reset_consumers(struct mote_device *dev, uint32_t enable_offset, uint32_t bits);

#endif
