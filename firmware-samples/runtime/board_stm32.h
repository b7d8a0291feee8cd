/*
 * What the STM32 boards of these samples have in common: GPIO, a USART as the console, the end.
 *
 * A board includes this once, after defining CONSOLE_USART, the address of the USART (registers as
 * in every STM32 since the F0; RM0444 chapter 33), and LED_GPIO and LED_PIN, an LED lit by a high
 * level.
 */
#ifndef BOARD_STM32_H
#define BOARD_STM32_H

#include "board.h"
#include "cortex_m.h"
#include "semihosting.h"

#define BAUD 115200u

#define GPIO_MODER(port) REG32((port) + 0x00u)
#define GPIO_BSRR(port)  REG32((port) + 0x18u)
#define GPIO_AFR(port)   ((volatile uint32_t *)((port) + 0x20u))

#define USART_CR1     REG32(CONSOLE_USART + 0x00u)
#define USART_BRR     REG32(CONSOLE_USART + 0x0Cu)
#define USART_ISR     REG32(CONSOLE_USART + 0x1Cu)
#define USART_TDR     REG32(CONSOLE_USART + 0x28u)
#define USART_CR1_UE  (1u << 0)
#define USART_CR1_RE  (1u << 2)
#define USART_CR1_TE  (1u << 3)
#define USART_ISR_TC  (1u << 6)
#define USART_ISR_TXE (1u << 7)

static inline void wait_until(volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    while ((*reg & mask) != value) {
    }
}

/* Gives a pin to a peripheral. */
static inline void pin_alternate(uint32_t port, uint32_t pin, uint32_t function)
{
    const uint32_t lsb = 4u * (pin % 8u);
    volatile uint32_t *afr = &GPIO_AFR(port)[pin / 8u];
    *afr = (*afr & ~(15u << lsb)) | function << lsb;
    GPIO_MODER(port) = (GPIO_MODER(port) & ~(3u << 2u * pin)) | 2u << 2u * pin;
}

/* The USART at 115200 baud from its kernel clock; its own clock and its pins are on already. */
static inline void console_start(uint32_t kernel_hz)
{
    USART_BRR = (kernel_hz + BAUD / 2u) / BAUD;
    USART_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

static inline void led_start(void)
{
    GPIO_MODER(LED_GPIO) = (GPIO_MODER(LED_GPIO) & ~(3u << 2u * LED_PIN)) | 1u << 2u * LED_PIN;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        wait_until(&USART_ISR, USART_ISR_TXE, USART_ISR_TXE);
        USART_TDR = (uint8_t)*text++;
    }
}

void board_console_flush(void)
{
    wait_until(&USART_ISR, USART_ISR_TC, USART_ISR_TC);
}

void board_led(int on)
{
    GPIO_BSRR(LED_GPIO) = on ? 1u << LED_PIN : 1u << (LED_PIN + 16u);
}

void board_exit(int status)
{
    board_console_flush();
    semihosting_exit(status);
    irq_disable();
    for (;;) {
        wait_for_interrupt();
    }
}

#endif
