/* Power, reset and clock interface (PRCI) of the FE310-G002.
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "Clock Generation".
 * Modelled: the ring oscillator with its divider, the crystal oscillator, the PLL (R, F, Q, bypass,
 * reference), the output divider and the final multiplexer. Ready and lock bits follow at once.
 * The ring oscillator has the rate of the property mote,hfrosc-hz at the trim value that it had at
 * reset; other trim values are taken as the same rate. Not modelled: lock time, trim, limits of the
 * PLL's frequencies (a divisor outside them is taken as it is), the process monitor.
 * Properties: mote,hfrosc-hz, mote,hfxosc-hz. Clock 0 that it provides: coreclk = tlclk. */
#include <mote/clock.h>
#include <mote/device.h>

enum { HFROSCCFG, HFXOSCCFG, PLLCFG, PLLOUTDIV, PROCMONCFG, ROWS };

#define OSC_EN        (1u << 30)
#define OSC_RDY       (1u << 31)
#define PLL_SEL       (1u << 16)
#define PLL_REFSEL    (1u << 17)
#define PLL_BYPASS    (1u << 18)
#define PLL_LOCK      (1u << 31)
#define OUTDIV_BYPASS (1u << 8)

enum { POWER_HFROSC, POWER_HFXOSC, POWER_PLL };

struct prci {
    struct mote_clock *core;
    uint64_t hfrosc_hz, hfxosc_hz;
};

static uint64_t oscillator(uint32_t config, uint64_t hz)
{
    return config & OSC_EN ? hz : 0;
}

static uint64_t pll_hz(struct mote_device *dev, uint64_t reference_hz)
{
    uint32_t pll = mote_reg(dev, PLLCFG), out = mote_reg(dev, PLLOUTDIV);
    uint64_t hz = reference_hz;
    if (!(pll & PLL_BYPASS))
        hz = reference_hz / ((pll & 7) + 1) * (2 * ((pll >> 4 & 0x3F) + 1)) >> (pll >> 10 & 3);
    return out & OUTDIV_BYPASS ? hz : hz / (2 * ((out & 0x3F) + 1));
}

static void update(struct mote_device *dev)
{
    const struct prci *prci = dev->state;
    uint32_t ring = mote_reg(dev, HFROSCCFG), pll = mote_reg(dev, PLLCFG);
    uint64_t hfrosc = oscillator(ring, prci->hfrosc_hz / ((ring & 0x3F) + 1));
    uint64_t hfxosc = oscillator(mote_reg(dev, HFXOSCCFG), prci->hfxosc_hz);
    uint64_t reference = pll & PLL_REFSEL ? hfxosc : hfrosc;
    uint64_t hz = pll & PLL_SEL ? pll_hz(dev, reference) : hfrosc;
    mote_reg(dev, HFROSCCFG) = (ring & ~OSC_RDY) | (hfrosc != 0 ? OSC_RDY : 0);
    mote_reg(dev, HFXOSCCFG) = (mote_reg(dev, HFXOSCCFG) & ~OSC_RDY) | (hfxosc != 0 ? OSC_RDY : 0);
    bool locked = reference != 0 && !(pll & PLL_BYPASS);
    mote_reg(dev, PLLCFG) = (pll & ~PLL_LOCK) | (locked ? PLL_LOCK : 0);
    mote_power_state(dev, locked ? POWER_PLL : hfxosc != 0 ? POWER_HFXOSC : POWER_HFROSC);
    if (hz == 0 && mote_clock_rate_hz(prci->core) != 0)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                 "the core's clock source was switched off: the chip stands still until a reset");
    mote_clock_set_hz(prci->core, hz);
}

static void store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

static const struct mote_reg regs[ROWS] = {
    [HFROSCCFG] = {.name = "hfrosccfg",
                   .offset = 0x00,
                   .reset = 0xC0100004,
                   .rw = 0x401F003F,
                   .ro = OSC_RDY,
                   .store = store},
    [HFXOSCCFG] = {.name = "hfxosccfg",
                   .offset = 0x04,
                   .reset = 0xC0000000,
                   .rw = OSC_EN,
                   .ro = OSC_RDY,
                   .store = store},
    [PLLCFG] = {.name = "pllcfg",
                .offset = 0x08,
                .reset = 0x00060DF1,
                .rw = 0x00070FF7,
                .ro = PLL_LOCK,
                .store = store},
    [PLLOUTDIV] =
        {.name = "plloutdiv", .offset = 0x0C, .reset = 0x100, .rw = 0x13F, .store = store},
    [PROCMONCFG] = {.name = "procmoncfg", .offset = 0xF0, .rw = ~0u, .unmodelled = ~0u},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct prci *prci = dev->state;
    prci->hfrosc_hz = mote_prop_u32(dev, "mote,hfrosc-hz", 0);
    prci->hfxosc_hz = mote_prop_u32(dev, "mote,hfxosc-hz", 0);
    if (prci->hfrosc_hz == 0)
        return mote_err_set(err, "the clocks need a rate: give the node mote,hfrosc-hz");
    prci->core = mote_clock_add(dev, "coreclk");
    return prci->core != NULL || mote_err_set(err, "out of memory for clocks");
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct prci *prci = dev->state;
    return count == 0 || cells[0] == 0 ? prci->core : NULL;
}

const struct mote_device_class mote_class_sifive_prci = {
    .name = "sifive_prci",
    .summary = "FE310 clocks: oscillators, PLL, divider",
    .compatibles = {"sifive,freedome300prci0", "sifive,fe310-g000,prci"},
    .state_bytes = sizeof(struct prci),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .power_states = {"hfrosc", "hfxosc", "pll"},
    .attach = attach,
    .reset = update,
    .clock_of = clock_of,
};
