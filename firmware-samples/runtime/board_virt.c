/*
 * QEMU's virt machine with an RV32 or RV64 hart: console on the NS16550A, end by the test finisher.
 *
 * Source: QEMU, hw/riscv/virt.c. There is no core clock to speak of and no LED.
 */
#include "board.h"
#include "riscv.h"

#define UART_THR      (*(volatile uint8_t *)0x10000000u)
#define UART_LSR      (*(volatile uint8_t *)0x10000005u)
#define UART_LSR_THRE 0x20u
#define UART_LSR_TEMT 0x40u

#define FINISHER      REG32(0x100000u)
#define FINISHER_FAIL 0x3333u
#define FINISHER_PASS 0x5555u

void board_init(void)
{
}

const char *board_name(void)
{
    return __riscv_xlen == 64 ? "qemu_virt_rv64" : "qemu_virt_rv32";
}

/* Of mtime, the only clock that the machine has. */
uint32_t board_core_hz(void)
{
    return 10000000u;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        while (!(UART_LSR & UART_LSR_THRE)) {
        }
        UART_THR = (uint8_t)*text++;
    }
}

void board_console_flush(void)
{
    while (!(UART_LSR & UART_LSR_TEMT)) {
    }
}

void board_led(int on)
{
    (void)on;
}

void board_exit(int status)
{
    board_console_flush();
    FINISHER = status ? (uint32_t)status << 16 | FINISHER_FAIL : FINISHER_PASS;
    for (;;) {
        wait_for_interrupt();
    }
}
