/* What the flash interfaces of STM32L4+ and STM32G0 have in common: keys, programming, erasing,
 * write protection and option bytes; one state machine with the same registers and bits. The chip's
 * file has the register table and what differs, its read path is a file of its own. */
#ifndef ST_STM32_FLASH_PROGRAM_H
#define ST_STM32_FLASH_PROGRAM_H

#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

/* Registers of both; a chip continues from FLASH_COMMON_COUNT, with its other option registers
 * first. */
enum {
    FLASH_ACR,
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
    FLASH_COMMON_COUNT,
};

#define ACR_LATENCY 0xFu /* its highest bit is not writable in the STM32G0 */

#define CR_MER1 (1u << 2)
#define CR_MER2 (1u << 15)

enum flash_operation { FLASH_IDLE, FLASH_PROGRAM, FLASH_FAST, FLASH_ERASE, FLASH_OPTIONS };

#define FLASH_MAX_ROW_WORDS   256
#define FLASH_MAX_LATENCY     16
#define FLASH_MAX_OPTION_REGS 16

struct stm32_flash_chip {
    uint32_t option_regs;  /* from FLASH_OPTR on */
    uint32_t bker;         /* the bit of CR above the page number, which starts at bit 3 */
    uint32_t single_mass;  /* MERx bits that erase everything when there is one bank */
    uint32_t busy;         /* bits of SR during any operation, */
    uint32_t busy_bank[2]; /* and during one of this bank */
};

/* The first member of a chip's state. */
struct stm32_flash {
    const struct stm32_flash_chip *chip; /* constant */
    /* From the devicetree. */
    uint64_t program_ps, fast_row_ps, page_erase_ps, mass_erase_ps, option_ps;
    uint64_t range1_max_hz[FLASH_MAX_LATENCY], range2_max_hz[FLASH_MAX_LATENCY];
    /* Set by the chip at reset, by the options loaded. */
    uint32_t page_bytes, bank_bytes; /* a bank is everything when there is one */
    uint32_t row_words;              /* of fast programming */
    uint32_t wrp2_base;              /* where areas WRP2A and WRP2B start to count pages */
    /* Option bytes in the order of their registers: as they are in flash, and as they were loaded
     * at power-on or by OBL_LAUNCH, which is what counts. */
    uint32_t options[FLASH_MAX_OPTION_REGS], loaded[FLASH_MAX_OPTION_REGS];
    /* Key sequences: 0 locked, 1 first key seen, 2 unlocked, 3 refused until reset. */
    uint8_t key_step, option_key_step;
    /* The operation in progress. */
    uint8_t operation;
    bool stall_charged; /* somebody already waited for its end */
    uint64_t end_ps;
    uint32_t start, bytes; /* what it writes or erases, offset in flash */
    uint32_t word[FLASH_MAX_ROW_WORDS];
    uint32_t words; /* collected so far */
    bool latency_reported;
    bool powered, launch; /* options were loaded once; are to be loaded at the next reset */
};

/* Event "done", inputs from "range2", outputs "irq" and "obl", three power states: of the class. */
extern const struct mote_event_desc stm32_flash_events[1];
#define STM32_FLASH_OUTPUTS                                                                        \
    {"irq", 1},                                                                                    \
    {                                                                                              \
        "obl", 1                                                                                   \
    }
#define STM32_FLASH_POWER "ready", "programming", "erasing"

/* To be called in attach, with the chip's part, and in reset. The registers' reset values are the
 * option bytes as delivered, property mote,optr overrides OPTR. */
void stm32_flash_attach(struct mote_device *dev, const struct stm32_flash_chip *chip);
void stm32_flash_reset(struct mote_device *dev);
bool stm32_flash_region_store(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                              uint32_t value, uint32_t bytes);
/* Cycles until the operation in progress ends, once an operation; 0 when a load of this offset need
 * not wait for it, being in the other bank. */
uint32_t stm32_flash_stall(struct mote_device *dev, uint32_t offset, bool store);
/* Reports wait states that do not suit the clock and the voltage range: data would be read
 * wrongly. */
void stm32_flash_check_latency(struct mote_device *dev);
/* A step of a key sequence. */
void stm32_flash_take_key(uint8_t *step, uint32_t value, uint32_t key1, uint32_t key2);
/* While option register `id` is locked, what was loaded or changed before the lock stays. */
void stm32_flash_keep_locked(struct mote_device *dev, uint32_t id, uint32_t old);
/* Store hooks. */
void stm32_flash_store_keyr(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void stm32_flash_store_optkeyr(struct mote_device *dev, uint32_t element, uint32_t old,
                               uint32_t written);
void stm32_flash_store_sr(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
void stm32_flash_store_cr(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);

/* For a chip's list of option registers: hook and row of one. `delivered`: its value from the
 * factory; `without`: bits without a model. */
#define STM32_FLASH_OPTION_HOOK(id, at, delivered, bits, without)                                  \
    static void store_##id(struct mote_device *dev, uint32_t element, uint32_t old,                \
                           uint32_t written)                                                       \
    {                                                                                              \
        (void)element, (void)written;                                                              \
        stm32_flash_keep_locked(dev, FLASH_##id, old);                                             \
    }
#define STM32_FLASH_OPTION_ROW(id, at, delivered, bits, without)                                   \
    [FLASH_##id] = {.name = #id,                                                                   \
                    .offset = (at),                                                                \
                    .reset = (delivered),                                                          \
                    .rw = (bits),                                                                  \
                    .unmodelled = (without),                                                       \
                    .store = store_##id},

#endif
