/* STM32L4+ flash: programming, erase, option bytes, and what reads cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <mote/activity.h>
#include "support/stm32_board.h"

#define ACR     (FLASH_BASE + 0x00)
#define KEYR    (FLASH_BASE + 0x08)
#define OPTKEYR (FLASH_BASE + 0x0C)
#define SR      (FLASH_BASE + 0x10)
#define CR      (FLASH_BASE + 0x14)
#define OPTR    (FLASH_BASE + 0x20)
#define WRP1AR  (FLASH_BASE + 0x2C)

#define SR_BSY     (1u << 16)
#define CR_PG      1u
#define CR_PER     2u
#define CR_MER1    4u
#define CR_MER2    (1u << 15)
#define CR_STRT    (1u << 16)
#define CR_OPTSTRT (1u << 17)
#define CR_FSTPG   (1u << 18)
#define CR_EOPIE   (1u << 24)
#define CR_LAUNCH  (1u << 27)
#define MAIN       0x08000000u
#define BANK       0x00100000u

static void unlock(struct stm32_board *b)
{
    stm32_write(b, KEYR, 0x45670123);
    stm32_write(b, KEYR, 0xCDEF89AB);
}

static void test_keys(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_write(b, CR, CR_PG);
    assert_int_equal(stm32_read(b, CR), 0xC0000000);
    unlock(b);
    assert_int_equal(stm32_read(b, CR), 0x40000000);
    stm32_write(b, CR, 0x80000000);
    unlock(b);
    assert_int_equal(stm32_read(b, CR), 0x40000000);
    stm32_write(b, CR, 0x80000000);
    stm32_write(b, KEYR, 1); /* wrong: refused until reset */
    unlock(b);
    assert_int_equal(stm32_read(b, CR), 0xC0000000);
    mote_system_reset(b->sys);
    unlock(b);
    assert_int_equal(stm32_read(b, CR), 0x40000000);
    stm32_board_free(b);
}

static void test_program_double_word(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    unlock(b);
    stm32_write(b, CR, CR_PG | CR_EOPIE | 0x40000000);
    stm32_write(b, MAIN + 0x100, 0x11223344);
    assert_int_equal(stm32_read(b, SR), 0);
    stm32_write(b, MAIN + 0x104, 0x55667788);
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_run_ps(b, 80 * US_PS);
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_run_ps(b, 5 * US_PS);
    assert_int_equal(stm32_read(b, SR), 1); /* EOP */
    assert_int_equal(mote_wire_output(stm32_device(b, "flash"), 0), 1);
    stm32_write(b, SR, 1);
    assert_int_equal(mote_wire_output(stm32_device(b, "flash"), 0), 0);
    assert_int_equal(stm32_read(b, MAIN + 0x100), 0x11223344);
    assert_int_equal(stm32_read(b, 0x104), 0x55667788); /* the alias */
    /* Not erased: PROGERR. All zeros may go over anything. */
    stm32_write(b, MAIN + 0x100, 1);
    stm32_write(b, MAIN + 0x104, 1);
    assert_int_equal(stm32_read(b, SR), 8);
    stm32_write(b, SR, 8);
    stm32_write(b, MAIN + 0x100, 0);
    stm32_write(b, MAIN + 0x104, 0);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, MAIN + 0x104), 0);
    stm32_board_free(b);
}

static void test_programming_errors(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_write(b, MAIN, 0); /* locked */
    assert_int_equal(stm32_read(b, SR), 1u << 7);
    stm32_write(b, SR, 0xC3FB);
    unlock(b);
    stm32_write(b, CR, CR_PG | 0x40000000);
    assert_true(mote_bus_store(b->sys, MAIN, 2, 0));
    assert_int_equal(stm32_read(b, SR), 1u << 6); /* SIZERR */
    stm32_write(b, MAIN, 0);
    assert_int_equal(stm32_read(b, SR), 1u << 6 | 1u << 7);
    stm32_write(b, SR, 0xC3FB);
    stm32_write(b, MAIN + 4, 0);
    assert_int_equal(stm32_read(b, SR), 1u << 5); /* PGAERR */
    assert_int_equal(stm32_read(b, MAIN), 0xFFFFFFFF);
    stm32_board_free(b);
}

static void fill(struct stm32_board *b)
{
    struct mote_region *region = mote_region_by_name(b->sys, "flash0");
    assert_non_null(region);
    memset(region->host, 0, region->size_bytes);
}

static void erase(struct stm32_board *b, uint32_t cr)
{
    stm32_write(b, CR, cr | 0x40000000);
    stm32_write(b, CR, cr | CR_STRT | 0x40000000);
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_run_ps(b, 20 * MS_PS);
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_run_ps(b, 5 * MS_PS);
    assert_int_equal(stm32_read(b, SR), 0);
    assert_int_equal(stm32_read(b, CR) & CR_STRT, 0);
}

static void test_erase(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    fill(b);
    unlock(b);
    erase(b, CR_PER | 3u << 3 | 1u << 11); /* page 3 of bank 2: 4 KiB */
    assert_int_equal(stm32_read(b, MAIN + BANK + 0x2FFC), 0);
    assert_int_equal(stm32_read(b, MAIN + BANK + 0x3000), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, MAIN + BANK + 0x3FFC), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, MAIN + BANK + 0x4000), 0);
    erase(b, CR_MER1);
    assert_int_equal(stm32_read(b, MAIN + BANK - 4), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, MAIN + BANK), 0);
    erase(b, CR_MER1 | CR_MER2);
    assert_int_equal(stm32_read(b, MAIN + 2 * BANK - 4), 0xFFFFFFFF);
    stm32_board_free(b);
}

static void test_fast_row(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    unlock(b);
    stm32_write(b, CR, CR_FSTPG | 0x40000000);
    for (uint32_t i = 0; i < 128; i++) {
        assert_int_equal(stm32_read(b, SR), 0);
        stm32_write(b, MAIN + 0x200 + 4 * i, i);
    }
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_run_ps(b, 4 * MS_PS);
    assert_int_equal(stm32_read(b, MAIN + 0x200 + 4 * 77), 77);
    assert_int_equal(stm32_read(b, SR), 0);
    stm32_board_free(b);
}

static void unlock_options(struct stm32_board *b)
{
    unlock(b);
    stm32_write(b, OPTKEYR, 0x08192A3B);
    stm32_write(b, OPTKEYR, 0x4C5D6E7F);
    assert_int_equal(stm32_read(b, CR), 0);
}

static void program_options(struct stm32_board *b)
{
    stm32_write(b, CR, CR_OPTSTRT);
    stm32_run_ps(b, 30 * MS_PS);
    assert_int_equal(stm32_read(b, SR), 0);
    stm32_write(b, CR, CR_LAUNCH);
    assert_true(mote_take_reset_request(b->sys));
    mote_system_reset(b->sys);
}

static void test_options_change_bank_mode_when_launched(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    const struct mote_region *region = mote_region_by_name(b->sys, "flash0");
    assert_int_equal(stm32_read(b, OPTR), 0xFFEFF8AA);
    stm32_write(b, OPTR, 0xFFAFF8AA);
    assert_int_equal(stm32_read(b, OPTR), 0xFFEFF8AA); /* locked */
    assert_int_equal(region->fetch_line_bytes, 8);
    unlock_options(b);
    stm32_write(b, OPTR, 0xFFAFF8AA);
    program_options(b);
    assert_int_equal(stm32_read(b, RCC_BASE + 0x94) >> 24, 0x0E); /* OBLRSTF, PINRSTF, BORRSTF */
    assert_int_equal(stm32_read(b, OPTR), 0xFFAFF8AA);
    assert_int_equal(region->fetch_line_bytes, 16);
    /* One bank: pages of 8 KiB. */
    fill(b);
    unlock(b);
    erase(b, CR_PER | 1u << 3);
    assert_int_equal(stm32_read(b, MAIN + 0x1FFC), 0);
    assert_int_equal(stm32_read(b, MAIN + 0x2000), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, MAIN + 0x3FFC), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, MAIN + 0x4000), 0);
    stm32_board_free(b);
}

static void test_write_protection(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    unlock_options(b);
    stm32_write(b, WRP1AR, 0xFF01FF01); /* page 1 only */
    program_options(b);
    unlock(b);
    stm32_write(b, CR, CR_PG | 0x40000000);
    stm32_write(b, MAIN + 0x1000, 1);
    stm32_write(b, MAIN + 0x1004, 1);
    assert_int_equal(stm32_read(b, SR), 1u << 4);
    stm32_write(b, SR, 0xC3FB);
    stm32_write(b, MAIN + 0x2000, 1);
    stm32_write(b, MAIN + 0x2004, 1);
    assert_int_equal(stm32_read(b, SR), SR_BSY);
    stm32_board_free(b);
}

/* ---- what reads cost ---------------------------------------------------------------------------
 */

struct art {
    struct stm32_board *b;
    struct mote_device *flash;
    struct mote_region *region;
};

static struct art art_new(bool single_bank, uint32_t acr)
{
    struct art art = {.b = stm32_board_new()};
    art.flash = stm32_device(art.b, "flash");
    art.region = mote_region_by_name(art.b->sys, "flash0");
    if (single_bank) {
        unlock_options(art.b);
        stm32_write(art.b, OPTR, 0xFFAFF8AA);
        program_options(art.b);
    }
    stm32_run_at_120_mhz(art.b);
    stm32_write(art.b, ACR, acr);
    return art;
}

static uint32_t fetch(const struct art *art, uint32_t offset, bool branch)
{
    return art->region->timing->fetch(art->flash, art->region, MAIN + offset, branch);
}

static uint32_t load(const struct art *art, uint32_t offset)
{
    return art->region->timing->load(art->flash, art->region, MAIN + offset, 4);
}

static uint64_t count(const struct art *art, const char *name)
{
    return mote_activities(art->b->sys)->item[mote_activity_id(art->b->sys, name)].count;
}

static void test_plain_wait_states(void **state)
{
    (void)state;
    struct art art = art_new(false, 5);
    assert_int_equal(fetch(&art, 0, true), 5);
    assert_int_equal(fetch(&art, 4, false), 0); /* same 64-bit line */
    assert_int_equal(fetch(&art, 8, false), 5);
    assert_int_equal(fetch(&art, 0, true), 5); /* no cache */
    assert_int_equal(load(&art, 0x1000), 5);
    assert_int_equal(load(&art, 0x1004), 0);
    assert_int_equal(load(&art, 0x1000), 0);
    assert_int_equal(load(&art, 0x1008), 5);
    assert_int_equal(count(&art, "flash0.array_read"), 5);
    stm32_board_free(art.b);
}

static void test_no_wait_states_cost_nothing(void **state)
{
    (void)state;
    struct art art = art_new(true, 0x700);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(fetch(&art, 48 * i, true), 0);
        assert_int_equal(load(&art, 0x10000 + 80 * i), 0);
    }
    stm32_board_free(art.b);
}

static void test_instruction_cache(void **state)
{
    (void)state;
    struct art art = art_new(true, 0x605);
    /* A loop of 1 KiB fits; the first pass misses every 16-byte line. */
    for (uint32_t line = 0; line < 64; line++)
        assert_int_equal(fetch(&art, 16 * line, line == 0), 5);
    assert_int_equal(fetch(&art, 0, true), 0);
    for (uint32_t line = 1; line < 64; line++)
        assert_int_equal(fetch(&art, 16 * line, false), 0);
    assert_int_equal(count(&art, "flash0.icache_miss"), 64);
    assert_int_equal(count(&art, "flash0.icache_hit"), 64);
    /* Least recently used: after 64 other lines nothing of the loop is left. */
    for (uint32_t line = 64; line < 128; line++)
        fetch(&art, 16 * line, false);
    assert_int_equal(fetch(&art, 0, true), 5);
    /* It can be emptied only while it is off. */
    stm32_write(art.b, ACR, 0xE05);
    assert_int_equal(fetch(&art, 16 * 100, true), 0);
    stm32_write(art.b, ACR, 0xC05);
    stm32_write(art.b, ACR, 0x605);
    assert_int_equal(fetch(&art, 16 * 101, true), 5);
    stm32_board_free(art.b);
}

static void test_prefetch(void **state)
{
    (void)state;
    struct art art = art_new(true, 0x105);
    assert_int_equal(fetch(&art, 0, true), 5);
    assert_int_equal(fetch(&art, 16, false), 2); /* four cycles of the read were hidden */
    assert_int_equal(fetch(&art, 32, false), 2);
    assert_int_equal(fetch(&art, 256, true), 5);
    assert_int_equal(load(&art, 0x1000), 6); /* a data read in its way */
    assert_int_equal(count(&art, "flash0.prefetch_hit"), 2);
    stm32_board_free(art.b);
}

static void test_data_cache(void **state)
{
    (void)state;
    struct art art = art_new(true, 0x605);
    for (uint32_t line = 0; line < 16; line++)
        assert_int_equal(load(&art, 16 * line), 5);
    for (uint32_t line = 0; line < 16; line++)
        assert_int_equal(load(&art, 16 * line + 4), 1);
    assert_int_equal(load(&art, 16 * 15 + 8), 0);
    assert_int_equal(load(&art, 16 * 16), 5);
    assert_int_equal(load(&art, 0), 5); /* line 0 had to go */
    assert_int_equal(count(&art, "flash0.dcache_miss"), 18);
    assert_int_equal(count(&art, "flash0.dcache_hit"), 16);
    stm32_board_free(art.b);
}

static void test_reads_wait_for_an_erase_in_the_same_bank(void **state)
{
    (void)state;
    struct art art = art_new(false, 5);
    unlock(art.b);
    stm32_write(art.b, CR, CR_PER | 1u << 11 | 0x40000000); /* bank 2 */
    stm32_write(art.b, CR, CR_PER | 1u << 11 | CR_STRT | 0x40000000);
    assert_int_equal(fetch(&art, 0, true), 5); /* bank 1 is free */
    uint32_t waited = load(&art, BANK + 0x8000);
    assert_in_range(waited, 22020 * 120, 22020 * 120 + 10); /* 22.02 ms at 120 MHz */
    assert_int_equal(load(&art, BANK + 0x9000), 5);         /* waited once */
    stm32_board_free(art.b);
}

static void count_log(void *user, const struct mote_device *dev, enum mote_log_level level,
                      uint64_t now_ps, const char *text)
{
    (void)dev, (void)now_ps;
    if (level == MOTE_LOG_GUEST && strstr(text, "wait states") != NULL)
        ++*(uint32_t *)user;
}

static void test_too_few_wait_states_are_reported_once(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    uint32_t messages = 0;
    mote_log_set_sink(b->sys, count_log, &messages);
    stm32_write(b, RCC_BASE, 0x1 | 0x8 | 10u << 4); /* 32 MHz at zero wait states */
    assert_int_equal(messages, 1);
    stm32_write(b, RCC_BASE, 0x1 | 0x8 | 11u << 4);
    assert_int_equal(messages, 1);
    stm32_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_program_double_word),
        cmocka_unit_test(test_programming_errors),
        cmocka_unit_test(test_erase),
        cmocka_unit_test(test_fast_row),
        cmocka_unit_test(test_options_change_bank_mode_when_launched),
        cmocka_unit_test(test_write_protection),
        cmocka_unit_test(test_plain_wait_states),
        cmocka_unit_test(test_no_wait_states_cost_nothing),
        cmocka_unit_test(test_instruction_cache),
        cmocka_unit_test(test_prefetch),
        cmocka_unit_test(test_data_cache),
        cmocka_unit_test(test_reads_wait_for_an_erase_in_the_same_bank),
        cmocka_unit_test(test_too_few_wait_states_are_reported_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
