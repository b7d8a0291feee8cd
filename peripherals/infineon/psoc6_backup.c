/* PSoC 6 (CAT1A) backup domain: the 32.768 kHz crystal oscillator and the backup registers.
 *
 * Infineon 002-24529, chapter "Backup system"; registers as in Infineon's SVD of psoc6_02 (BACKUP).
 * Modelled: the oscillator with its start-up time (property mote,wco-startup-ns; without it there
 * is no crystal), the backup registers. Not modelled: the real-time clock and its alarms, the
 * charger, the power management pin. Output: wco, to the system resources. */
#include <mote/device.h>

enum {
    CTL,
    RTC_RW,
    CAL_CTL,
    STATUS,
    RTC_TIME,
    RTC_DATE,
    ALM1_TIME,
    ALM1_DATE,
    ALM2_TIME,
    ALM2_DATE,
    INTR,
    INTR_SET,
    INTR_MASK,
    INTR_MASKED,
    OSCCNT,
    TICKS,
    PMIC_CTL,
    RESET,
    BREG,
    TRIM,
    REG_COUNT,
};
enum { EV_WCO, EV_COUNT };

#define CTL_WCO_EN    (1u << 3)
#define STATUS_WCO_OK (1u << 2)
#define DOMAIN_RESET  (1u << 31)
#define BREGS         64u

struct backup_state {
    uint64_t wco_ps;
};

static void wco_ready(struct mote_device *dev)
{
    mote_reg(dev, STATUS) |= STATUS_WCO_OK;
    mote_wire_set(dev, 0, 1);
}

static void store_ctl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct backup_state *backup = dev->state;
    bool on = mote_reg(dev, CTL) & CTL_WCO_EN;
    if (on && !(old & CTL_WCO_EN) && backup->wco_ps != 0)
        mote_event_after(dev, EV_WCO, backup->wco_ps);
    if (!on) {
        mote_event_cancel(dev, EV_WCO);
        mote_reg(dev, STATUS) &= ~STATUS_WCO_OK;
        mote_wire_set(dev, 0, 0);
    }
}

/* Resets the domain's registers; the bit is gone when that is done. */
static void store_reset(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (!(written & DOMAIN_RESET))
        return;
    uint32_t ctl = mote_reg(dev, CTL);
    mote_reg(dev, CTL) = 0;
    store_ctl(dev, 0, ctl, 0);
    for (uint32_t i = 0; i < BREGS; i++)
        mote_reg_at(dev, BREG, i) = 0;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CTL] = {.name = "CTL", .offset = 0x00, .rw = 0xFF0F3308, .store = store_ctl, .keep = 1},
    [RTC_RW] = {.name = "RTC_RW", .offset = 0x08, .rw = 0x3, .unmodelled = 0x3},
    [CAL_CTL] = {.name = "CAL_CTL", .offset = 0x0C, .rw = 0x8000007F, .unmodelled = 0x8000007F},
    [STATUS] = {.name = "STATUS", .offset = 0x10, .ro = 0x5, .keep = 1},
    [RTC_TIME] = {.name = "RTC_TIME", .offset = 0x14, .rw = 0x77F7F7F, .unmodelled = 0x77F7F7F},
    [RTC_DATE] = {.name = "RTC_DATE", .offset = 0x18, .rw = 0xFF1F3F, .unmodelled = 0xFF1F3F},
    [ALM1_TIME] = {.name = "ALM1_TIME",
                   .offset = 0x1C,
                   .reset = 0x1000000,
                   .rw = 0x87BFFFFF,
                   .unmodelled = 0x87BFFFFF},
    [ALM1_DATE] = {.name = "ALM1_DATE",
                   .offset = 0x20,
                   .reset = 0x101,
                   .rw = 0x80009FBF,
                   .unmodelled = 0x80009FBF},
    [ALM2_TIME] = {.name = "ALM2_TIME",
                   .offset = 0x24,
                   .reset = 0x1000000,
                   .rw = 0x87BFFFFF,
                   .unmodelled = 0x87BFFFFF},
    [ALM2_DATE] = {.name = "ALM2_DATE",
                   .offset = 0x28,
                   .reset = 0x101,
                   .rw = 0x80009FBF,
                   .unmodelled = 0x80009FBF},
    [INTR] = {.name = "INTR", .offset = 0x2C, .w1c = 0x7},
    [INTR_SET] = {.name = "INTR_SET", .offset = 0x30, .rw = 0x7, .unmodelled = 0x7},
    [INTR_MASK] = {.name = "INTR_MASK", .offset = 0x34, .rw = 0x7, .unmodelled = 0x7},
    [INTR_MASKED] = {.name = "INTR_MASKED", .offset = 0x38, .ro = 0x7},
    [OSCCNT] = {.name = "OSCCNT", .offset = 0x3C, .ro = 0xFF},
    [TICKS] = {.name = "TICKS", .offset = 0x40, .ro = 0x3F},
    [PMIC_CTL] = {.name = "PMIC_CTL",
                  .offset = 0x44,
                  .reset = 0xA0000000,
                  .rw = 0xE001FF00,
                  .unmodelled = 0xE001FF00},
    [RESET] = {.name = "RESET", .offset = 0x48, .wo = 0x80000000, .store = store_reset},
    [BREG] = {.name = "BREG[%u]", .offset = 0x1000, .count = 64, .rw = 0xFFFFFFFF, .keep = 1},
    [TRIM] = {.name = "TRIM", .offset = 0xFF00, .rw = 0x3F, .unmodelled = 0x3F},
};

/* The domain outlives a system reset, and so does its oscillator. */
static void reset(struct mote_device *dev)
{
    const struct backup_state *backup = dev->state;
    if (mote_reg(dev, STATUS) & STATUS_WCO_OK)
        mote_wire_set(dev, 0, 1);
    else if ((mote_reg(dev, CTL) & CTL_WCO_EN) && backup->wco_ps != 0)
        mote_event_after(dev, EV_WCO, backup->wco_ps);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct backup_state *backup = dev->state;
    backup->wco_ps = 1000ull * mote_prop_u32(dev, "mote,wco-startup-ns", 0);
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_WCO] = {"wco_ready", wco_ready, 0}};

const struct mote_device_class mote_class_psoc6_backup = {
    .name = "psoc6_backup",
    .summary = "PSoC 6 backup domain: 32.768 kHz oscillator, registers",
    .compatibles = {"infineon,cat1a-backup"},
    .state_bytes = sizeof(struct backup_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"wco", 1}},
    .attach = attach,
    .reset = reset,
};
