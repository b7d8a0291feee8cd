/* Inside of the STM32U5 flash interface: registers, and the read path (ICACHE and flash). */
#ifndef ST_STM32U5_FLASH_H
#define ST_STM32U5_FLASH_H

#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

enum {
    FLASH_ACR,
    FLASH_NSKEYR,
    FLASH_SECKEYR,
    FLASH_OPTKEYR,
    FLASH_PDKEY1R,
    FLASH_PDKEY2R,
    FLASH_NSSR,
    FLASH_SECSR,
    FLASH_NSCR,
    FLASH_SECCR,
    FLASH_ECCR,
    FLASH_OPSR,
    FLASH_OPTR,
    FLASH_NSBOOTADD0R,
    FLASH_NSBOOTADD1R,
    FLASH_SECBOOTADD0R,
    FLASH_SECWM1R1,
    FLASH_SECWM1R2,
    FLASH_WRP1AR,
    FLASH_WRP1BR,
    FLASH_SECWM2R1,
    FLASH_SECWM2R2,
    FLASH_WRP2AR,
    FLASH_WRP2BR,
    FLASH_OEMKEY,
    FLASH_SECBB1,
    FLASH_SECBB2,
    FLASH_SECHDPCR,
    FLASH_PRIVCFGR,
    FLASH_PRIVBB1,
    FLASH_PRIVBB2,
    FLASH_REG_COUNT,
};

#define ACR_LATENCY 0xFu
#define ACR_PRFTEN  (1u << 8)

#define U5_LINES   512
#define U5_NO_LINE UINT32_MAX

/* Two ways of 128-bit lines; holds line numbers only. */
struct u5_cache {
    uint32_t line[U5_LINES]; /* set by set, way by way; U5_NO_LINE = empty */
    uint8_t oldest[U5_LINES];
    uint32_t sets, ways;
    bool on;
};

struct u5_read {
    uint32_t configuration; /* rises when it may have changed */
    uint32_t wait_states;
    bool prefetch;
    struct u5_cache cache;
    uint32_t fetch_line; /* held by the fetch unit's line buffer */
    uint32_t data_line, prefetch_line;
    /* From the devicetree. */
    uint32_t cache_bytes, miss_cycles, hit_cycles, prefetch_hidden_cycles;
    /* Activity counters. */
    uint32_t array_read, icache_hit, icache_miss, prefetch_hit;
};

enum flash_operation { FLASH_IDLE, FLASH_PROGRAM, FLASH_ERASE, FLASH_OPTIONS };

#define FLASH_MAX_LATENCY 16

struct flash_state {
    struct u5_read read;
    /* From the devicetree. */
    uint64_t program_ps, page_erase_ps, mass_erase_ps, option_ps;
    uint32_t options; /* OPTR as programmed; no reset changes it */
    /* Key sequences: 0 locked, 1 first key seen, 2 unlocked, 3 refused until reset. */
    uint8_t key_step, option_key_step;
    uint8_t operation;
    bool stall_charged; /* somebody already waited for its end */
    uint64_t end_ps;
    uint32_t start, bytes; /* what it writes or erases, offset in flash */
    uint32_t word[4];
    uint32_t words; /* of a quad-word collected so far */
};

/* _stm32u5_read.c */
extern const struct mote_mem_timing stm32u5_read_timing;
void stm32u5_read_attach(struct mote_device *dev, const char *region);
void stm32u5_read_configure(struct mote_device *dev);
void stm32u5_read_cache(struct mote_device *dev, bool on, bool direct);
void stm32u5_read_invalidate(struct mote_device *dev);
/* Cycles until the operation in progress ends, once an operation. */
uint32_t stm32u5_flash_stall(struct mote_device *dev);

#endif
