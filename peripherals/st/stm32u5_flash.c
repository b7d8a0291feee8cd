/* STM32U5 embedded flash memory interface.
 *
 * ST RM0456 (STM32U5 series), chapter 7; bits as in ST's stm32u575xx.h. Times and cache shape are
 * properties of the node (sources: sim/boards/stm32u575.dtsi); the read path is in _stm32u5_read.c.
 * Modelled: ACR with readback, unlock keys, quad-word programming, page, bank and mass erase of the
 * non-secure side with their times, BSY, EOP, error flags and interrupt, reads that wait for the
 * operation; option bit TZEN: input `tzen` (programmed before) or OPTSTRT and OBL_LAUNCH, output
 * `tzen` from the next reset on.
 * Not modelled: burst programming (BWR programs nothing), the secure side (SECCR) and all
 * protection, also with TZEN = 1, other option bits (kept, without effect, programmed in no time),
 * that TZEN is cleared by an RDP regression only, ECC, bank swap and read while write between banks
 * (every read waits), power-down of banks. */
#include "_stm32u5_flash.h"
#include <string.h>

enum { EV_DONE, EV_COUNT };
enum { IN_CACHE_ON, IN_CACHE_DIRECT, IN_CACHE_INVALIDATE, IN_TZEN };
enum { OUT_IRQ, OUT_TZEN };
enum { POWER_READY, POWER_PROGRAMMING, POWER_ERASING };

#define KEY1    0x45670123u
#define KEY2    0xCDEF89ABu
#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

#define SR_EOP     (1u << 0)
#define SR_OPERR   (1u << 1)
#define SR_PROGERR (1u << 3)
#define SR_WRPERR  (1u << 4)
#define SR_PGAERR  (1u << 5)
#define SR_SIZERR  (1u << 6)
#define SR_PGSERR  (1u << 7)
#define SR_ERRORS  0x20FAu
#define SR_BSY     (1u << 16)
#define SR_WDW     (1u << 17)

#define CR_PG      (1u << 0)
#define CR_PER     (1u << 1)
#define CR_MER1    (1u << 2)
#define CR_BKER    (1u << 11)
#define CR_MER2    (1u << 15)
#define CR_STRT    (1u << 16)
#define CR_OPTSTRT (1u << 17)
#define CR_EOPIE   (1u << 24)
#define CR_ERRIE   (1u << 25)
#define CR_OBL     (1u << 27) /* OBL_LAUNCH */
#define CR_OPTLOCK (1u << 30)
#define CR_LOCK    (1u << 31)
#define OPTR_TZEN  (1u << 31)

static const uint32_t page_bytes = 0x2000;

static void update_irq(struct mote_device *dev)
{
    uint32_t cr = mote_reg(dev, FLASH_NSCR), sr = mote_reg(dev, FLASH_NSSR);
    bool irq = ((cr & CR_EOPIE) && (sr & SR_EOP)) || ((cr & CR_ERRIE) && (sr & SR_ERRORS));
    mote_wire_set(dev, OUT_IRQ, irq);
}

static void fail(struct mote_device *dev, uint32_t flag, const char *why)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "flash operation refused: %s", why);
    mote_reg(dev, FLASH_NSSR) |= flag;
    update_irq(dev);
}

uint32_t stm32u5_flash_stall(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    if (flash->stall_charged || now >= flash->end_ps)
        return 0;
    flash->stall_charged = true;
    uint64_t cycles = mote_ps_to_cycles(flash->end_ps - now, mote_clock_hz(dev, 1));
    return cycles < INT32_MAX ? (uint32_t)cycles : INT32_MAX;
}

static void begin(struct mote_device *dev, uint32_t operation, uint32_t power, uint64_t time_ps)
{
    struct flash_state *flash = dev->state;
    flash->operation = (uint8_t)operation;
    flash->stall_charged = false;
    flash->end_ps = mote_now_ps(dev->sys) + time_ps;
    mote_reg(dev, FLASH_NSSR) |= SR_BSY;
    mote_power_state(dev, power);
    mote_event_at(dev, EV_DONE, flash->end_ps);
}

static void end_operation(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    struct mote_region *region = mote_region_owned(dev, 0);
    uint8_t *to = region->host + flash->start;
    if (flash->operation == FLASH_PROGRAM) {
        memcpy(to, flash->word, sizeof flash->word);
    } else {
        memset(to, 0xFF, flash->bytes);
        mote_reg(dev, FLASH_NSCR) &= ~CR_STRT;
    }
    mote_region_changed(region, flash->start, flash->bytes);
    flash->operation = FLASH_IDLE;
    mote_reg(dev, FLASH_NSSR) &= ~(SR_BSY | SR_WDW);
    if (mote_reg(dev, FLASH_NSCR) & CR_EOPIE)
        mote_reg(dev, FLASH_NSSR) |= SR_EOP;
    mote_power_state(dev, POWER_READY);
    stm32u5_read_invalidate(dev); /* what was cached of it is gone; software does this on silicon */
    update_irq(dev);
}

static void start_erase(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t *cr = &mote_reg(dev, FLASH_NSCR);
    uint32_t bank = region == NULL ? 0 : (uint32_t)region->size_bytes / 2;
    if (bank == 0 || mote_reg(dev, FLASH_NSSR) & SR_BSY) {
        *cr &= ~CR_STRT;
        return;
    }
    if (*cr & (CR_MER1 | CR_MER2)) {
        bool both = (*cr & CR_MER1) && (*cr & CR_MER2);
        flash->start = *cr & CR_MER1 ? 0 : bank;
        flash->bytes = both ? 2 * bank : bank;
        begin(dev, FLASH_ERASE, POWER_ERASING, flash->mass_erase_ps);
    } else if (*cr & CR_PER) {
        flash->start = (*cr >> 3 & 0x7F) * page_bytes + (*cr & CR_BKER ? bank : 0);
        flash->bytes = page_bytes;
        begin(dev, FLASH_ERASE, POWER_ERASING, flash->page_erase_ps);
    } else {
        *cr &= ~CR_STRT;
        fail(dev, SR_PGSERR, "STRT without PER or MER");
    }
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_acr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32u5_read_configure(dev);
}

static void take_key(uint8_t *step, uint32_t written, uint32_t first, uint32_t second)
{
    if (*step == 0 && written == first)
        *step = 1;
    else if (*step == 1 && written == second)
        *step = 2;
    else if (*step != 2)
        *step = 3;
}

static void store_nskeyr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct flash_state *flash = dev->state;
    take_key(&flash->key_step, written, KEY1, KEY2);
    if (flash->key_step == 2)
        mote_reg(dev, FLASH_NSCR) &= ~CR_LOCK;
}

static void store_optkeyr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct flash_state *flash = dev->state;
    take_key(&flash->option_key_step, written, OPTKEY1, OPTKEY2);
    if (flash->option_key_step == 2)
        mote_reg(dev, FLASH_NSCR) &= ~CR_OPTLOCK;
}

static void store_nssr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

/* OPTSTRT and OBL_LAUNCH, which clear themselves: the bytes are programmed; then a reset loads
 * them.
 */
static void take_option_commands(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    uint32_t *cr = &mote_reg(dev, FLASH_NSCR);
    uint32_t commands = *cr & (CR_OPTSTRT | CR_OBL);
    *cr &= ~commands;
    if (commands != 0 && (*cr & CR_OPTLOCK)) {
        fail(dev, SR_PGSERR, "option bytes are locked");
        return;
    }
    if (commands & CR_OPTSTRT)
        flash->options = mote_reg(dev, FLASH_OPTR);
    if (commands & CR_OBL)
        mote_request_reset(dev->sys);
}

static void store_nscr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct flash_state *flash = dev->state;
    uint32_t *cr = &mote_reg(dev, FLASH_NSCR);
    if (old & CR_LOCK) {
        if (*cr != old)
            mote_log(dev->sys, dev, MOTE_LOG_GUEST, "FLASH_NSCR written while locked: ignored");
        *cr = old;
        return;
    }
    *cr |= old & CR_OPTLOCK;
    if (*cr & CR_LOCK)
        flash->key_step = 0;
    if (*cr & CR_OPTLOCK)
        flash->option_key_step = 0;
    take_option_commands(dev);
    update_irq(dev);
    if ((*cr & CR_STRT) && !(old & CR_STRT))
        start_erase(dev);
}

/* Programming: four words of one aligned quad-word, in any order of lanes but in order. */
static bool region_store(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                         uint32_t value, uint32_t bytes)
{
    struct flash_state *flash = dev->state;
    if (!(mote_reg(dev, FLASH_NSCR) & CR_PG)) {
        fail(dev, SR_PGSERR, "a store without PG");
        return true;
    }
    if (bytes != 4) {
        fail(dev, SR_SIZERR, "a store that is not of 32 bits");
        return true;
    }
    if (flash->operation != FLASH_IDLE && mote_event_armed(dev, EV_DONE)) {
        mote_event_cancel(dev, EV_DONE); /* the store has waited (read_store) */
        end_operation(dev);
    }
    if (flash->words == 0)
        flash->start = offset & ~15u;
    if (offset != flash->start + 4 * flash->words) {
        flash->words = 0;
        mote_reg(dev, FLASH_NSSR) &= ~SR_WDW;
        fail(dev, SR_PGAERR, "the words of a quad-word not in order");
        return true;
    }
    flash->word[flash->words++] = value;
    mote_reg(dev, FLASH_NSSR) |= SR_WDW;
    if (flash->words < 4)
        return true;
    flash->words = 0;
    flash->bytes = 16;
    for (uint32_t i = 0; i < 16; i++)
        if (region->host[flash->start + i] != 0xFF) {
            mote_reg(dev, FLASH_NSSR) &= ~SR_WDW;
            fail(dev, SR_PROGERR, "programming what is not erased");
            return true;
        }
    begin(dev, FLASH_PROGRAM, POWER_PROGRAMMING, flash->program_ps);
    return true;
}

/* Reset values: RM0456 7.9; option registers as delivered. */
static const struct mote_reg regs[FLASH_REG_COUNT] = {
    [FLASH_ACR] = {.name = "ACR",
                   .offset = 0x00,
                   .reset = 0x1,
                   .rw = 0x790F,
                   .unmodelled = 0x7800,
                   .store = store_acr},
    [FLASH_NSKEYR] = {.name = "NSKEYR", .offset = 0x08, .wo = 0xFFFFFFFF, .store = store_nskeyr},
    [FLASH_SECKEYR] = {.name = "SECKEYR",
                       .offset = 0x0C,
                       .wo = 0xFFFFFFFF,
                       .unmodelled = 0xFFFFFFFF},
    [FLASH_OPTKEYR] = {.name = "OPTKEYR", .offset = 0x10, .wo = 0xFFFFFFFF, .store = store_optkeyr},
    [FLASH_PDKEY1R] = {.name = "PDKEY1R",
                       .offset = 0x18,
                       .wo = 0xFFFFFFFF,
                       .unmodelled = 0xFFFFFFFF},
    [FLASH_PDKEY2R] = {.name = "PDKEY2R",
                       .offset = 0x1C,
                       .wo = 0xFFFFFFFF,
                       .unmodelled = 0xFFFFFFFF},
    [FLASH_NSSR] =
        {.name = "NSSR", .offset = 0x20, .w1c = 0x20FB, .ro = 0x3F0000, .store = store_nssr},
    [FLASH_SECSR] = {.name = "SECSR", .offset = 0x24, .w1c = 0xFB, .ro = 0x30000},
    [FLASH_NSCR] = {.name = "NSCR",
                    .offset = 0x28,
                    .reset = 0xC0000000,
                    .rw = 0xCB03CBFF,
                    .unmodelled = 0x00004000,
                    .store = store_nscr},
    [FLASH_SECCR] = {.name = "SECCR",
                     .offset = 0x2C,
                     .reset = 0x80000000,
                     .rw = 0xA301CBFF,
                     .unmodelled = 0xA301CBFF},
    [FLASH_ECCR] = {.name = "ECCR",
                    .offset = 0x30,
                    .rw = 0x01000000,
                    .ro = 0x6FFFFF,
                    .w1c = 0xC0000000,
                    .unmodelled = 0x01000000},
    [FLASH_OPSR] = {.name = "OPSR", .offset = 0x34, .ro = 0xE06FFFFF},
    [FLASH_OPTR] = {.name = "OPTR",
                    .offset = 0x40,
                    .reset = 0x1FEFF8AA,
                    .rw = 0xFFFFF7FF,
                    .unmodelled = 0x7FFFF7FF},
    [FLASH_NSBOOTADD0R] = {.name = "NSBOOTADD0R",
                           .offset = 0x44,
                           .reset = 0x0800007F,
                           .rw = 0xFFFFFF80,
                           .unmodelled = 0xFFFFFF80},
    [FLASH_NSBOOTADD1R] = {.name = "NSBOOTADD1R",
                           .offset = 0x48,
                           .reset = 0x0BF9007F,
                           .rw = 0xFFFFFF80,
                           .unmodelled = 0xFFFFFF80},
    [FLASH_SECBOOTADD0R] = {.name = "SECBOOTADD0R",
                            .offset = 0x4C,
                            .reset = 0x0C00007C,
                            .rw = 0xFFFFFF81,
                            .unmodelled = 0xFFFFFF81},
    [FLASH_SECWM1R1] = {.name = "SECWM1R1",
                        .offset = 0x50,
                        .reset = 0xFF80FFFF,
                        .rw = 0x7F007F,
                        .unmodelled = 0x7F007F},
    [FLASH_SECWM1R2] = {.name = "SECWM1R2",
                        .offset = 0x54,
                        .reset = 0x0F800F80,
                        .rw = 0x807F0000,
                        .unmodelled = 0x807F0000},
    [FLASH_WRP1AR] = {.name = "WRP1AR",
                      .offset = 0x58,
                      .reset = 0xFF80FFFF,
                      .rw = 0x807F007F,
                      .unmodelled = 0x807F007F},
    [FLASH_WRP1BR] = {.name = "WRP1BR",
                      .offset = 0x5C,
                      .reset = 0xFF80FFFF,
                      .rw = 0x807F007F,
                      .unmodelled = 0x807F007F},
    [FLASH_SECWM2R1] = {.name = "SECWM2R1",
                        .offset = 0x60,
                        .reset = 0xFF80FFFF,
                        .rw = 0x7F007F,
                        .unmodelled = 0x7F007F},
    [FLASH_SECWM2R2] = {.name = "SECWM2R2",
                        .offset = 0x64,
                        .reset = 0x0F800F80,
                        .rw = 0x807F0000,
                        .unmodelled = 0x807F0000},
    [FLASH_WRP2AR] = {.name = "WRP2AR",
                      .offset = 0x68,
                      .reset = 0xFF80FFFF,
                      .rw = 0x807F007F,
                      .unmodelled = 0x807F007F},
    [FLASH_WRP2BR] = {.name = "WRP2BR",
                      .offset = 0x6C,
                      .reset = 0xFF80FFFF,
                      .rw = 0x807F007F,
                      .unmodelled = 0x807F007F},
    [FLASH_OEMKEY] = {.name = "OEMKEYR[%u]",
                      .offset = 0x70,
                      .count = 4,
                      .wo = 0xFFFFFFFF,
                      .unmodelled = 0xFFFFFFFF},
    [FLASH_SECBB1] = {.name = "SECBB1R[%u]",
                      .offset = 0x80,
                      .count = 4,
                      .rw = 0xFFFFFFFF,
                      .unmodelled = 0xFFFFFFFF},
    [FLASH_SECBB2] = {.name = "SECBB2R[%u]",
                      .offset = 0xA0,
                      .count = 4,
                      .rw = 0xFFFFFFFF,
                      .unmodelled = 0xFFFFFFFF},
    [FLASH_SECHDPCR] = {.name = "SECHDPCR", .offset = 0xC0, .rw = 0x3, .unmodelled = 0x3},
    [FLASH_PRIVCFGR] = {.name = "PRIVCFGR", .offset = 0xC4, .rw = 0x3, .unmodelled = 0x3},
    [FLASH_PRIVBB1] = {.name = "PRIVBB1R[%u]",
                       .offset = 0xD0,
                       .count = 4,
                       .rw = 0xFFFFFFFF,
                       .unmodelled = 0xFFFFFFFF},
    [FLASH_PRIVBB2] = {.name = "PRIVBB2R[%u]",
                       .offset = 0xF0,
                       .count = 4,
                       .rw = 0xFFFFFFFF,
                       .unmodelled = 0xFFFFFFFF},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index == IN_TZEN)
        return; /* looked at by reset */
    if (index != IN_CACHE_INVALIDATE)
        stm32u5_read_cache(dev, mote_wire_input(dev, IN_CACHE_ON) == 1,
                           mote_wire_input(dev, IN_CACHE_DIRECT) == 1);
    else if (level == 1)
        stm32u5_read_invalidate(dev);
}

static void reset(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    flash->key_step = flash->option_key_step = 0;
    flash->operation = FLASH_IDLE;
    flash->words = 0;
    if (mote_wire_input(dev, IN_TZEN) == 1)
        flash->options |= OPTR_TZEN;
    mote_reg(dev, FLASH_OPTR) = flash->options;
    mote_wire_set(dev, OUT_TZEN, (flash->options & OPTR_TZEN) != 0);
    stm32u5_read_cache(dev, false, false);
    stm32u5_read_invalidate(dev);
    stm32u5_read_configure(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct flash_state *flash = dev->state;
    const struct mote_region *first = mote_region_owned(dev, 0);
    if (first != NULL && first->size_bytes % (2 * page_bytes) != 0)
        return mote_err_set(err, "%s: flash of %llu bytes; it must be two banks of whole pages",
                            dev->path, (unsigned long long)first->size_bytes);
    flash->program_ps = 1000ull * mote_prop_u32(dev, "mote,program-ns", 0);
    flash->page_erase_ps = 1000ull * mote_prop_u32(dev, "mote,page-erase-ns", 0);
    flash->mass_erase_ps = 1000ull * mote_prop_u32(dev, "mote,mass-erase-ns", 0);
    flash->options = regs[FLASH_OPTR].reset;
    stm32u5_read_attach(dev, first != NULL ? first->name : dev->name);
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        region->timing = &stm32u5_read_timing;
        region->fetch_line_bytes = 16;
    }
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_DONE] = {"done", end_operation, 0}};

const struct mote_device_class mote_class_stm32u5_flash = {
    .name = "stm32u5_flash",
    .summary = "STM32U5 flash interface",
    .compatibles = {"st,stm32u5-flash-controller"},
    .state_bytes = sizeof(struct flash_state),
    .regs = regs,
    .reg_count = FLASH_REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"cache_on", 1}, {"cache_direct", 1}, {"cache_invalidate", 1}, {"tzen", 1}},
    .outputs = {{"irq", 1}, {"tzen", 1}},
    .power_states = {"ready", "programming", "erasing"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .region_store = region_store,
};
