/* What the reset and clock controllers of STM32F7 and STM32H7 have in common: oscillators that
 * need time to start, gates and selections behind which consumers hold clocks, peripheral resets.
 * The chip's file has the register table and the rates of the sources. */
#ifndef PERIPHERALS_ST_STM32_RCC_H
#define PERIPHERALS_ST_STM32_RCC_H

#include <mote/clock.h>
#include <mote/device.h>

/* Clock sources; a chip has some of them. */
enum stm32_clock_source {
    CLK_NONE,
    CLK_CPU,
    CLK_SYSCLK,
    CLK_HCLK,
    CLK_PCLK1,
    CLK_PCLK2,
    CLK_PCLK3,
    CLK_PCLK4,
    CLK_TIM1,
    CLK_TIM2,
    CLK_HSI,
    CLK_CSI,
    CLK_HSI48,
    CLK_HSE,
    CLK_LSE,
    CLK_LSI,
    CLK_PER,
    CLK_PLL1P,
    CLK_PLL1Q,
    CLK_PLL1R,
    CLK_PLL2P,
    CLK_PLL2Q,
    CLK_PLL2R,
    CLK_PLL3P,
    CLK_PLL3Q,
    CLK_PLL3R,
    CLK_RTC_HSE,
};

#define STM32_RCC_OSCILLATORS 9
#define STM32_RCC_OUTPUTS     128
#define STM32_RCC_RESETS      9

struct stm32_oscillator {
    uint8_t reg;
    uint32_t on, ready;
    uint32_t flag; /* in the interrupt registers; 0: none */
    const char *startup_property;
    const char *hz_property; /* NULL: a PLL; 0 Hz means that the board lacks it */
};

/* An enable register and the reset register with the same bits. */
struct stm32_enable {
    uint16_t offset;
    uint8_t reg, reset_reg;
    uint8_t source, timer_source;
    uint32_t timers; /* bits of peripherals that are clocked at timer rate */
};

struct stm32_mux {
    uint16_t offset;
    uint8_t lsb, width, reg;
    uint8_t source[8];
};

struct stm32_rcc_chip {
    const struct stm32_oscillator *oscillators; /* in the order of events; LSI first */
    uint32_t oscillator_count;
    const struct stm32_enable *enables;
    uint32_t enable_count;
    const struct stm32_mux *muxes;
    uint32_t mux_count;
    uint64_t (*hz)(struct mote_device *dev, uint32_t source);
    void (*switch_sysclk)(struct mote_device *dev);
    void (*flag)(struct mote_device *dev, uint32_t flag); /* an oscillator's ready interrupt */
    uint32_t rtc_reg; /* BDCR, whose RTCEN lets the RTC's clock through */
};

struct stm32_rcc_output {
    struct mote_clock *clock; /* set in attach or while the board is built, then constant */
    uint32_t gate_mask;
    uint8_t gate;   /* row of `enables` + 1; 0: always on */
    uint8_t source; /* CLK_NONE: by `mux` */
    uint8_t mux;
};

struct stm32_rcc {
    const struct stm32_rcc_chip *chip; /* constant */
    uint64_t hz[STM32_RCC_OSCILLATORS], startup_ps[STM32_RCC_OSCILLATORS];
    struct stm32_rcc_output outputs[STM32_RCC_OUTPUTS];
    uint32_t output_count;
    uint32_t held[STM32_RCC_RESETS]; /* last values of the reset registers */
    uint32_t cause;                  /* of the reset that was asked for */
    bool powered, stopped, lsi_forced;
};

extern const struct mote_event_desc stm32_rcc_events[STM32_RCC_OSCILLATORS];

/* To be called in attach; reads the oscillators' properties. */
void stm32_rcc_init(struct mote_device *dev, const struct stm32_rcc_chip *chip);
bool stm32_rcc_add_fixed(struct mote_device *dev, const char *name, uint32_t source);
/* Starts what was switched on, stops what was switched off, and tells everybody. */
void stm32_rcc_follow(struct mote_device *dev);
void stm32_rcc_update(struct mote_device *dev);
/* Store hooks: of registers that change rates only, and of all reset registers. */
void stm32_rcc_store_clocks(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void stm32_rcc_store_switches(struct mote_device *dev, uint32_t element, uint32_t old,
                              uint32_t written);
void stm32_rcc_store_resets(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
bool stm32_rcc_is_ready(struct mote_device *dev, uint32_t oscillator);
/* Rate of an oscillator, 0 while it is not ready. */
uint64_t stm32_rcc_osc_hz(struct mote_device *dev, uint32_t oscillator);
/* Cells: <enable register, bits> is a gated bus or timer clock; <anything, register | lsb << 16>
 * with bit 31 of no meaning is a kernel clock that follows the selection field there; of Mote:
 * <0x1000, source> a source by its number in enum stm32_clock_source. */
struct mote_clock *stm32_rcc_clock_of(struct mote_device *dev, const uint32_t *cells, size_t count);

static inline uint32_t stm32_field(uint32_t value, uint32_t lsb, uint32_t width)
{
    return (value >> lsb) & ((1u << width) - 1);
}

#endif
