/* The common part of the STM32L4+ and STM32G0 flash interfaces; see _stm32_flash_program.h. */
#include "_stm32_flash_program.h"
#include <string.h>

enum { EV_DONE };
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

#define CR_PG         (1u << 0)
#define CR_PER        (1u << 1)
#define CR_STRT       (1u << 16)
#define CR_OPTSTRT    (1u << 17)
#define CR_FSTPG      (1u << 18)
#define CR_EOPIE      (1u << 24)
#define CR_ERRIE      (1u << 25)
#define CR_RDERRIE    (1u << 26)
#define CR_OBL_LAUNCH (1u << 27)
#define CR_OPTLOCK    (1u << 30)
#define CR_LOCK       (1u << 31)

/* ---- helpers -----------------------------------------------------------------------------------
 */

static void update_irq(struct mote_device *dev)
{
    uint32_t sr = mote_reg(dev, FLASH_SR);
    uint32_t cr = mote_reg(dev, FLASH_CR);
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

void stm32_flash_check_latency(struct mote_device *dev)
{
    struct stm32_flash *flash = dev->state;
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

uint32_t stm32_flash_stall(struct mote_device *dev, uint32_t offset, bool store)
{
    struct stm32_flash *flash = dev->state;
    uint32_t bank = flash->bank_bytes;
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
    struct stm32_flash *flash = dev->state;
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
        for (uint32_t i = 0; i < flash->chip->option_regs; i++)
            flash->options[i] = mote_reg(dev, FLASH_OPTR + i);
    flash->words = 0;
    uint32_t *sr = &mote_reg(dev, FLASH_SR);
    const struct stm32_flash_chip *chip = flash->chip;
    *sr &= ~(chip->busy | chip->busy_bank[0] | chip->busy_bank[1]);
    mote_reg(dev, FLASH_CR) &= ~(CR_STRT | CR_OPTSTRT);
    if (mote_reg(dev, FLASH_CR) & CR_EOPIE)
        *sr |= SR_EOP;
    mote_power_state(dev, POWER_READY);
    update_irq(dev);
}

const struct mote_event_desc stm32_flash_events[1] = {[EV_DONE] = {"done", end_operation, 0}};

static void start_operation(struct mote_device *dev, enum flash_operation operation, uint32_t start,
                            uint32_t bytes, uint64_t duration_ps)
{
    struct stm32_flash *flash = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    /* A store that waited for the operation before it is executed at that one's end. */
    uint64_t from = flash->end_ps > now && flash->stall_charged ? flash->end_ps : now;
    flash->operation = (uint8_t)operation;
    flash->stall_charged = false;
    flash->start = start;
    flash->bytes = bytes;
    flash->end_ps = from + duration_ps;
    const struct stm32_flash_chip *chip = flash->chip;
    mote_reg(dev, FLASH_SR) |= chip->busy | (start < flash->bank_bytes ? chip->busy_bank[0] : 0) |
                               (start + bytes > flash->bank_bytes ? chip->busy_bank[1] : 0);
    mote_event_at(dev, EV_DONE, flash->end_ps);
    mote_power_state(dev, operation == FLASH_ERASE ? POWER_ERASING : POWER_PROGRAMMING);
}

/* Areas WRPxA and WRPxB: first and last page of a bank; none when start > end. */
static bool write_protected(struct mote_device *dev, uint32_t start, uint32_t bytes)
{
    static const uint8_t areas[] = {FLASH_WRP1AR, FLASH_WRP1BR, FLASH_WRP2AR, FLASH_WRP2BR};
    const struct stm32_flash *flash = dev->state;
    for (uint32_t i = 0; i < sizeof areas; i++) {
        uint32_t area = flash->loaded[areas[i] - FLASH_OPTR];
        uint32_t first = area & 0xFF, last = (area >> 16) & 0xFF;
        uint32_t base = i >= 2 ? flash->wrp2_base : 0;
        if (first <= last && start < base + (last + 1) * flash->page_bytes &&
            start + bytes > base + first * flash->page_bytes)
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
    struct stm32_flash *flash = dev->state;
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

bool stm32_flash_region_store(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                              uint32_t value, uint32_t bytes)
{
    struct stm32_flash *flash = dev->state;
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
    uint32_t unit = fast ? flash->row_words : 2;
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
    const struct stm32_flash *flash = dev->state;
    const struct stm32_flash_chip *chip = flash->chip;
    const struct mote_region *region = mote_region_owned(dev, 0);
    uint32_t cr = mote_reg(dev, FLASH_CR), bank = flash->bank_bytes;
    uint32_t size = region != NULL ? (uint32_t)region->size_bytes : 0;
    uint32_t start = 0, bytes = 0, masses = cr & (CR_MER1 | CR_MER2);
    bool dual = bank < size, page = (cr & CR_PER) != 0;
    if (page) {
        uint32_t offset = ((cr & (chip->bker - 1)) >> 3) * flash->page_bytes;
        bytes = offset < bank ? flash->page_bytes : 0;
        start = offset + (dual && (cr & chip->bker) ? bank : 0);
    } else if (masses == (CR_MER1 | CR_MER2) || (!dual && masses == chip->single_mass)) {
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

void stm32_flash_take_key(uint8_t *step, uint32_t value, uint32_t key1, uint32_t key2)
{
    if (*step == 0)
        *step = value == key1 ? 1 : 3;
    else if (*step == 1)
        *step = value == key2 ? 2 : 3;
}

void stm32_flash_store_keyr(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)old;
    struct stm32_flash *flash = dev->state;
    if (!(mote_reg(dev, FLASH_CR) & CR_LOCK))
        return;
    stm32_flash_take_key(&flash->key_step, written, KEY1, KEY2);
    if (flash->key_step == 2)
        mote_reg(dev, FLASH_CR) &= ~CR_LOCK;
    else if (flash->key_step == 3)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "wrong FLASH_KEYR key: locked until reset");
}

void stm32_flash_store_optkeyr(struct mote_device *dev, uint32_t element, uint32_t old,
                               uint32_t written)
{
    (void)element, (void)old;
    struct stm32_flash *flash = dev->state;
    uint32_t *cr = &mote_reg(dev, FLASH_CR);
    if ((*cr & CR_LOCK) || !(*cr & CR_OPTLOCK))
        return;
    stm32_flash_take_key(&flash->option_key_step, written, OPTKEY1, OPTKEY2);
    if (flash->option_key_step == 2)
        *cr &= ~CR_OPTLOCK;
    else if (flash->option_key_step == 3)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "wrong FLASH_OPTKEYR key: locked until reset");
}

void stm32_flash_store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

void stm32_flash_store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct stm32_flash *flash = dev->state;
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

void stm32_flash_keep_locked(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if (!(mote_reg(dev, FLASH_CR) & CR_OPTLOCK) || mote_reg(dev, id) == old)
        return;
    mote_reg(dev, id) = old;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "option register %s written while locked: ignored",
             dev->cls->regs[id].name);
}

/* ---- life --------------------------------------------------------------------------------------
 */

void stm32_flash_reset(struct mote_device *dev)
{
    struct stm32_flash *flash = dev->state;
    flash->key_step = flash->option_key_step = 0;
    flash->operation = FLASH_IDLE;
    flash->words = 0;
    if (!flash->powered || flash->launch)
        memcpy(flash->loaded, flash->options, sizeof flash->loaded);
    flash->powered = true;
    flash->launch = false;
    for (uint32_t i = 0; i < flash->chip->option_regs; i++)
        mote_reg(dev, FLASH_OPTR + i) = flash->loaded[i];
}

static void prop_limits(struct mote_device *dev, const char *name, uint64_t *limits)
{
    uint32_t cells[FLASH_MAX_LATENCY] = {0};
    mote_prop_cells(dev, name, cells, FLASH_MAX_LATENCY);
    for (uint32_t i = 0; i < FLASH_MAX_LATENCY; i++)
        limits[i] = cells[i];
}

void stm32_flash_attach(struct mote_device *dev, const struct stm32_flash_chip *chip)
{
    struct stm32_flash *flash = dev->state;
    flash->chip = chip;
    flash->program_ps = 1000ull * mote_prop_u32(dev, "mote,program-ns", 0);
    flash->fast_row_ps = 1000ull * mote_prop_u32(dev, "mote,fast-row-ns", 0);
    flash->page_erase_ps = 1000ull * mote_prop_u32(dev, "mote,page-erase-ns", 0);
    flash->mass_erase_ps = 1000ull * mote_prop_u32(dev, "mote,mass-erase-ns", 0);
    flash->option_ps = 1000ull * mote_prop_u32(dev, "mote,option-program-ns", 0);
    prop_limits(dev, "mote,range1-max-hz", flash->range1_max_hz);
    prop_limits(dev, "mote,range2-max-hz", flash->range2_max_hz);
    for (uint32_t i = 0; i < chip->option_regs; i++)
        flash->options[i] = dev->cls->regs[FLASH_OPTR + i].reset;
    flash->options[0] = mote_prop_u32(dev, "mote,optr", flash->options[0]);
}
