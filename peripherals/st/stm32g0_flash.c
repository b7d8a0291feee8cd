/* STM32G0 embedded flash memory interface.
 *
 * ST RM0444 (STM32G0x1), chapter 3; bits as in ST's stm32g0b1xx.h. Times, cache shape and frequency
 * limits are properties of the node (sources: sim/boards/stm32g0b1.dtsi); the read path is in
 * _stm32g0_read.c.
 * Modelled: ACR with readback, unlock keys, double-word and fast row programming, page, bank and
 * mass erase with their times and busy flags, reads that wait for an operation in the same bank,
 * write protection by pages, error flags, interrupts, option bytes with their programming and
 * launch, one and two banks.
 * Not modelled: ECC, PCROP, RDP and securable memory, boot options, swapping of banks, time-outs of
 * fast programming, a CR write that stalls while busy (the running operation ends at once). */
#include "_stm32g0_flash.h"
#include <string.h>

enum { EV_DONE, EV_COUNT };
enum { IN_RANGE2 };
enum { OUT_IRQ, OUT_OBL };
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
#define SR_FASTERR (1u << 9)
#define SR_RDERR   (1u << 14)
#define SR_ERRORS  0x83FAu /* RDERR apart */
#define SR_BSY1    (1u << 16)
#define SR_BSY2    (1u << 17)
#define SR_CFGBSY  (1u << 18)

#define CR_PG         (1u << 0)
#define CR_PER        (1u << 1)
#define CR_MER1       (1u << 2)
#define CR_BKER       (1u << 13)
#define CR_MER2       (1u << 15)
#define CR_STRT       (1u << 16)
#define CR_OPTSTRT    (1u << 17)
#define CR_FSTPG      (1u << 18)
#define CR_EOPIE      (1u << 24)
#define CR_ERRIE      (1u << 25)
#define CR_RDERRIE    (1u << 26)
#define CR_OBL_LAUNCH (1u << 27)
#define CR_OPTLOCK    (1u << 30)
#define CR_LOCK       (1u << 31)

#define PAGE_BYTES 2048u

/* ---- helpers -----------------------------------------------------------------------------------
 */

/* Bytes of a bank: all of them when there is one. */
static uint32_t bank_bytes(const struct mote_device *dev)
{
    const struct flash_state *flash = dev->state;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t size = region != NULL ? (uint32_t)region->size_bytes : PAGE_BYTES;
    return flash->loaded[0] & OPTR_DUAL_BANK ? size / 2 : size;
}

static void update_irq(struct mote_device *dev)
{
    uint32_t sr = mote_reg(dev, FLASH_SR), cr = mote_reg(dev, FLASH_CR);
    bool wanted = ((sr & SR_EOP) && (cr & CR_EOPIE)) || ((sr & SR_OPERR) && (cr & CR_ERRIE)) ||
                  ((sr & SR_RDERR) && (cr & CR_RDERRIE));
    mote_wire_set(dev, OUT_IRQ, wanted);
}

static void fail(struct mote_device *dev, uint32_t flags, const char *what)
{
    uint32_t *sr = &mote_reg(dev, FLASH_SR);
    *sr |= flags;
    if (mote_reg(dev, FLASH_CR) & CR_ERRIE)
        *sr |= SR_OPERR;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "flash: %s (SR 0x%x)", what, *sr);
    update_irq(dev);
}

/* Wait states must suit the clock and the voltage range; data would be read wrongly. */
static void check_latency(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    uint64_t hz = mote_clock_hz(dev, 0), limit = 0;
    bool range2 = mote_wire_input(dev, IN_RANGE2) == 1;
    uint32_t latency = mote_reg(dev, FLASH_ACR) & ACR_LATENCY;
    const uint64_t *max_hz = range2 ? flash->range2_max_hz : flash->range1_max_hz;
    for (uint32_t i = 0; i <= latency; i++)
        if (max_hz[i] > limit)
            limit = max_hz[i];
    if (limit == 0 || hz <= limit || flash->latency_reported)
        return;
    flash->latency_reported = true;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST,
             "HCLK is %llu Hz with %u flash wait states in voltage range %u: at most %llu Hz are "
             "allowed",
             (unsigned long long)hz, latency, range2 ? 2 : 1, (unsigned long long)limit);
}

/* ---- operations --------------------------------------------------------------------------------
 */

uint32_t stm32g0_flash_stall(struct mote_device *dev, uint32_t offset, bool store)
{
    struct flash_state *flash = dev->state;
    uint32_t bank = bank_bytes(dev);
    if (flash->stall_charged)
        return 0;
    if (!store && flash->operation != FLASH_OPTIONS && flash->bytes <= bank &&
        offset / bank != flash->start / bank)
        return 0;
    flash->stall_charged = true;
    uint64_t now = mote_now_ps(dev->sys);
    uint64_t left = flash->end_ps > now ? flash->end_ps - now : 0;
    uint64_t cycles = mote_ps_to_cycles(left, mote_clock_hz(dev, 0)) + 1;
    return cycles > INT32_MAX ? INT32_MAX : (uint32_t)cycles;
}

static void write_flash(struct mote_device *dev, uint32_t start, const void *from, uint32_t bytes)
{
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        if (start + (uint64_t)bytes > region->size_bytes)
            continue;
        if (from == NULL)
            memset(region->host + start, 0xFF, bytes);
        else
            memcpy(region->host + start, from, bytes);
        mote_region_changed(region, start, bytes);
    }
}

static void end_operation(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    uint8_t operation = flash->operation;
    if (operation == FLASH_IDLE)
        return;
    flash->operation = FLASH_IDLE;
    mote_event_cancel(dev, EV_DONE);
    if (operation == FLASH_ERASE)
        write_flash(dev, flash->start, NULL, flash->bytes);
    else if (operation == FLASH_PROGRAM || operation == FLASH_FAST)
        write_flash(dev, flash->start, flash->word, flash->bytes);
    else
        for (uint32_t i = 0; i < FLASH_OPTION_REGS; i++)
            flash->options[i] = mote_reg(dev, FLASH_OPTR + i);
    flash->words = 0;
    uint32_t *sr = &mote_reg(dev, FLASH_SR);
    *sr &= ~(SR_BSY1 | SR_BSY2 | SR_CFGBSY);
    mote_reg(dev, FLASH_CR) &= ~(CR_STRT | CR_OPTSTRT);
    if (mote_reg(dev, FLASH_CR) & CR_EOPIE)
        *sr |= SR_EOP;
    mote_power_state(dev, POWER_READY);
    update_irq(dev);
}

static void start_operation(struct mote_device *dev, enum flash_operation operation, uint32_t start,
                            uint32_t bytes, uint64_t duration_ps)
{
    struct flash_state *flash = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    uint32_t bank = bank_bytes(dev);
    /* A store that waited for the operation before it is executed at that one's end. */
    uint64_t from = flash->end_ps > now && flash->stall_charged ? flash->end_ps : now;
    flash->operation = (uint8_t)operation;
    flash->stall_charged = false;
    flash->start = start;
    flash->bytes = bytes;
    flash->end_ps = from + duration_ps;
    mote_reg(dev, FLASH_SR) |=
        (start < bank ? SR_BSY1 : 0) | SR_CFGBSY | (start + bytes > bank ? SR_BSY2 : 0);
    mote_event_at(dev, EV_DONE, flash->end_ps);
    mote_power_state(dev, operation == FLASH_ERASE ? POWER_ERASING : POWER_PROGRAMMING);
}

/* Areas WRPxA and WRPxB: first and last page of a bank; none when start > end. */
static bool write_protected(struct mote_device *dev, uint32_t start, uint32_t bytes)
{
    static const uint8_t areas[] = {FLASH_WRP1AR, FLASH_WRP1BR, FLASH_WRP2AR, FLASH_WRP2BR};
    const struct flash_state *flash = dev->state;
    for (uint32_t i = 0; i < sizeof areas; i++) {
        uint32_t area = flash->loaded[areas[i] - FLASH_OPTR];
        uint32_t first = area & 0x7F, last = (area >> 16) & 0x7F;
        uint32_t base = i >= 2 ? bank_bytes(dev) : 0;
        if (first <= last && start < base + (last + 1) * PAGE_BYTES &&
            start + bytes > base + first * PAGE_BYTES)
            return true;
    }
    return false;
}

static bool erased(const struct mote_region *region, uint32_t start, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        if (region->host[start + i] != 0xFF)
            return false;
    return true;
}

static void program(struct mote_device *dev, const struct mote_region *region, bool fast,
                    uint32_t start)
{
    struct flash_state *flash = dev->state;
    uint32_t bytes = 4 * flash->words;
    bool zero = !fast && flash->word[0] == 0 && flash->word[1] == 0;
    flash->words = 0;
    if (write_protected(dev, start, bytes))
        fail(dev, SR_WRPERR, "programming a write-protected page");
    else if (!fast && !zero && !erased(region, start, bytes))
        fail(dev, SR_PROGERR, "programming a double word that is not erased");
    else
        start_operation(dev, fast ? FLASH_FAST : FLASH_PROGRAM, start, bytes,
                        fast ? flash->fast_row_ps : flash->program_ps);
}

static bool region_store(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                         uint32_t value, uint32_t bytes)
{
    struct flash_state *flash = dev->state;
    uint32_t cr = mote_reg(dev, FLASH_CR);
    bool fast = (cr & CR_FSTPG) != 0;
    if ((cr & CR_LOCK) || !(cr & (CR_PG | CR_FSTPG)) || (cr & (CR_PER | CR_MER1 | CR_MER2))) {
        fail(dev, SR_PGSERR, "store without programming enabled");
        return true;
    }
    end_operation(dev);
    if (mote_reg(dev, FLASH_SR) & SR_ERRORS) {
        fail(dev, SR_PGSERR, "store while error flags are set");
        return true;
    }
    if (bytes != 4) {
        fail(dev, SR_SIZERR, "store of less than a word");
        return true;
    }
    uint32_t unit = fast ? FLASH_ROW_WORDS : 2;
    bool expected =
        flash->words == 0 ? offset % (4 * unit) == 0 : offset == flash->start + 4 * flash->words;
    if (!expected) {
        flash->words = 0;
        fail(dev, fast ? SR_PGAERR | SR_FASTERR : SR_PGAERR, "store out of sequence");
        return true;
    }
    if (flash->words == 0)
        flash->start = offset;
    flash->word[flash->words++] = value;
    if (flash->words == unit)
        program(dev, region, fast, flash->start);
    return true;
}

static void start_erase(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t cr = mote_reg(dev, FLASH_CR), bank = bank_bytes(dev);
    uint32_t size = region != NULL ? (uint32_t)region->size_bytes : 0;
    uint32_t start = 0, bytes = 0, masses = cr & (CR_MER1 | CR_MER2);
    bool dual = bank < size, page = (cr & CR_PER) != 0;
    if (page) {
        uint32_t offset = (cr >> 3 & 0x3FF) * PAGE_BYTES;
        bytes = offset < bank ? PAGE_BYTES : 0;
        start = offset + (dual && (cr & CR_BKER) ? bank : 0);
    } else if (masses == (CR_MER1 | CR_MER2) || (!dual && masses == CR_MER1)) {
        bytes = size;
    } else if (dual && masses != 0) {
        bytes = bank;
        start = masses == CR_MER2 ? bank : 0;
    }
    if (bytes == 0 || (page && masses != 0) || (cr & (CR_PG | CR_FSTPG)) ||
        (mote_reg(dev, FLASH_SR) & SR_ERRORS)) {
        mote_reg(dev, FLASH_CR) &= ~CR_STRT;
        fail(dev, SR_PGSERR, "erase started with a wrong sequence");
    } else if (write_protected(dev, start, bytes)) {
        mote_reg(dev, FLASH_CR) &= ~CR_STRT;
        fail(dev, SR_WRPERR, "erasing a write-protected page");
    } else {
        start_operation(dev, FLASH_ERASE, start, bytes,
                        page ? flash->page_erase_ps : flash->mass_erase_ps);
    }
}

/* ---- register hooks ----------------------------------------------------------------------------
 */

static void store_acr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t acr = mote_reg(dev, FLASH_ACR);
    /* The cache can be emptied only while it is off. */
    stm32g0_read_configure(dev, (acr & ACR_ICRST) && !(acr & ACR_ICEN));
    check_latency(dev);
}

static void take_key(uint8_t *step, uint32_t value, uint32_t key1, uint32_t key2)
{
    if (*step == 0)
        *step = value == key1 ? 1 : 3;
    else if (*step == 1)
        *step = value == key2 ? 2 : 3;
}

static void store_keyr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct flash_state *flash = dev->state;
    if (!(mote_reg(dev, FLASH_CR) & CR_LOCK))
        return;
    take_key(&flash->key_step, written, KEY1, KEY2);
    if (flash->key_step == 2)
        mote_reg(dev, FLASH_CR) &= ~CR_LOCK;
    else if (flash->key_step == 3)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "wrong FLASH_KEYR key: locked until reset");
}

static void store_optkeyr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct flash_state *flash = dev->state;
    uint32_t *cr = &mote_reg(dev, FLASH_CR);
    if ((*cr & CR_LOCK) || !(*cr & CR_OPTLOCK))
        return;
    take_key(&flash->option_key_step, written, OPTKEY1, OPTKEY2);
    if (flash->option_key_step == 2)
        *cr &= ~CR_OPTLOCK;
    else if (flash->option_key_step == 3)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "wrong FLASH_OPTKEYR key: locked until reset");
}

static void store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct flash_state *flash = dev->state;
    uint32_t *cr = &mote_reg(dev, FLASH_CR);
    if (old & CR_LOCK) {
        if (*cr != old)
            mote_log(dev->sys, dev, MOTE_LOG_GUEST, "FLASH_CR written while locked: ignored");
        *cr = old;
        return;
    }
    end_operation(dev);
    *cr |= old & CR_OPTLOCK; /* locks are set here and cleared by keys only */
    if (*cr & CR_LOCK) {
        *cr |= CR_OPTLOCK;
        flash->key_step = flash->option_key_step = 0;
    } else if ((*cr & CR_OPTLOCK) && !(old & CR_OPTLOCK)) {
        flash->option_key_step = 0;
    }
    if (*cr & CR_OPTLOCK)
        *cr &= ~(CR_OPTSTRT | CR_OBL_LAUNCH);
    if (!(*cr & (CR_PG | CR_FSTPG)))
        flash->words = 0;
    if (*cr & CR_STRT)
        start_erase(dev);
    else if (*cr & CR_OPTSTRT)
        start_operation(dev, FLASH_OPTIONS, 0, 0, flash->option_ps);
    if (*cr & CR_OBL_LAUNCH) {
        end_operation(dev);
        flash->launch = true;
        mote_wire_pulse(dev, OUT_OBL);
    }
    update_irq(dev);
}

/* One hook for all option registers: while they are locked, what was loaded or changed before the
 * lock stays. */
static void keep_locked(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if (!(mote_reg(dev, FLASH_CR) & CR_OPTLOCK) || mote_reg(dev, id) == old)
        return;
    mote_reg(dev, id) = old;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "option register %s written while locked: ignored",
             dev->cls->regs[id].name);
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

#define X(id, at, delivered, bits, without)                                                        \
    static void store_##id(struct mote_device *dev, uint32_t element, uint32_t old,                \
                           uint32_t written)                                                       \
    {                                                                                              \
        (void)element, (void)written;                                                              \
        keep_locked(dev, FLASH_##id, old);                                                         \
    }
OPTION_REGISTERS(X)
#undef X

static const struct mote_reg regs[FLASH_REG_COUNT] = {
    [FLASH_ACR] = {.name = "ACR",
                   .offset = 0x00,
                   .reset = 0x40600,
                   .rw = 0x50B07,
                   .unmodelled = 0x50000,
                   .store = store_acr},
    [FLASH_KEYR] = {.name = "KEYR", .offset = 0x08, .wo = 0xFFFFFFFF, .store = store_keyr},
    [FLASH_OPTKEYR] = {.name = "OPTKEYR", .offset = 0x0C, .wo = 0xFFFFFFFF, .store = store_optkeyr},
    [FLASH_SR] = {.name = "SR", .offset = 0x10, .w1c = 0xC3FB, .ro = 0x70000, .store = store_sr},
    [FLASH_CR] = {.name = "CR",
                  .offset = 0x14,
                  .reset = 0xC0000000,
                  .rw = 0xFF07BFFF,
                  .unmodelled = 0x30000000,
                  .store = store_cr},
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
#define X(id, at, delivered, bits, without)                                                        \
    [FLASH_##id] = {.name = #id,                                                                   \
                    .offset = (at),                                                                \
                    .reset = (delivered),                                                          \
                    .rw = (bits),                                                                  \
                    .unmodelled = (without),                                                       \
                    .store = store_##id},
    OPTION_REGISTERS(X)
#undef X
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index, (void)level;
    check_latency(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        check_latency(dev);
}

static void reset(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    flash->key_step = flash->option_key_step = 0;
    flash->operation = FLASH_IDLE;
    flash->words = 0;
    if (!flash->powered || flash->launch)
        memcpy(flash->loaded, flash->options, sizeof flash->loaded);
    flash->powered = true;
    flash->launch = false;
    for (uint32_t i = 0; i < FLASH_OPTION_REGS; i++)
        mote_reg(dev, FLASH_OPTR + i) = flash->loaded[i];
    stm32g0_read_configure(dev, true);
}

static void prop_limits(struct mote_device *dev, const char *name, uint64_t *limits)
{
    uint32_t cells[FLASH_MAX_LATENCY] = {0};
    mote_prop_cells(dev, name, cells, FLASH_MAX_LATENCY);
    for (uint32_t i = 0; i < FLASH_MAX_LATENCY; i++)
        limits[i] = cells[i];
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct flash_state *flash = dev->state;
    const struct mote_region *first = mote_region_owned(dev, 0);
    if (first != NULL && first->size_bytes % (2 * PAGE_BYTES) != 0)
        return mote_err_set(err, "%s: flash of %llu bytes; it must be two banks of 2 KiB pages",
                            dev->path, (unsigned long long)first->size_bytes);
    flash->program_ps = 1000ull * mote_prop_u32(dev, "mote,program-ns", 0);
    flash->fast_row_ps = 1000ull * mote_prop_u32(dev, "mote,fast-row-ns", 0);
    flash->page_erase_ps = 1000ull * mote_prop_u32(dev, "mote,page-erase-ns", 0);
    flash->mass_erase_ps = 1000ull * mote_prop_u32(dev, "mote,mass-erase-ns", 0);
    flash->option_ps = 1000ull * mote_prop_u32(dev, "mote,option-program-ns", 0);
    prop_limits(dev, "mote,range1-max-hz", flash->range1_max_hz);
    prop_limits(dev, "mote,range2-max-hz", flash->range2_max_hz);
    for (uint32_t i = 0; i < FLASH_OPTION_REGS; i++)
        flash->options[i] = regs[FLASH_OPTR + i].reset;
    flash->options[0] = mote_prop_u32(dev, "mote,optr", regs[FLASH_OPTR].reset);
    stm32g0_read_attach(dev, first != NULL ? first->name : dev->name);
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        region->timing = &stm32g0_read_timing;
        region->fetch_line_bytes = 4; /* the bus is 32 bits wide; lines are behind it */
    }
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_DONE] = {"done", end_operation, 0}};

const struct mote_device_class mote_class_stm32g0_flash = {
    .name = "stm32g0_flash",
    .summary = "STM32G0 flash interface with prefetch and instruction cache",
    .compatibles = {"st,stm32g0-flash-controller"},
    .state_bytes = sizeof(struct flash_state),
    .regs = regs,
    .reg_count = FLASH_REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"range2", 1}},
    .outputs = {{"irq", 1}, {"obl", 1}},
    .power_states = {"ready", "programming", "erasing"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
    .region_store = region_store,
};
