/*
 * CY8CPROTO-062-4343W: PSoC 62 CY8C624A, Cortex-M4 at 150 MHz, console on SCB5 (P5.1 TX, P5.0 RX,
 * to the KitProg3).
 *
 * Sources: Infineon 002-24529 (architecture TRM: boot, clocks, SCB), registers as in Infineon's SVD
 * of psoc6_02, kit guide 002-24151 (pins, LED4 on P13.7, lit by a low level). Five wait states at
 * 150 MHz, as Infineon's own start-up code sets them on this chip.
 *
 * The chip boots on its Cortex-M0+, at the start of the flash. Its whole program is here: it gives
 * the Cortex-M4 its vector table, starts it, and sleeps for good.
 */
#include "board.h"
#include "cortex_m.h"
#include "semihosting.h"

#define CORE_HZ 150000000u

/* CPUSS: CM4_VECTOR_TABLE_BASE, and CM4_PWR_CTL with its key and "enabled". Armv6-M instructions
 * only. */
/* clang-format off */
__asm__(".section .cm0, \"a\"\n"
        "cm0_vectors:\n"
        "    .word cm0_stack_top, cm0_reset, cm0_stop, cm0_stop\n"
        "    .space 48, 0\n"
        "    .thumb\n"
        "    .balign 4\n"
        "    .type cm0_reset, %function\n"
        "cm0_reset:\n"
        "    ldr r0, 1f\n"
        "    ldr r1, 1f + 4\n"
        "    str r1, [r0]\n"
        "    ldr r0, 1f + 8\n"
        "    ldr r1, 1f + 12\n"
        "    str r1, [r0]\n"
        "    .type cm0_stop, %function\n"
        "cm0_stop:\n"
        "    wfi\n"
        "    b cm0_stop\n"
        "    .balign 4\n"
        "1:  .word 0x40200200, link_vectors, 0x40201200, 0x05FA0003\n"
        ".previous");
/* clang-format on */

#define CPUSS_CM0_CLOCK_CTL REG32(0x40201008u)
#define CPUSS_CM0_PERI_DIV2 (1u << 24)

#define PERI_DIV_CMD            REG32(0x40000400u)
#define PERI_CLOCK_CTL_SCB5     REG32(0x40000C14u)
#define PERI_DIV_8_CTL_0        REG32(0x40001000u)
#define PERI_DIV_8_CTL(divider) (((uint32_t)(divider)-1u) << 8)
#define PERI_DIV_8_0            0u
#define PERI_DIV_CMD_ENABLE     (1u << 31 | 0x3FFu << 16) /* aligned to no other divider */

#define FLASHC_FLASH_CTL    REG32(0x40240000u)
#define FLASHC_MAIN_WS_MASK 15u
#define FLASHC_MAIN_WS_5    5u

#define SRSS_CLK_ROOT_SELECT_0 REG32(0x40260380u)
#define SRSS_CLK_PLL_CONFIG_0  REG32(0x40260600u)
#define SRSS_CLK_PLL_STATUS_0  REG32(0x40260640u)
#define SRSS_ROOT_ENABLE       (1u << 31)
#define SRSS_ROOT_PATH_1       1u
#define SRSS_PLL_FEEDBACK(p)   (uint32_t)(p)
#define SRSS_PLL_REFERENCE(q)  ((uint32_t)(q) << 8)
#define SRSS_PLL_OUTPUT(o)     ((uint32_t)(o) << 16)
#define SRSS_PLL_ENABLE        (1u << 31)
#define SRSS_PLL_LOCKED        (1u << 0)

#define HSIOM_PRT5_SEL0 REG32(0x40300050u)
#define HSIOM_SCB_UART  0x12u
#define GPIO_PRT5_CFG   REG32(0x403102C4u)
#define GPIO_PRT13_CLR  REG32(0x40310684u)
#define GPIO_PRT13_SET  REG32(0x40310688u)
#define GPIO_PRT13_CFG  REG32(0x403106C4u)
#define GPIO_INPUT      8u
#define GPIO_STRONG     6u
#define LED_PIN         7u

#define SCB5_CTRL           REG32(0x40650000u)
#define SCB5_UART_CTRL      REG32(0x40650040u)
#define SCB5_UART_TX_CTRL   REG32(0x40650044u)
#define SCB5_UART_RX_CTRL   REG32(0x40650048u)
#define SCB5_TX_CTRL        REG32(0x40650200u)
#define SCB5_TX_FIFO_STATUS REG32(0x40650208u)
#define SCB5_TX_FIFO_WR     REG32(0x40650240u)
#define SCB5_RX_CTRL        REG32(0x40650300u)
#define SCB_CTRL_OVS(ratio) ((uint32_t)(ratio)-1u)
#define SCB_CTRL_BYTE_MODE  (1u << 11)
#define SCB_CTRL_UART       (2u << 24)
#define SCB_CTRL_ENABLED    (1u << 31)
#define SCB_ONE_STOP_BIT    1u
#define SCB_EIGHT_BITS      7u
#define SCB_FIFO_USED       0x1FFu
#define SCB_SHIFTER_VALID   (1u << 15)
#define SCB_FIFO_ENTRIES    128u

/* IMO 8 MHz / 2 x 75 / 2 = 150 MHz for the Cortex-M4, half of it for the peripherals. */
static void clock_init(void)
{
    FLASHC_FLASH_CTL = (FLASHC_FLASH_CTL & ~FLASHC_MAIN_WS_MASK) | FLASHC_MAIN_WS_5;
    CPUSS_CM0_CLOCK_CTL = CPUSS_CM0_PERI_DIV2;
    SRSS_CLK_PLL_CONFIG_0 = SRSS_PLL_FEEDBACK(75) | SRSS_PLL_REFERENCE(2) | SRSS_PLL_OUTPUT(2);
    SRSS_CLK_PLL_CONFIG_0 |= SRSS_PLL_ENABLE;
    while (!(SRSS_CLK_PLL_STATUS_0 & SRSS_PLL_LOCKED)) {
    }
    SRSS_CLK_ROOT_SELECT_0 = SRSS_ROOT_ENABLE | SRSS_ROOT_PATH_1;
}

/* 75 MHz / 65 / 10 = 115385 baud. */
static void console_init(void)
{
    PERI_DIV_8_CTL_0 = PERI_DIV_8_CTL(65);
    PERI_DIV_CMD = PERI_DIV_CMD_ENABLE | PERI_DIV_8_0;
    PERI_CLOCK_CTL_SCB5 = PERI_DIV_8_0;
    HSIOM_PRT5_SEL0 = HSIOM_SCB_UART | HSIOM_SCB_UART << 8;
    GPIO_PRT5_CFG = (GPIO_PRT5_CFG & ~0xFFu) | GPIO_INPUT | GPIO_STRONG << 4;
    SCB5_UART_CTRL = 0;
    SCB5_UART_TX_CTRL = SCB_ONE_STOP_BIT;
    SCB5_UART_RX_CTRL = SCB_ONE_STOP_BIT;
    SCB5_TX_CTRL = SCB_EIGHT_BITS;
    SCB5_RX_CTRL = SCB_EIGHT_BITS;
    SCB5_CTRL = SCB_CTRL_OVS(10) | SCB_CTRL_BYTE_MODE | SCB_CTRL_UART | SCB_CTRL_ENABLED;
}

void board_init(void)
{
    clock_init();
    console_init();
    board_led(0);
    GPIO_PRT13_CFG = (GPIO_PRT13_CFG & ~(15u << 4u * LED_PIN)) | GPIO_STRONG << 4u * LED_PIN;
}

const char *board_name(void)
{
    return "cy8cproto_062_4343w";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        while ((SCB5_TX_FIFO_STATUS & SCB_FIFO_USED) >= SCB_FIFO_ENTRIES) {
        }
        SCB5_TX_FIFO_WR = (uint8_t)*text++;
    }
}

void board_console_flush(void)
{
    while (SCB5_TX_FIFO_STATUS & (SCB_FIFO_USED | SCB_SHIFTER_VALID)) {
    }
}

void board_led(int on)
{
    if (on) {
        GPIO_PRT13_CLR = 1u << LED_PIN;
    } else {
        GPIO_PRT13_SET = 1u << LED_PIN;
    }
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
