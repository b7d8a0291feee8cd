/* STM32G0 embedded flash memory interface.
 *
 * ST RM0444 (STM32G0x1), chapter 3; bits as in ST's stm32g0b1xx.h. Times, cache shape and frequency
 * limits are properties of the node (sources: sim/boards/stm32g0b1.dtsi); the read path is in
 * _stm32g0_read.c, what the STM32L4+ does alike in _stm32_flash_program.c.
 * Modelled: ACR with readback, unlock keys, double-word and fast row programming, page, bank and
 * mass erase with their times and busy flags, reads that wait for an operation in the same bank,
 * write protection by pages, error flags, interrupts, option bytes with their programming and
 * launch, one and two banks.
 * Not modelled: ECC, PCROP, RDP and securable memory, boot options, swapping of banks, time-outs of
 * fast programming, a CR write that stalls while busy (the running operation ends at once). */
#include "_stm32g0_flash.h"

#define PAGE_BYTES 2048u
#define ROW_WORDS  64u

static const struct stm32_flash_chip chip = {
    .option_regs = FLASH_OPTION_END - FLASH_OPTR,
    .bker = 1u << 13,
    .single_mass = CR_MER1,
    .busy = 1u << 18,                  /* CFGBSY */
    .busy_bank = {1u << 16, 1u << 17}, /* BSY1, BSY2 */
};

/* ---- register hooks ----------------------------------------------------------------------------
 */

static void store_acr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t acr = mote_reg(dev, FLASH_ACR);
    /* The cache can be emptied only while it is off. */
    stm32g0_read_configure(dev, (acr & ACR_ICRST) && !(acr & ACR_ICEN));
    stm32_flash_check_latency(dev);
}

/* The option registers: name, offset, value as delivered (RM0444 3.4), bits, bits without a model.
 */
#define OPTION_REGISTERS(X)                                                                        \
    X(OPTR, 0x20, 0xFFFFFEAA, 0x3F7FFFFF, 0x3F5FFFFF)                                              \
    X(PCROP1ASR, 0x24, 0xFFFFFFFF, 0x1FF, 0x1FF)                                                   \
    X(PCROP1AER, 0x28, 0x00000000, 0x800001FF, 0x800001FF)                                         \
    X(WRP1AR, 0x2C, 0x0000007F, 0x7F007F, 0)                                                       \
    X(WRP1BR, 0x30, 0x0000007F, 0x7F007F, 0)                                                       \
    X(PCROP1BSR, 0x34, 0xFFFFFFFF, 0x1FF, 0x1FF)                                                   \
    X(PCROP1BER, 0x38, 0x00000000, 0x1FF, 0x1FF)                                                   \
    X(PCROP2ASR, 0x44, 0xFFFFFFFF, 0x1FF, 0x1FF)                                                   \
    X(PCROP2AER, 0x48, 0x00000000, 0x1FF, 0x1FF)                                                   \
    X(WRP2AR, 0x4C, 0x0000007F, 0x7F007F, 0)                                                       \
    X(WRP2BR, 0x50, 0x0000007F, 0x7F007F, 0)                                                       \
    X(PCROP2BSR, 0x54, 0xFFFFFFFF, 0x1FF, 0x1FF)                                                   \
    X(PCROP2BER, 0x58, 0x00000000, 0x1FF, 0x1FF)                                                   \
    X(SECR, 0x80, 0x00000000, 0x0FF100FF, 0x0FF100FF)

OPTION_REGISTERS(STM32_FLASH_OPTION_HOOK)

static const struct mote_reg regs[FLASH_REG_COUNT] = {
    [FLASH_ACR] = {.name = "ACR",
                   .offset = 0x00,
                   .reset = 0x40600,
                   .rw = 0x50B07,
                   .unmodelled = 0x50000,
                   .store = store_acr},
    [FLASH_KEYR] = {.name = "KEYR",
                    .offset = 0x08,
                    .wo = 0xFFFFFFFF,
                    .store = stm32_flash_store_keyr},
    [FLASH_OPTKEYR] = {.name = "OPTKEYR",
                       .offset = 0x0C,
                       .wo = 0xFFFFFFFF,
                       .store = stm32_flash_store_optkeyr},
    [FLASH_SR] =
        {.name = "SR", .offset = 0x10, .w1c = 0xC3FB, .ro = 0x70000, .store = stm32_flash_store_sr},
    [FLASH_CR] = {.name = "CR",
                  .offset = 0x14,
                  .reset = 0xC0000000,
                  .rw = 0xFF07BFFF,
                  .unmodelled = 0x30000000,
                  .store = stm32_flash_store_cr},
    [FLASH_ECCR] = {.name = "ECCR",
                    .offset = 0x18,
                    .rw = 0x01000000,
                    .ro = 0x00107FFF,
                    .w1c = 0xC0000000,
                    .unmodelled = 0x01000000},
    [FLASH_ECC2R] = {.name = "ECC2R",
                     .offset = 0x1C,
                     .rw = 0x01000000,
                     .ro = 0x00107FFF,
                     .w1c = 0xC0000000,
                     .unmodelled = 0x01000000},
    OPTION_REGISTERS(STM32_FLASH_OPTION_ROW)};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index, (void)level;
    stm32_flash_check_latency(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        stm32_flash_check_latency(dev);
}

/* With one bank, areas WRP2A and WRP2B lie behind the memory. */
static void set_banks(struct mote_device *dev)
{
    struct stm32_flash *flash = dev->state;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t size = region != NULL ? (uint32_t)region->size_bytes : 0;
    flash->bank_bytes = flash->loaded[0] & OPTR_DUAL_BANK ? size / 2 : size;
    flash->page_bytes = PAGE_BYTES;
    flash->row_words = ROW_WORDS;
    flash->wrp2_base = flash->bank_bytes;
}

static void reset(struct mote_device *dev)
{
    stm32_flash_reset(dev);
    set_banks(dev);
    stm32g0_read_configure(dev, true);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    const struct mote_region *first = mote_region_owned(dev, 0);
    if (first != NULL && first->size_bytes % (2 * PAGE_BYTES) != 0)
        return mote_err_set(err, "%s: flash of %llu bytes; it must be two banks of 2 KiB pages",
                            dev->path, (unsigned long long)first->size_bytes);
    stm32_flash_attach(dev, &chip);
    stm32g0_read_attach(dev, first != NULL ? first->name : dev->name);
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        region->timing = &stm32g0_read_timing;
        region->fetch_line_bytes = 4; /* the bus is 32 bits wide; lines are behind it */
    }
    return true;
}

const struct mote_device_class mote_class_stm32g0_flash = {
    .name = "stm32g0_flash",
    .summary = "STM32G0 flash interface with prefetch and instruction cache",
    .compatibles = {"st,stm32g0-flash-controller"},
    .state_bytes = sizeof(struct flash_state),
    .regs = regs,
    .reg_count = FLASH_REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_flash_events,
    .event_count = 1,
    .inputs = {{"range2", 1}},
    .outputs = {{"irq", 1}, {"obl", 1}},
    .power_states = {"ready", "programming", "erasing"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
    .region_store = stm32_flash_region_store,
};
