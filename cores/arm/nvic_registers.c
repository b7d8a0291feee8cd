/* Registers of the NVIC: set and clear enable and pending, active, priorities, STIR.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.4; Armv8-M ARM (DDI 0553) D1.2 for ITNS. Register n of a
 * group holds interrupts 32n to 32n+31. Non-secure code sees those that target its state only. */
#include "security.h"

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

/* The interrupts of a register that who looks at this device may see. */
static uint32_t visible(const struct mote_device *dev, uint32_t element)
{
    const struct arm_core *core = arm_core_of_child(dev);
    bool all = core->security == NULL || !(dev->base & ARM_NS_ALIAS);
    return all ? ~0u : get_word(core->security->non_secure, element);
}

static uint32_t load_enabled(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return get_word(cpu_of(dev)->nvic->enabled, element) & visible(dev, element);
}

static uint32_t load_pending(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return get_word(cpu_of(dev)->nvic->pending, element) & visible(dev, element);
}

static uint32_t load_active(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    const struct arm_cpu *cpu = cpu_of(dev);
    bool mainline = cpu->features & ARM_HAS_THUMB2;
    return mainline ? get_word(cpu->nvic->active, element) & visible(dev, element) : 0;
}

/* Calls `change` for each interrupt that has a one in `written` and exists. */
static void for_each(struct mote_device *dev, uint32_t element, uint32_t written,
                     void (*change)(struct arm_cpu *cpu, uint32_t n))
{
    struct arm_cpu *cpu = cpu_of(dev);
    for (written &= visible(dev, element); written != 0; written &= written - 1) {
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
    for_each(dev, element, written, enable);
}

static void store_icer(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(dev, element, written, disable);
}

static void store_ispr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(dev, element, written, arm_set_pending);
}

static void store_icpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    for_each(dev, element, written, arm_clear_pending);
}

static bool may_set_priority(const struct mote_device *dev, uint32_t line)
{
    return line < arm_core_of_child(dev)->nvic.lines &&
           (visible(dev, line / 32) >> (line % 32) & 1);
}

/* What both views of the NVIC hold of priorities follows from the one array. */
static void keep_priorities(struct mote_device *dev, uint32_t element)
{
    struct arm_core *core = arm_core_of_child(dev);
    struct mote_device *const views[] = {core->nvic_dev, core->nvic_ns};
    for (uint32_t view = 0; view < 2 && views[view] != NULL; view++) {
        uint32_t value = 0;
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t line = 4 * element + i;
            if (may_set_priority(views[view], line))
                value |= (uint32_t)core->nvic.priority[ARM_EXC_EXTERNAL + line] << (8 * i);
        }
        mote_reg_at(views[view], NVIC_IPR, element) = value;
    }
}

static void store_ipr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    uint32_t value = mote_reg_at(dev, NVIC_IPR, element);
    value &= cpu->nvic->priority_mask * 0x01010101u;
    for (uint32_t i = 0; i < 4; i++) {
        if (!may_set_priority(dev, 4 * element + i))
            continue;
        cpu->nvic->priority[ARM_EXC_EXTERNAL + 4 * element + i] = (uint8_t)(value >> (8 * i));
    }
    arm_nvic_update(cpu);
    keep_priorities(dev, element);
}

static void store_stir(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct arm_cpu *cpu = cpu_of(dev);
    uint32_t line = written & 0x1FF;
    if ((cpu->features & ARM_HAS_THUMB2) && line < cpu->nvic->lines &&
        (visible(dev, line / 32) >> (line % 32) & 1))
        arm_set_pending(cpu, ARM_EXC_EXTERNAL + line);
}

/* Security Extension only: without it they read 0 and ignore writes. */
static uint32_t load_itns(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    const struct arm_core *core = arm_core_of_child(dev);
    return arm_secure_view(dev) ? get_word(core->security->non_secure, element) : 0;
}

static void store_itns(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    struct arm_core *core = arm_core_of_child(dev);
    uint32_t value = mote_reg_at(dev, NVIC_ITNS, element);
    (void)written;
    if (!arm_secure_view(dev)) {
        mote_reg_at(dev, NVIC_ITNS, element) = 0;
        return;
    }
    for (uint32_t i = 0; i < 32 && 32 * element + i < core->nvic.lines; i++) {
        uint32_t n = ARM_EXC_EXTERNAL + 32 * element + i;
        if (value >> i & 1)
            arm_bit_set(core->security->non_secure, n);
        else
            arm_bit_clear(core->security->non_secure, n);
    }
    mote_reg_at(dev, NVIC_ITNS, element) = get_word(core->security->non_secure, element);
    for (uint32_t i = 0; i < 8; i++)
        keep_priorities(dev, 8 * element + i);
    arm_nvic_update(&core->cpu);
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
    [NVIC_ITNS] = {.name = "ITNS[%u]",
                   .offset = 0x280,
                   .rw = ~0u,
                   .count = WORDS,
                   .load = load_itns,
                   .store = store_itns},
    [NVIC_IPR] = {.name = "IPR[%u]",
                  .offset = 0x300,
                  .rw = ~0u,
                  .count = ARM_MAX_LINES / 4,
                  .store = store_ipr},
    [NVIC_STIR] = {.name = "STIR", .offset = 0xE00, .wo = 0x1FF, .store = store_stir},
};

static bool nvic_attach(struct mote_device *dev, struct mote_err *err)
{
    return mote_window_add(dev, dev->base + 0xE00, 4, 0xE00, err);
}

const struct mote_device_class arm_class_nvic = {
    .name = "arm_nvic",
    .summary = "nested vectored interrupt controller of an M-profile core",
    .regs = nvic_regs,
    .reg_count = NVIC_ROWS,
    .window_bytes = 0xC00,
    .attach = nvic_attach,
};
