/*
 * A LiteX SoC with a VexRiscv core: console on the LiteX UART, end by semihosting.
 *
 * Source: enjoy-digital/litex, soc/cores/uart.py (registers of 32 bits). There is no LED.
 */
#include "board.h"
#include "riscv.h"
#include "semihosting.h"

#define UART_RXTX    REG32(0xE0001800u)
#define UART_TXFULL  REG32(0xE0001804u)
#define UART_TXEMPTY REG32(0xE0001818u)

void board_init(void)
{
}

const char *board_name(void)
{
    return "litex_vexriscv";
}

uint32_t board_core_hz(void)
{
    return 100000000u;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        while (UART_TXFULL) {
        }
        UART_RXTX = (uint8_t)*text++;
    }
}

/* The FIFO's last byte is then still on its way: ten bits at 115200 baud. */
void board_console_flush(void)
{
    while (!UART_TXEMPTY) {
    }
    const uint32_t begin = cycles();
    while (cycles() - begin < 10000u) {
    }
}

void board_led(int on)
{
    (void)on;
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
