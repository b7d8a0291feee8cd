/* The NUCLEO-L4R5ZI as the board file describes it, with its core standing still: tests poke
 * registers, let time pass and watch wires and clocks. */
#ifndef TESTS_SUPPORT_STM32_BOARD_H
#define TESTS_SUPPORT_STM32_BOARD_H

#include <mote/board.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>

#define RCC_BASE   0x40021000u
#define PWR_BASE   0x40007000u
#define FLASH_BASE 0x40022000u
#define US_PS      1000000ull
#define MS_PS      1000000000ull

struct stm32_board {
    struct mote_system *sys;
    struct mote_board board;
};

struct stm32_board *stm32_board_new(void);
/* Another board by name; the addresses above are the L4R5's. */
struct stm32_board *stm32_board_of(const char *name);
void stm32_board_free(struct stm32_board *b);
uint32_t stm32_read(struct stm32_board *b, uint32_t address);
void stm32_write(struct stm32_board *b, uint32_t address, uint32_t value);
void stm32_set_bits(struct stm32_board *b, uint32_t address, uint32_t bits);
void stm32_clear_bits(struct stm32_board *b, uint32_t address, uint32_t bits);
void stm32_run_ps(struct stm32_board *b, uint64_t delta_ps);
struct mote_device *stm32_device(struct stm32_board *b, const char *name);
/* Rate of the core's clock. */
uint64_t stm32_hclk(struct stm32_board *b);
/* MSI 4 MHz -> PLL -> 120 MHz with everything that has to be done before it. */
void stm32_run_at_120_mhz(struct stm32_board *b);

#endif
