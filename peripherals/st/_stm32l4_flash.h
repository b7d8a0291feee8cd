/* Inside of the STM32L4+ flash interface: registers, and the read path (ART accelerator). */
#ifndef ST_STM32L4_FLASH_H
#define ST_STM32L4_FLASH_H

#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

enum {
    FLASH_ACR,
    FLASH_PDKEYR,
    FLASH_KEYR,
    FLASH_OPTKEYR,
    FLASH_SR,
    FLASH_CR,
    FLASH_ECCR,
    FLASH_OPTR,
    FLASH_PCROP1SR,
    FLASH_PCROP1ER,
    FLASH_WRP1AR,
    FLASH_WRP1BR,
    FLASH_PCROP2SR,
    FLASH_PCROP2ER,
    FLASH_WRP2AR,
    FLASH_WRP2BR,
    FLASH_CFGR,
    FLASH_REG_COUNT,
};

#define ACR_LATENCY 0xFu
#define ACR_PRFTEN  (1u << 8)
#define ACR_ICEN    (1u << 9)
#define ACR_DCEN    (1u << 10)
#define ACR_ICRST   (1u << 11)
#define ACR_DCRST   (1u << 12)
#define ACR_RUN_PD  (1u << 13)
#define SR_BSY      (1u << 16)
#define OPTR_DBANK  (1u << 22)

#define ART_MAX_LINES 128
#define ART_NO_LINE   UINT32_MAX

/* Set-associative, least recently used way replaced; holds line numbers only. */
struct art_cache {
    uint32_t line[ART_MAX_LINES]; /* set by set; ART_NO_LINE = empty */
    uint64_t used[ART_MAX_LINES]; /* time of last use, in uses */
    uint8_t place[256];           /* where a line with these low bits was last found: a hint */
    uint64_t clock;
    uint32_t sets, ways;
    bool enabled;
};

struct art {
    uint32_t line_shift; /* 3: 64-bit lines (dual bank), 4: 128-bit lines (single bank) */
    uint32_t wait_states;
    bool prefetch;
    uint32_t fetch_line, data_line, prefetch_line;
    struct art_cache icache, dcache;
    /* From the devicetree. */
    uint32_t icache_bytes, icache_ways, dcache_bytes, dcache_ways;
    uint32_t dcache_hit_cycles, prefetch_conflict_cycles;
    /* Activity counters. */
    uint32_t array_read, icache_hit, icache_miss, prefetch_hit, dcache_hit, dcache_miss;
};

enum flash_operation { FLASH_IDLE, FLASH_PROGRAM, FLASH_FAST, FLASH_ERASE, FLASH_OPTIONS };

#define FLASH_MAX_ROW_WORDS 256
#define FLASH_MAX_LATENCY   16
#define FLASH_OPTION_REGS   9

struct flash_state {
    struct art art;
    /* From the devicetree. */
    uint64_t program_ps, fast_row_ps, page_erase_ps, mass_erase_ps, option_ps;
    uint64_t range1_max_hz[FLASH_MAX_LATENCY], range2_max_hz[FLASH_MAX_LATENCY];
    uint64_t normal_max_hz; /* above it, Range 1 needs boost mode */
    /* Option bytes in the order of the registers OPTR .. WRP2BR: as they are in flash, and as they
     * were loaded at power-on or by OBL_LAUNCH, which is what counts. */
    uint32_t options[FLASH_OPTION_REGS], loaded[FLASH_OPTION_REGS];
    /* Key sequences: 0 locked, 1 first key seen, 2 unlocked, 3 refused until reset. */
    uint8_t key_step, option_key_step, pd_key_step;
    /* The operation in progress. */
    uint8_t operation;
    bool stall_charged; /* somebody already waited for its end */
    uint64_t end_ps;
    uint32_t start, bytes; /* what it writes or erases, offset in flash */
    uint32_t word[FLASH_MAX_ROW_WORDS];
    uint32_t words; /* collected so far */
    bool latency_reported, boost_reported;
    bool powered, launch; /* options were loaded once; are to be loaded at the next reset */
};

/* _stm32l4_art.c */
extern const struct mote_mem_timing stm32l4_art_timing;
void stm32l4_art_attach(struct mote_device *dev, const char *region);
/* Takes over ACR and the bank mode; `clear_*` empties a cache. */
void stm32l4_art_configure(struct mote_device *dev, bool clear_icache, bool clear_dcache);
/* Cycles until the operation in progress ends, once an operation; 0 when a load of this offset need
 * not wait for it, being in the other bank. */
uint32_t stm32l4_flash_stall(struct mote_device *dev, uint32_t offset, bool store);

#endif
