/* Registers of the NVIC: set and clear enable and pending, active, priorities, STIR.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.4. Register n of a group holds interrupts 32n to 32n+31. */
#include "core.h"

enum {
    NVIC_ISER,
    NVIC_ICER,
    NVIC_ISPR,
    NVIC_ICPR,
    NVIC_IABR,
    NVIC_ITNS,
    NVIC_IPR,
    NVIC_STIR,
    NVIC_ROWS
};

static struct arm_cpu *cpu_of(struct mote_device *dev)
{
    return &arm_core_of_child(dev)->cpu;
}

/* Interrupts 32k to 32k+31 lie half in one word of a map and half in the next. */
static uint32_t get_word(const uint32_t *map, uint32_t k)
{
    uint32_t high = k + 1 < ARM_EXCEPTION_WORDS ? map[k + 1] << 16 : 0;
    return map[k] >> 16 | high;
}

static uint32_t load_enabled(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return get_word(cpu_of(dev)->nvic->enabled, element);
}

static uint32_t load_pending(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return get_word(cpu_of(dev)->nvic->pending, element);
}

static uint32_t load_active(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    const struct arm_cpu *cpu = cpu_of(dev);
    return cpu->features & ARM_HAS_THUMB2 ? get_word(cpu->nvic->active, element) : 0;
}

/* Calls `change` for each interrupt that has a one in `written` and exists. */
static void for_each(struct arm_cpu *cpu, uint32_t element, uint32_t written,
                     void (*change)(struct arm_cpu *cpu, uint32_t n))
{
    for (; written != 0; written &= written - 1) {
        uint32_t line = 32 * element + (uint32_t)__builtin_ctz(written);
        if (line < cpu->nvic->lines)
            change(cpu, ARM_EXC_EXTERNAL + line);
    }
    arm_nvic_update(cpu);
}

static void enable(struct arm_cpu *cpu, uint32_t n)
{
    arm_bit_set(cpu->nvic->enabled, n);
}

static void disable(struct arm_cpu *cpu, uint32_t n)
{
    arm_bit_clear(cpu->nvic->enabled, n);
}

static void store_iser(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(cpu_of(dev), element, written, enable);
}

static void store_icer(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(cpu_of(dev), element, written, disable);
}

static void store_ispr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(cpu_of(dev), element, written, arm_set_pending);
}

static void store_icpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(cpu_of(dev), element, written, arm_clear_pending);
}

static void store_ipr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    uint32_t value = mote_reg_at(dev, NVIC_IPR, element);
    value &= cpu->nvic->priority_mask * 0x01010101u;
    for (uint32_t i = 0; i < 4; i++) {
        if (4 * element + i >= cpu->nvic->lines)
            value &= ~(0xFFu << (8 * i));
        cpu->nvic->priority[ARM_EXC_EXTERNAL + 4 * element + i] = (uint8_t)(value >> (8 * i));
    }
    mote_reg_at(dev, NVIC_IPR, element) = value;
    arm_nvic_update(cpu);
}

static void store_stir(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct arm_cpu *cpu = cpu_of(dev);
    if ((cpu->features & ARM_HAS_THUMB2) && (written & 0x1FF) < cpu->nvic->lines)
        arm_set_pending(cpu, ARM_EXC_EXTERNAL + (written & 0x1FF));
}

enum { WORDS = ARM_MAX_LINES / 32 };

/* Offsets from 0xE000E100. */
static const struct mote_reg nvic_regs[NVIC_ROWS] = {
    [NVIC_ISER] = {.name = "ISER[%u]",
                   .offset = 0x000,
                   .rw = ~0u,
                   .count = WORDS,
                   .load = load_enabled,
                   .store = store_iser},
    [NVIC_ICER] = {.name = "ICER[%u]",
                   .offset = 0x080,
                   .rw = ~0u,
                   .count = WORDS,
                   .load = load_enabled,
                   .store = store_icer},
    [NVIC_ISPR] = {.name = "ISPR[%u]",
                   .offset = 0x100,
                   .rw = ~0u,
                   .count = WORDS,
                   .load = load_pending,
                   .store = store_ispr},
    [NVIC_ICPR] = {.name = "ICPR[%u]",
                   .offset = 0x180,
                   .rw = ~0u,
                   .count = WORDS,
                   .load = load_pending,
                   .store = store_icpr},
    [NVIC_IABR] =
        {.name = "IABR[%u]", .offset = 0x200, .ro = ~0u, .count = WORDS, .load = load_active},
    /* Security Extension only: without it they read 0 and ignore writes. */
    [NVIC_ITNS] = {.name = "ITNS[%u]", .offset = 0x280, .ro = ~0u, .count = WORDS},
    [NVIC_IPR] = {.name = "IPR[%u]",
                  .offset = 0x300,
                  .rw = ~0u,
                  .count = ARM_MAX_LINES / 4,
                  .store = store_ipr},
    [NVIC_STIR] = {.name = "STIR", .offset = 0xE00, .wo = 0x1FF, .store = store_stir},
};

static bool nvic_attach(struct mote_device *dev, struct mote_err *err)
{
    return mote_window_add(dev, 0xE000EF00u, 4, 0xE00, err);
}

const struct mote_device_class arm_class_nvic = {
    .name = "arm_nvic",
    .summary = "nested vectored interrupt controller of an M-profile core",
    .regs = nvic_regs,
    .reg_count = NVIC_ROWS,
    .window_bytes = 0xC00,
    .attach = nvic_attach,
};
