#include "stm32_board.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct stm32_board *stm32_board_new(void)
{
    return stm32_board_of("nucleo_l4r5zi_dual_bank");
}

struct stm32_board *stm32_board_of(const char *name)
{
    struct stm32_board *b = test_calloc(1, sizeof *b);
    struct mote_err err = {""};
    b->sys = mote_system_new();
    assert_non_null(b->sys);
    if (!mote_board_load(b->sys, name, &b->board, &err))
        fail_msg("%s", err.text);
    mote_system_reset(b->sys);
    return b;
}

void stm32_board_free(struct stm32_board *b)
{
    mote_system_free(b->sys);
    mote_board_free(&b->board);
    test_free(b);
}

uint32_t stm32_read(struct stm32_board *b, uint32_t address)
{
    uint32_t value = 0;
    if (!mote_bus_load(b->sys, address, 4, &value))
        fail_msg("bus error: load at 0x%x", address);
    return value;
}

void stm32_write(struct stm32_board *b, uint32_t address, uint32_t value)
{
    if (!mote_bus_store(b->sys, address, 4, value))
        fail_msg("bus error: store at 0x%x", address);
}

void stm32_set_bits(struct stm32_board *b, uint32_t address, uint32_t bits)
{
    stm32_write(b, address, stm32_read(b, address) | bits);
}

void stm32_clear_bits(struct stm32_board *b, uint32_t address, uint32_t bits)
{
    stm32_write(b, address, stm32_read(b, address) & ~bits);
}

void stm32_run_ps(struct stm32_board *b, uint64_t delta_ps)
{
    mote_run_events(b->sys, mote_now_ps(b->sys) + delta_ps);
}

struct mote_device *stm32_device(struct stm32_board *b, const char *name)
{
    struct mote_device *dev = mote_system_find(b->sys, name);
    if (dev == NULL)
        fail_msg("the board has no device %s", name);
    return dev;
}

uint64_t stm32_hclk(struct stm32_board *b)
{
    return mote_clock_hz(stm32_device(b, "cpu0"), 0);
}

void stm32_run_at_120_mhz(struct stm32_board *b)
{
    stm32_set_bits(b, RCC_BASE + 0x58, 1u << 28);             /* PWREN */
    stm32_clear_bits(b, PWR_BASE + 0x80, 1u << 8);            /* R1MODE = 0: boost */
    stm32_write(b, RCC_BASE + 0x0C, 1u << 24 | 60u << 8 | 1); /* MSI / 1 * 60 / 2 */
    stm32_set_bits(b, RCC_BASE, 1u << 24);                    /* PLLON */
    stm32_run_ps(b, 50 * US_PS);
    assert_true(stm32_read(b, RCC_BASE) & 1u << 25);
    stm32_write(b, FLASH_BASE, 0x705); /* ART on, five wait states */
    stm32_set_bits(b, RCC_BASE + 0x08, 3);
}
