/* STM32L4+ embedded flash memory interface.
 *
 * ST RM0432, chapter 3; bits as in ST's stm32l4r5xx.h. Times, cache shapes and frequency limits are
 * properties of the node (sources: sim/boards/stm32l4r5.dtsi); the read path is in _stm32l4_art.c,
 * what the STM32G0 does alike in _stm32_flash_program.c.
 * Modelled: ACR with readback, unlock keys, double-word and fast row programming, page, bank and
 * mass erase with their times and busy flag, reads that wait for an operation in the same bank,
 * write protection by pages, error flags, interrupts, option bytes with their programming and
 * launch, single- and dual-bank mode.
 * Not modelled: ECC, PCROP and RDP protection, boot and SRAM options, swapping of banks, time-outs
 * of fast programming (MISERR, FASTERR by lateness), power-down of the array, a CR write that
 * stalls while BSY (the running operation ends at once instead). */
#include "_stm32l4_flash.h"

enum { IN_RANGE2, IN_BOOST };

#define PDKEY1 0x04152637u
#define PDKEY2 0xFAFBFCFDu

#define PAGES_PER_BANK  256u /* what PNB and BKER can name; single-bank mode: pages of all */
#define FAST_ROW_DWORDS 64u  /* double words of a row in dual-bank mode; twice in single-bank */

static const struct stm32_flash_chip chip = {
    .option_regs = FLASH_OPTION_END - FLASH_OPTR,
    .bker = 1u << 11,
    .single_mass = CR_MER1 | CR_MER2,
    .busy = 1u << 16, /* BSY */
};

/* Wait states and boost must suit the clock and the voltage range. */
static void check_speed(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    uint64_t hz = mote_clock_hz(dev, 0);
    stm32_flash_check_latency(dev);
    if (flash->normal_max_hz > 0 && mote_wire_input(dev, IN_RANGE2) != 1 &&
        hz > flash->normal_max_hz && mote_wire_input(dev, IN_BOOST) == 0 &&
        !flash->boost_reported) {
        flash->boost_reported = true;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                 "HCLK is %llu Hz without boost mode (PWR_CR5.R1MODE = 0): at most %llu Hz are "
                 "allowed",
                 (unsigned long long)hz, (unsigned long long)flash->normal_max_hz);
    }
}

/* ---- register hooks ----------------------------------------------------------------------------
 */

static void store_acr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct flash_state *flash = dev->state;
    uint32_t *acr = &mote_reg(dev, FLASH_ACR);
    if (flash->pd_key_step != 2)
        *acr = (*acr & ~ACR_RUN_PD) | (old & ACR_RUN_PD);
    /* A cache can be emptied only while it is off. */
    bool clear_icache = (*acr & ACR_ICRST) && !(*acr & ACR_ICEN);
    bool clear_dcache = (*acr & ACR_DCRST) && !(*acr & ACR_DCEN);
    stm32l4_art_configure(dev, clear_icache, clear_dcache);
    check_speed(dev);
}

static void store_pdkeyr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct flash_state *flash = dev->state;
    stm32_flash_take_key(&flash->pd_key_step, written, PDKEY1, PDKEY2);
}

/* The option registers: name, offset, value as delivered (RM0432 3.4.1; OPTR is overridden by
 * property mote,optr), bits, bits without a model. */
#define OPTION_REGISTERS(X)                                                                        \
    X(OPTR, 0x20, 0xFFEFF8AA, 0x0FFF77FF, 0x0FBF77FF)                                              \
    X(PCROP1SR, 0x24, 0xFFFFFFFF, 0x1FFFF, 0x1FFFF)                                                \
    X(PCROP1ER, 0x28, 0x0FFE0000, 0x8001FFFF, 0x8001FFFF)                                          \
    X(WRP1AR, 0x2C, 0xFF00FFFF, 0xFF00FF, 0)                                                       \
    X(WRP1BR, 0x30, 0xFF00FFFF, 0xFF00FF, 0)                                                       \
    X(PCROP2SR, 0x44, 0xFFFFFFFF, 0x1FFFF, 0x1FFFF)                                                \
    X(PCROP2ER, 0x48, 0xFFFE0000, 0x1FFFF, 0x1FFFF)                                                \
    X(WRP2AR, 0x4C, 0xFF00FFFF, 0xFF00FF, 0)                                                       \
    X(WRP2BR, 0x50, 0xFF00FFFF, 0xFF00FF, 0)

OPTION_REGISTERS(STM32_FLASH_OPTION_HOOK)

static const struct mote_reg regs[FLASH_REG_COUNT] = {
    [FLASH_ACR] = {.name = "ACR",
                   .offset = 0x00,
                   .reset = 0x600,
                   .rw = 0x7F0F,
                   .unmodelled = 0x6000,
                   .store = store_acr},
    [FLASH_PDKEYR] = {.name = "PDKEYR", .offset = 0x04, .wo = 0xFFFFFFFF, .store = store_pdkeyr},
    [FLASH_KEYR] = {.name = "KEYR",
                    .offset = 0x08,
                    .wo = 0xFFFFFFFF,
                    .store = stm32_flash_store_keyr},
    [FLASH_OPTKEYR] = {.name = "OPTKEYR",
                       .offset = 0x0C,
                       .wo = 0xFFFFFFFF,
                       .store = stm32_flash_store_optkeyr},
    [FLASH_SR] =
        {.name = "SR", .offset = 0x10, .w1c = 0xC3FB, .ro = 0x30000, .store = stm32_flash_store_sr},
    [FLASH_CR] = {.name = "CR",
                  .offset = 0x14,
                  .reset = 0xC0000000,
                  .rw = 0xCF078FFF,
                  .store = stm32_flash_store_cr},
    [FLASH_ECCR] = {.name = "ECCR",
                    .offset = 0x18,
                    .rw = 0x01000000,
                    .ro = 0x006FFFFF,
                    .w1c = 0xF0000000,
                    .unmodelled = 0x01000000},
    [FLASH_CFGR] = {.name = "CFGR", .offset = 0x130, .rw = 0x1, .unmodelled = 0x1},
    OPTION_REGISTERS(STM32_FLASH_OPTION_ROW)};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index, (void)level;
    check_speed(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        check_speed(dev);
}

/* In dual-bank mode areas WRP2A and WRP2B are of bank 2; else all four count pages of the whole
 * memory. */
static void set_banks(struct mote_device *dev)
{
    struct stm32_flash *flash = dev->state;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t size = region != NULL ? (uint32_t)region->size_bytes : 0;
    bool dual = (flash->loaded[0] & OPTR_DBANK) != 0;
    flash->bank_bytes = dual ? size / 2 : size;
    flash->page_bytes = flash->bank_bytes / PAGES_PER_BANK;
    flash->row_words = 2 * FAST_ROW_DWORDS * (dual ? 1 : 2);
    flash->wrp2_base = dual ? flash->bank_bytes : 0;
}

static void reset(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    stm32_flash_reset(dev);
    set_banks(dev);
    flash->pd_key_step = 0;
    stm32l4_art_configure(dev, true, true);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct flash_state *flash = dev->state;
    const struct mote_region *first = mote_region_owned(dev, 0);
    if (first != NULL && first->size_bytes % (2 * PAGES_PER_BANK) != 0)
        return mote_err_set(err, "%s: flash of %llu bytes; it must be a multiple of %u pages",
                            dev->path, (unsigned long long)first->size_bytes, 2 * PAGES_PER_BANK);
    stm32_flash_attach(dev, &chip);
    flash->normal_max_hz = mote_prop_u32(dev, "mote,normal-max-hz", 0);
    stm32l4_art_attach(dev, first != NULL ? first->name : dev->name);
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++)
        region->timing = &stm32l4_art_timing;
    return true;
}

const struct mote_device_class mote_class_stm32l4_flash = {
    .name = "stm32l4_flash",
    .summary = "STM32L4+ flash interface with ART accelerator",
    .compatibles = {"st,stm32l4-flash-controller"},
    .state_bytes = sizeof(struct flash_state),
    .regs = regs,
    .reg_count = FLASH_REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_flash_events,
    .event_count = 1,
    .inputs = {{"range2", 1}, {"boost", 1}},
    .outputs = {{"irq", 1}, {"obl", 1}},
    .power_states = {"ready", "programming", "erasing"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
    .region_store = stm32_flash_region_store,
};
