/* The common part of the STM32F7 and STM32H7 clock controllers; see _stm32_rcc.h. */
#include "_stm32_rcc.h"
#include <stdio.h>

#define RTCEN (1u << 15)

static const struct stm32_oscillator *oscillator(const struct stm32_rcc *rcc, uint32_t which)
{
    return &rcc->chip->oscillators[which];
}

bool stm32_rcc_is_ready(struct mote_device *dev, uint32_t which)
{
    const struct stm32_oscillator *osc = oscillator(dev->state, which);
    return (mote_reg(dev, osc->reg) & osc->ready) != 0;
}

uint64_t stm32_rcc_osc_hz(struct mote_device *dev, uint32_t which)
{
    const struct stm32_rcc *rcc = dev->state;
    return stm32_rcc_is_ready(dev, which) ? rcc->hz[which] : 0;
}

static void became_ready(struct mote_device *dev, uint32_t which)
{
    const struct stm32_rcc *rcc = dev->state;
    const struct stm32_oscillator *osc = oscillator(rcc, which);
    mote_reg(dev, osc->reg) |= osc->ready;
    if (osc->flag != 0)
        rcc->chip->flag(dev, osc->flag);
    rcc->chip->switch_sysclk(dev);
    stm32_rcc_update(dev);
}

#define READY(n)                                                                                   \
    static void ready_##n(struct mote_device *dev)                                                 \
    {                                                                                              \
        became_ready(dev, n);                                                                      \
    }
READY(0)
READY(1)
READY(2)
READY(3)
READY(4)
READY(5)
READY(6)
READY(7)
READY(8)
#undef READY

const struct mote_event_desc stm32_rcc_events[STM32_RCC_OSCILLATORS] = {
    {"oscillator0_ready", ready_0, 0}, {"oscillator1_ready", ready_1, 0},
    {"oscillator2_ready", ready_2, 0}, {"oscillator3_ready", ready_3, 0},
    {"oscillator4_ready", ready_4, 0}, {"oscillator5_ready", ready_5, 0},
    {"oscillator6_ready", ready_6, 0}, {"oscillator7_ready", ready_7, 0},
    {"oscillator8_ready", ready_8, 0},
};

void stm32_rcc_follow(struct mote_device *dev)
{
    const struct stm32_rcc *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->chip->oscillator_count; i++) {
        const struct stm32_oscillator *osc = oscillator(rcc, i);
        uint32_t *reg = &mote_reg(dev, osc->reg);
        bool exists = osc->hz_property == NULL || rcc->hz[i] != 0;
        bool on = (*reg & osc->on) || (i == 0 && rcc->lsi_forced);
        if (!on) {
            mote_event_cancel(dev, i);
            *reg &= ~osc->ready;
        } else if (!exists) {
            mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                     "an oscillator never gets ready: the board has none (%s)", osc->hz_property);
        } else if (!(*reg & osc->ready) && !mote_event_armed(dev, i)) {
            mote_event_after(dev, i, rcc->startup_ps[i]);
        }
    }
    rcc->chip->switch_sysclk(dev);
    stm32_rcc_update(dev);
}

/* ---- what consumers hold -----------------------------------------------------------------------
 */

static uint64_t output_hz(struct mote_device *dev, const struct stm32_rcc_output *output)
{
    const struct stm32_rcc *rcc = dev->state;
    const struct stm32_rcc_chip *chip = rcc->chip;
    if (output->gate != 0 &&
        !(mote_reg(dev, chip->enables[output->gate - 1].reg) & output->gate_mask))
        return 0;
    if (output->source != CLK_NONE)
        return chip->hz(dev, output->source);
    const struct stm32_mux *mux = &chip->muxes[output->mux];
    uint32_t reg = mote_reg(dev, mux->reg);
    if (mux->reg == chip->rtc_reg && !(reg & RTCEN))
        return 0;
    return chip->hz(dev, mux->source[stm32_field(reg, mux->lsb, mux->width)]);
}

void stm32_rcc_update(struct mote_device *dev)
{
    struct stm32_rcc *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++)
        mote_clock_set_hz(rcc->outputs[i].clock, output_hz(dev, &rcc->outputs[i]));
}

static struct mote_clock *add_output(struct mote_device *dev, const char *name,
                                     const struct stm32_rcc_output *wanted)
{
    struct stm32_rcc *rcc = dev->state;
    for (uint32_t i = 0; i < rcc->output_count; i++) {
        const struct stm32_rcc_output *old = &rcc->outputs[i];
        if (old->gate == wanted->gate && old->gate_mask == wanted->gate_mask &&
            old->source == wanted->source && old->mux == wanted->mux)
            return old->clock;
    }
    if (rcc->output_count == STM32_RCC_OUTPUTS)
        return NULL;
    struct stm32_rcc_output *output = &rcc->outputs[rcc->output_count];
    *output = *wanted;
    output->clock = mote_clock_add(dev, name);
    if (output->clock == NULL)
        return NULL;
    rcc->output_count++;
    return output->clock;
}

bool stm32_rcc_add_fixed(struct mote_device *dev, const char *name, uint32_t source)
{
    const struct stm32_rcc_output wanted = {.source = (uint8_t)source};
    return add_output(dev, name, &wanted) != NULL;
}

static struct mote_clock *gate_clock(struct mote_device *dev, uint32_t row, uint32_t mask)
{
    const struct stm32_rcc *rcc = dev->state;
    const struct stm32_enable *enable = &rcc->chip->enables[row];
    bool timer = (mask & enable->timers) != 0;
    const struct stm32_rcc_output wanted = {
        .gate = (uint8_t)(row + 1),
        .gate_mask = mask,
        .source = timer ? enable->timer_source : enable->source,
    };
    char name[48];
    snprintf(name, sizeof name, "%s.0x%x", dev->cls->regs[enable->reg].name, mask);
    return add_output(dev, name, &wanted);
}

struct mote_clock *stm32_rcc_clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct stm32_rcc *rcc = dev->state;
    const struct stm32_rcc_chip *chip = rcc->chip;
    if (count < 2)
        return NULL;
    for (uint32_t row = 0; row < chip->enable_count; row++)
        if (chip->enables[row].offset == cells[0])
            return cells[1] != 0 ? gate_clock(dev, row, cells[1]) : NULL;
    struct stm32_rcc_output wanted = {0};
    char name[48];
    snprintf(name, sizeof name, "clock.0x%x.0x%x", cells[0], cells[1]);
    if (cells[0] == 0x1000) {
        if (cells[1] == CLK_NONE || cells[1] > CLK_RTC_HSE)
            return NULL;
        wanted.source = (uint8_t)cells[1];
        return add_output(dev, name, &wanted);
    }
    uint32_t lsb = cells[1] >> 16 & 31;
    while (wanted.mux < chip->mux_count && (chip->muxes[wanted.mux].offset != (cells[1] & 0xFFFF) ||
                                            chip->muxes[wanted.mux].lsb != lsb))
        wanted.mux++;
    return wanted.mux < chip->mux_count ? add_output(dev, name, &wanted) : NULL;
}

/* ---- store hooks -------------------------------------------------------------------------------
 */

void stm32_rcc_store_clocks(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32_rcc_update(dev);
}

void stm32_rcc_store_switches(struct mote_device *dev, uint32_t element, uint32_t old,
                              uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32_rcc_follow(dev);
}

/* One hook for all reset registers: what changed against the last look is reset. */
void stm32_rcc_store_resets(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)old, (void)written;
    struct stm32_rcc *rcc = dev->state;
    for (uint32_t row = 0; row < rcc->chip->enable_count; row++) {
        uint32_t changed = rcc->held[row] ^ mote_reg(dev, rcc->chip->enables[row].reset_reg);
        rcc->held[row] ^= changed;
        for (uint32_t i = 0; i < rcc->output_count && changed != 0; i++) {
            const struct stm32_rcc_output *output = &rcc->outputs[i];
            if (output->gate == row + 1 && (output->gate_mask & changed))
                mote_clock_reset_consumers(output->clock);
        }
    }
}

void stm32_rcc_init(struct mote_device *dev, const struct stm32_rcc_chip *chip)
{
    struct stm32_rcc *rcc = dev->state;
    rcc->chip = chip;
    for (uint32_t i = 0; i < chip->oscillator_count; i++) {
        const struct stm32_oscillator *osc = &chip->oscillators[i];
        rcc->startup_ps[i] = 1000ull * mote_prop_u32(dev, osc->startup_property, 0);
        if (osc->hz_property != NULL)
            rcc->hz[i] = mote_prop_u32(dev, osc->hz_property, 0);
    }
}
