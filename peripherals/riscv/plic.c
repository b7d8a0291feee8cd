/* Platform-level interrupt controller (PLIC), one target: machine mode of hart 0.
 *
 * Document: RISC-V Platform-Level Interrupt Controller Specification 1.0.0.
 * Modelled: sources 1 to 127 with 3-bit priorities, pending, enable, threshold, claim and complete;
 * level-triggered gateways (a source is not forwarded again until it was completed).
 * Not modelled: further targets (supervisor mode, other harts), edge-triggered gateways.
 * Property: riscv,ndev, the number of sources. Inputs: irq[n], source n. Output: irq, mip.MEIP. */
#include <mote/device.h>

enum { PRIORITY, PENDING, ENABLE, THRESHOLD, CLAIM, ROWS };
enum { EVENT_LEVELS };
enum { SOURCES = 128, WORDS = SOURCES / 32 };

struct plic {
    uint32_t sources;           /* riscv,ndev + 1 */
    uint32_t level[WORDS];      /* of the wires */
    uint32_t in_service[WORDS]; /* claimed and not completed */
};

static bool is_set(const uint32_t *words, uint32_t source)
{
    return words[source / 32] >> (source % 32) & 1;
}

/* The highest priority wins, then the lowest number. 0: none. */
static uint32_t best_source(struct mote_device *dev, uint32_t above)
{
    const struct plic *plic = dev->state;
    uint32_t best = 0, best_priority = above;
    for (uint32_t source = 1; source < plic->sources; source++) {
        uint32_t bit = 1u << (source % 32), word = source / 32;
        if (!(mote_reg_at(dev, PENDING, word) & mote_reg_at(dev, ENABLE, word) & bit))
            continue;
        if (mote_reg_at(dev, PRIORITY, source) > best_priority) {
            best_priority = mote_reg_at(dev, PRIORITY, source);
            best = source;
        }
    }
    return best;
}

static void update(struct mote_device *dev)
{
    const struct plic *plic = dev->state;
    for (uint32_t word = 0; word < WORDS; word++)
        mote_reg_at(dev, PENDING, word) |= plic->level[word] & ~plic->in_service[word];
    mote_wire_set(dev, 0, best_source(dev, mote_reg(dev, THRESHOLD)) != 0);
}

static void store_setting(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

/* Claiming ignores the threshold. */
static uint32_t load_claim(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    struct plic *plic = dev->state;
    uint32_t source = best_source(dev, 0);
    if (source != 0) {
        mote_reg_at(dev, PENDING, source / 32) &= ~(1u << (source % 32));
        plic->in_service[source / 32] |= 1u << (source % 32);
        update(dev);
    }
    return source;
}

/* Completing a source that is not enabled is ignored. */
static void store_claim(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct plic *plic = dev->state;
    if (written >= plic->sources)
        return;
    uint32_t bit = 1u << (written % 32);
    if (mote_reg_at(dev, ENABLE, written / 32) & bit)
        plic->in_service[written / 32] &= ~bit;
    update(dev);
}

static const struct mote_reg regs[ROWS] = {
    [PRIORITY] =
        {.name = "priority[%u]", .offset = 0, .rw = 7, .count = SOURCES, .store = store_setting},
    [PENDING] = {.name = "pending[%u]", .offset = 0x1000, .ro = ~0u, .count = WORDS},
    [ENABLE] =
        {.name = "enable[%u]", .offset = 0x2000, .rw = ~0u, .count = WORDS, .store = store_setting},
    [THRESHOLD] = {.name = "threshold", .offset = 0x200000, .rw = 7, .store = store_setting},
    [CLAIM] =
        {.name = "claim", .offset = 0x200004, .rw = ~0u, .load = load_claim, .store = store_claim},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct plic *plic = dev->state;
    uint32_t sources = mote_prop_u32(dev, "riscv,ndev", SOURCES - 1);
    if (sources >= SOURCES)
        return mote_err_set(err, "riscv,ndev is %u; at most %u sources are modelled", sources,
                            SOURCES - 1);
    plic->sources = sources + 1;
    return true;
}

/* Devices may be reset after the PLIC: what their wires said before would become pending. */
static void reset(struct mote_device *dev)
{
    struct plic *plic = dev->state;
    for (uint32_t word = 0; word < WORDS; word++)
        plic->in_service[word] = plic->level[word] = 0;
    update(dev);
    mote_event_after(dev, EVENT_LEVELS, 0);
}

/* The wires as they are once every device was reset. */
static void read_levels(struct mote_device *dev)
{
    struct plic *plic = dev->state;
    for (uint32_t source = 1; source < plic->sources; source++)
        if (mote_wire_input(dev, source) == 1)
            plic->level[source / 32] |= 1u << (source % 32);
    update(dev);
}

static const struct mote_event_desc events[] = {[EVENT_LEVELS] = {"levels", read_levels, 0}};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct plic *plic = dev->state;
    uint32_t bit = 1u << (index % 32);
    if (index == 0 || index >= plic->sources)
        return;
    if (level == 1)
        plic->level[index / 32] |= bit;
    else
        plic->level[index / 32] &= ~bit;
    if (level == 1 && !is_set(plic->in_service, index))
        update(dev);
}

const struct mote_device_class mote_class_plic = {
    .name = "plic",
    .summary = "RISC-V platform-level interrupt controller",
    .compatibles = {"sifive,plic-1.0.0", "riscv,plic0"},
    .state_bytes = sizeof(struct plic),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x4000000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .inputs = {{"irq", SOURCES}},
    .outputs = {{"irq", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
};
