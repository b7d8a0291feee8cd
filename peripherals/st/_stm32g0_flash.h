/* Inside of the STM32G0 flash interface: registers, and the read path. */
#ifndef ST_STM32G0_FLASH_H
#define ST_STM32G0_FLASH_H

#include "_stm32_flash_program.h"
#include <mote/activity.h>

enum {
    /* There are areas 1B and 2B here, so the ones common with the STM32L4+ are called A. */
    FLASH_PCROP1ASR = FLASH_PCROP1SR,
    FLASH_PCROP1AER = FLASH_PCROP1ER,
    FLASH_PCROP2ASR = FLASH_PCROP2SR,
    FLASH_PCROP2AER = FLASH_PCROP2ER,
    FLASH_PCROP1BSR = FLASH_COMMON_COUNT,
    FLASH_PCROP1BER,
    FLASH_PCROP2BSR,
    FLASH_PCROP2BER,
    FLASH_SECR,
    FLASH_OPTION_END,
    FLASH_ECC2R = FLASH_OPTION_END,
    FLASH_REG_COUNT,
};

#define ACR_PRFTEN     (1u << 8)
#define ACR_ICEN       (1u << 9)
#define ACR_ICRST      (1u << 11)
#define OPTR_DUAL_BANK (1u << 21)

#define G0_LINE_SHIFT 3 /* 64-bit reads */
#define G0_MAX_LINES  8
#define G0_NO_LINE    UINT32_MAX

/* Cycles are the core's, of accesses' data phases. */
struct g0_read {
    uint32_t wait_states;
    bool prefetch, cache;
    uint32_t buffer_line;        /* the current instruction line */
    uint32_t prefetch_line;      /* read ahead, or being read */
    uint64_t prefetched;         /* when that read ends */
    uint64_t busy;               /* the last read of the array ends */
    uint32_t line[G0_MAX_LINES]; /* instruction cache, most recently used first */
    /* From the devicetree. */
    uint32_t cache_lines, prefetch_lead;
    /* Activity counters. */
    uint32_t array_read, icache_hit, icache_miss, prefetch_hit;
};

struct flash_state {
    struct stm32_flash common; /* first */
    struct g0_read read;
};

/* _stm32g0_read.c */
extern const struct mote_mem_timing stm32g0_read_timing;
void stm32g0_read_attach(struct mote_device *dev, const char *region);
/* Takes over ACR; `clear`: empties buffer and cache. */
void stm32g0_read_configure(struct mote_device *dev, bool clear);

#endif
