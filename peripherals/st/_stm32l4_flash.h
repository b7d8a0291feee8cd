/* Inside of the STM32L4+ flash interface: registers, and the read path (ART accelerator). */
#ifndef ST_STM32L4_FLASH_H
#define ST_STM32L4_FLASH_H

#include "_stm32_flash_program.h"
#include <mote/activity.h>

enum {
    FLASH_OPTION_END = FLASH_COMMON_COUNT,
    FLASH_PDKEYR = FLASH_OPTION_END,
    FLASH_CFGR,
    FLASH_REG_COUNT,
};

#define ACR_PRFTEN (1u << 8)
#define ACR_ICEN   (1u << 9)
#define ACR_DCEN   (1u << 10)
#define ACR_ICRST  (1u << 11)
#define ACR_DCRST  (1u << 12)
#define ACR_RUN_PD (1u << 13)
#define OPTR_DBANK (1u << 22)

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
    uint32_t line_shift;    /* 3: 64-bit lines (dual bank), 4: 128-bit lines (single bank) */
    uint32_t configuration; /* rises when it may have changed */
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

struct flash_state {
    struct stm32_flash common; /* first */
    struct art art;
    uint64_t normal_max_hz; /* from the devicetree; above it, Range 1 needs boost mode */
    uint8_t pd_key_step;
    bool boost_reported;
};

/* _stm32l4_art.c */
extern const struct mote_mem_timing stm32l4_art_timing;
void stm32l4_art_attach(struct mote_device *dev, const char *region);
/* Takes over ACR and the bank mode; `clear_*` empties a cache. */
void stm32l4_art_configure(struct mote_device *dev, bool clear_icache, bool clear_dcache);

#endif
