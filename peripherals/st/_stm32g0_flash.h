/* Inside of the STM32G0 flash interface: registers, and the read path. */
#ifndef ST_STM32G0_FLASH_H
#define ST_STM32G0_FLASH_H

#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

enum {
    FLASH_ACR,
    FLASH_KEYR,
    FLASH_OPTKEYR,
    FLASH_SR,
    FLASH_CR,
    FLASH_ECCR,
    FLASH_ECC2R,
    FLASH_OPTR,
    FLASH_PCROP1ASR,
    FLASH_PCROP1AER,
    FLASH_WRP1AR,
    FLASH_WRP1BR,
    FLASH_PCROP1BSR,
    FLASH_PCROP1BER,
    FLASH_PCROP2ASR,
    FLASH_PCROP2AER,
    FLASH_WRP2AR,
    FLASH_WRP2BR,
    FLASH_PCROP2BSR,
    FLASH_PCROP2BER,
    FLASH_SECR,
    FLASH_REG_COUNT,
};
#define FLASH_OPTION_REGS (FLASH_SECR - FLASH_OPTR + 1)

#define ACR_LATENCY    0x7u
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

enum flash_operation { FLASH_IDLE, FLASH_PROGRAM, FLASH_FAST, FLASH_ERASE, FLASH_OPTIONS };

#define FLASH_ROW_WORDS   64
#define FLASH_MAX_LATENCY 8

struct flash_state {
    struct g0_read read;
    /* From the devicetree. */
    uint64_t program_ps, fast_row_ps, page_erase_ps, mass_erase_ps, option_ps;
    uint64_t range1_max_hz[FLASH_MAX_LATENCY], range2_max_hz[FLASH_MAX_LATENCY];
    /* Option bytes in the order of the registers OPTR .. SECR: as they are in flash, and as they
     * were loaded at power-on or by OBL_LAUNCH, which is what counts. */
    uint32_t options[FLASH_OPTION_REGS], loaded[FLASH_OPTION_REGS];
    /* Key sequences: 0 locked, 1 first key seen, 2 unlocked, 3 refused until reset. */
    uint8_t key_step, option_key_step;
    /* The operation in progress. */
    uint8_t operation;
    bool stall_charged; /* somebody already waited for its end */
    uint64_t end_ps;
    uint32_t start, bytes; /* what it writes or erases, offset in flash */
    uint32_t word[FLASH_ROW_WORDS];
    uint32_t words; /* collected so far */
    bool latency_reported;
    bool powered, launch; /* options were loaded once; are to be loaded at the next reset */
};

/* _stm32g0_read.c */
extern const struct mote_mem_timing stm32g0_read_timing;
void stm32g0_read_attach(struct mote_device *dev, const char *region);
/* Takes over ACR; `clear`: empties buffer and cache. */
void stm32g0_read_configure(struct mote_device *dev, bool clear);
/* Cycles until the operation in progress ends, once an operation; 0 when a load of this offset need
 * not wait for it, being in the other bank. */
uint32_t stm32g0_flash_stall(struct mote_device *dev, uint32_t offset, bool store);

#endif
