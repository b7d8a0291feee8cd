/*
 * HiFive1 Rev B: FE310-G002 at 256 MHz from the 16 MHz crystal, console on UART0 (to the J-Link).
 *
 * Sources: SiFive FE310-G002 Manual (PRCI, SPI, UART, GPIO); IS25LP032D data sheet (fast read quad
 * I/O, EBh: six dummy cycles of which the first two carry the mode bits, up to 133 MHz).
 */
#include "board.h"
#include "riscv.h"
#include "semihosting.h"

#define CORE_HZ 256000000u
#define BAUD    115200u

#define PRCI_HFXOSCCFG   REG32(0x10008004u)
#define PRCI_PLLCFG      REG32(0x10008008u)
#define PRCI_PLLOUTDIV   REG32(0x1000800Cu)
#define PRCI_OSC_RDY     (1u << 31)
#define PRCI_PLL_SEL     (1u << 16)
#define PRCI_PLL_REFSEL  (1u << 17)
#define PRCI_PLL_LOCK    (1u << 31)
#define PRCI_OUTDIV_BY_1 (1u << 8)

#define GPIO_OUTPUT_EN  REG32(0x10012008u)
#define GPIO_OUTPUT_VAL REG32(0x1001200Cu)
#define GPIO_IOF_EN     REG32(0x10012038u)
#define GPIO_IOF_SEL    REG32(0x1001203Cu)
#define LED_GREEN       (1u << 19)
#define UART0_PINS      (3u << 16)

#define UART0_TXDATA  REG32(0x10013000u)
#define UART0_TXCTRL  REG32(0x10013008u)
#define UART0_RXCTRL  REG32(0x1001300Cu)
#define UART0_IP      REG32(0x10013014u)
#define UART0_DIV     REG32(0x10013018u)
#define UART_FULL     (1u << 31)
#define UART_EN       1u
#define UART_TXCNT(n) ((uint32_t)(n) << 16)
#define UART_IP_TXWM  1u

#define QSPI0_SCKDIV REG32(0x10014000u)
#define QSPI0_FFMT   REG32(0x10014064u)
/* Command EBh on one line, three address bytes on four, six dummy cycles, data on four. */
#define FFMT_QUAD_IO 0x00EB2867u

static uint64_t cycles64(void)
{
    uint32_t high, low;
    do {
        high = CSR_READ(mcycleh);
        low = CSR_READ(mcycle);
    } while (CSR_READ(mcycleh) != high);
    return (uint64_t)high << 32 | low;
}

/* 16 MHz / 2 x 64 / 2 = 256 MHz; SCK at a sixth of it, within what the flash and its pins take. */
static void clock_init(void)
{
    while (!(PRCI_HFXOSCCFG & PRCI_OSC_RDY)) {
    }
    QSPI0_SCKDIV = 2;
    PRCI_PLLOUTDIV = PRCI_OUTDIV_BY_1;
    PRCI_PLLCFG = PRCI_PLL_REFSEL | 1u << 10 | 31u << 4 | 1u;
    while (!(PRCI_PLLCFG & PRCI_PLL_LOCK)) {
    }
    PRCI_PLLCFG |= PRCI_PLL_SEL;
}

void board_init(void)
{
    clock_init();
    QSPI0_FFMT = FFMT_QUAD_IO;
    GPIO_IOF_SEL &= ~UART0_PINS;
    GPIO_IOF_EN |= UART0_PINS;
    GPIO_OUTPUT_VAL |= LED_GREEN;
    GPIO_OUTPUT_EN |= LED_GREEN;
    UART0_DIV = CORE_HZ / BAUD - 1u;
    UART0_TXCTRL = UART_EN | UART_TXCNT(1);
    UART0_RXCTRL = UART_EN;
}

const char *board_name(void)
{
    return "hifive1_revb";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        while (UART0_TXDATA & UART_FULL) {
        }
        UART0_TXDATA = (uint8_t)*text++;
    }
}

/* The watermark tells when the FIFO is empty; the last byte is then still on its way: ten bits. */
void board_console_flush(void)
{
    while (!(UART0_IP & UART_IP_TXWM)) {
    }
    const uint64_t begin = cycles64();
    while (cycles64() - begin < 11ull * (CORE_HZ / BAUD)) {
    }
}

void board_led(int on)
{
    GPIO_OUTPUT_VAL = on ? GPIO_OUTPUT_VAL & ~LED_GREEN : GPIO_OUTPUT_VAL | LED_GREEN;
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
