#include "_stm32_exti.h"

static const struct stm32_exti_chip *chip_of(const struct mote_device *dev)
{
    return ((const struct stm32_exti *)dev->state)->chip;
}

/* The register for a line, and the line's bit in it. */
static uint32_t *reg_of(struct mote_device *dev, uint32_t row, uint32_t line)
{
    return &mote_reg(dev, row + line / 32 * chip_of(dev)->bank);
}

static uint64_t all_of(struct mote_device *dev, uint32_t row)
{
    uint32_t bank = chip_of(dev)->bank;
    uint64_t high = bank != 0 ? mote_reg(dev, row + bank) : 0;
    return high << 32 | mote_reg(dev, row);
}

void stm32_exti_update(struct mote_device *dev)
{
    const struct stm32_exti_chip *chip = chip_of(dev);
    uint64_t pending =
        (all_of(dev, chip->rising) | all_of(dev, chip->falling)) & all_of(dev, chip->imr);
    for (uint32_t i = 0; i < chip->vector_count; i++)
        mote_wire_set(dev, i, (pending & chip->vectors[i]) != 0);
}

void stm32_exti_trigger(struct mote_device *dev, uint32_t line, bool rising)
{
    const struct stm32_exti_chip *chip = chip_of(dev);
    uint32_t bit = 1u << line % 32;
    *reg_of(dev, rising ? chip->rising : chip->falling, line) |= bit;
    if (*reg_of(dev, chip->emr, line) & bit)
        mote_wire_pulse(dev, chip->vector_count);
    stm32_exti_update(dev);
}

void stm32_exti_level(struct mote_device *dev, uint32_t line, bool level)
{
    struct stm32_exti *exti = dev->state;
    uint64_t bit = 1ull << line;
    if (((exti->levels & bit) != 0) == level)
        return;
    exti->levels ^= bit;
    uint32_t edges = *reg_of(dev, level ? exti->chip->rtsr : exti->chip->ftsr, line);
    if (edges >> line % 32 & 1)
        stm32_exti_trigger(dev, line, level);
}

void stm32_exti_input(struct mote_device *dev, uint32_t line, int level)
{
    stm32_exti_level(dev, line, level == 1);
}

void stm32_exti_reset(struct mote_device *dev)
{
    struct stm32_exti *exti = dev->state;
    exti->levels = 0;
    for (uint32_t line = 0; line < exti->chip->input_count; line++)
        exti->levels |= (uint64_t)(mote_wire_input(dev, line) == 1) << line;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

void stm32_exti_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32_exti_update(dev);
}

void stm32_exti_store_swier(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)old;
    uint32_t row = chip_of(dev)->swier, lines = written & dev->cls->regs[row].w1s;
    mote_reg(dev, row) = 0;
    for (uint32_t line = 0; line < 32; line++)
        if (lines >> line & 1)
            stm32_exti_trigger(dev, line, true);
}

void stm32_exti_store_latched(struct mote_device *dev, uint32_t bank, uint32_t old)
{
    const struct stm32_exti_chip *chip = chip_of(dev);
    uint32_t first = 32 * bank;
    uint32_t enabled = *reg_of(dev, chip->imr, first) | *reg_of(dev, chip->emr, first);
    uint32_t rising = *reg_of(dev, chip->swier, first) & ~old & enabled;
    for (uint32_t i = 0; i < 32; i++)
        if (rising >> i & 1)
            stm32_exti_trigger(dev, first + i, true);
}

void stm32_exti_store_pending(struct mote_device *dev, uint32_t bank, uint32_t written)
{
    *reg_of(dev, chip_of(dev)->swier, 32 * bank) &= ~written;
    stm32_exti_update(dev);
}

/* ---- ports -------------------------------------------------------------------------------------
 */

int stm32_exticr_level(const struct mote_device *dev, const uint32_t *exticr, uint32_t bits,
                       uint32_t ports, uint32_t line)
{
    uint32_t port = exticr[line / 4] >> bits * (line % 4) & ((1u << bits) - 1);
    if (port >= ports)
        return -1;
    return mote_wire_input(dev, port * STM32_EXTI_PIN_LINES + line) == 1;
}

void stm32_exticr_drive(struct mote_device *dev, const uint32_t *exticr, uint32_t ports,
                        uint32_t line)
{
    mote_wire_set(dev, line, stm32_exticr_level(dev, exticr, 4, ports, line) == 1);
}
