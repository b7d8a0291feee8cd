/*
 * A microcontroller like OpenHW's CORE-V-MCU: console on uDMA UART 0, end by semihosting.
 *
 * Source: openhwgroup/core-v-mcu, udma_uart_reg_defs.
 */
#include "board.h"
#include "riscv.h"
#include "semihosting.h"

#define CORE_HZ 10000000u
#define BAUD    115200u

#define UDMA_CG          REG32(0x1A102000u)
#define UART_TX_SADDR    REG32(0x1A102090u)
#define UART_TX_SIZE     REG32(0x1A102094u)
#define UART_TX_CFG      REG32(0x1A102098u)
#define UART_STATUS      REG32(0x1A1020A0u)
#define UART_SETUP       REG32(0x1A1020A4u)
#define UART_CFG_EN      (1u << 4)
#define UART_CFG_PENDING (1u << 5)
#define UART_SETUP_8N1   (1u << 8 | 3u << 1)
#define UART_TX_BUSY     1u

void board_init(void)
{
    __asm__ volatile("csrw mcountinhibit, zero"); /* counters stand still from reset */
    UDMA_CG |= 1u;
    UART_SETUP = (CORE_HZ / BAUD - 1u) << 16 | UART_SETUP_8N1;
}

const char *board_name(void)
{
    return "cv32e40p_mcu";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

/* The text lies in memory until the last byte was taken: wait for that. */
void board_console_write(const char *text, size_t count)
{
    UART_TX_SADDR = (uint32_t)(uintptr_t)text;
    UART_TX_SIZE = (uint32_t)count;
    UART_TX_CFG = UART_CFG_EN;
    while (count != 0 && (UART_TX_CFG & UART_CFG_PENDING)) {
    }
}

void board_console_flush(void)
{
    while (UART_STATUS & UART_TX_BUSY) {
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
