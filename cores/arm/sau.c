/* Security attribution: SAU, the IDAU that the board describes, SFSR and SFAR.
 *
 * Document: Armv8-M ARM (DDI 0553) B8 and the pseudocode of SecurityCheck, D1.2.
 * The IDAU is part of the chip: property mote,idau of the cpu node, four cells a range: base,
 * bytes, attribute (0 Non-secure, 1 Secure and Non-secure callable, 2 Secure) and region number for
 * TT, or 0xffffffff for none. Addresses in no range are Non-secure. */
#include "security.h"

enum { CTRL_ENABLE = 1, CTRL_ALLNS = 2 };
enum { RLAR_ENABLE = 1, RLAR_NSC = 2 };
enum { SAU_CTRL, SAU_TYPE, SAU_RNR, SAU_RBAR, SAU_RLAR, SAU_SFSR, SAU_SFAR, SAU_ROWS };
#define NO_REGION 0xFFFFFFFFu

/* ---- attribution ------------------------------------------------------------------------------
 */

/* The private peripheral bus, and fetches from the system space, have the state of who asks. */
static bool is_exempt(uint32_t address, bool fetch)
{
    return address >> 20 == 0xE00 || (fetch && address >> 29 == 7);
}

static void ask_sau(const struct arm_core *core, uint32_t address, struct arm_attributes *at)
{
    const struct arm_security *security = core->security;
    uint32_t ctrl = mote_reg(core->sau, SAU_CTRL);
    if (!(ctrl & CTRL_ENABLE)) {
        at->secure = !(ctrl & CTRL_ALLNS);
        return;
    }
    uint32_t hits = 0;
    for (uint32_t i = 0; i < security->sau_regions; i++) {
        uint32_t rlar = security->rlar[i];
        if (!(rlar & RLAR_ENABLE) || address < security->rbar[i] || address > (rlar | 0x1F))
            continue;
        hits++;
        at->secure = at->callable = rlar & RLAR_NSC;
        at->sregion_valid = true;
        at->sregion = (uint8_t)i;
    }
    if (hits > 1) /* regions must not overlap */
        *at = (struct arm_attributes){.secure = true};
}

struct arm_attributes arm_attribution(const struct arm_cpu *cpu, uint32_t address, bool fetch,
                                      bool secure)
{
    const struct arm_core *core = arm_core_of(cpu);
    const struct arm_security *security = core->security;
    struct arm_attributes at = {.secure = true};
    if (fetch && address >> 28 == 0xF)
        return at;
    if (is_exempt(address, fetch)) {
        at.secure = secure;
        return at;
    }
    ask_sau(core, address, &at);
    for (uint32_t i = 0; i < security->idau_count; i++) {
        const struct arm_idau_range *range = &security->idau[i];
        if (address - range->base >= range->bytes)
            continue;
        at.iregion_valid = range->region != NO_REGION;
        at.iregion = at.iregion_valid ? (uint8_t)range->region : 0;
        /* What is more secure wins. */
        bool callable = range->attribute == ARM_IDAU_CALLABLE;
        if (range->attribute != ARM_IDAU_NON_SECURE && (!at.secure || (at.callable && !callable))) {
            at.secure = true;
            at.callable = callable;
        }
        break;
    }
    return at;
}

void arm_note_secure_fault(struct arm_core *core, uint32_t sfsr)
{
    mote_reg(core->sau, SAU_SFSR) |= sfsr;
    if (sfsr & ARM_SFSR_SFARVALID)
        mote_reg(core->sau, SAU_SFAR) = core->cpu.fault_address;
}

uint32_t arm_sfsr(const struct arm_core *core)
{
    return core->security != NULL ? mote_reg(core->sau, SAU_SFSR) : 0;
}

uint32_t arm_sfar(const struct arm_core *core)
{
    return mote_reg(core->sau, SAU_SFAR);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static uint32_t load_type(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return arm_core_of_child(dev)->security_unit->sau_regions;
}

static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    arm_update_access(&arm_core_of_child(dev)->cpu);
}

/* RBAR or RLAR of the region that RNR selects; NULL: it has no such region. */
static uint32_t *selected(struct mote_device *dev, uint32_t *array)
{
    uint32_t number = mote_reg(dev, SAU_RNR);
    return number < arm_core_of_child(dev)->security_unit->sau_regions ? &array[number] : NULL;
}

static uint32_t load_rbar(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const uint32_t *rbar = selected(dev, arm_core_of_child(dev)->security_unit->rbar);
    return rbar != NULL ? *rbar : 0;
}

static uint32_t load_rlar(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const uint32_t *rlar = selected(dev, arm_core_of_child(dev)->security_unit->rlar);
    return rlar != NULL ? *rlar : 0;
}

static void store_rbar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    uint32_t *rbar = selected(dev, arm_core_of_child(dev)->security_unit->rbar);
    if (rbar != NULL)
        *rbar = mote_reg(dev, SAU_RBAR);
    arm_update_access(&arm_core_of_child(dev)->cpu);
}

static void store_rlar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    uint32_t *rlar = selected(dev, arm_core_of_child(dev)->security_unit->rlar);
    if (rlar != NULL)
        *rlar = mote_reg(dev, SAU_RLAR);
    arm_update_access(&arm_core_of_child(dev)->cpu);
}

/* Offsets from 0xE000EDD0. */
static const struct mote_reg sau_regs[SAU_ROWS] = {
    [SAU_CTRL] = {.name = "SAU_CTRL", .offset = 0x00, .rw = 3, .store = store_ctrl},
    [SAU_TYPE] = {.name = "SAU_TYPE", .offset = 0x04, .ro = 0xFF, .load = load_type},
    [SAU_RNR] = {.name = "SAU_RNR", .offset = 0x08, .rw = 0xFF},
    [SAU_RBAR] = {.name = "SAU_RBAR",
                  .offset = 0x0C,
                  .rw = 0xFFFFFFE0u,
                  .load = load_rbar,
                  .store = store_rbar},
    [SAU_RLAR] = {.name = "SAU_RLAR",
                  .offset = 0x10,
                  .rw = 0xFFFFFFE3u,
                  .load = load_rlar,
                  .store = store_rlar},
    [SAU_SFSR] = {.name = "SFSR", .offset = 0x14, .w1c = 0xFF},
    [SAU_SFAR] = {.name = "SFAR", .offset = 0x18, .rw = ~0u},
};

const struct mote_device_class arm_class_sau = {
    .name = "arm_sau",
    .summary = "security attribution unit of an Armv8-M core",
    .regs = sau_regs,
    .reg_count = SAU_ROWS,
    .window_bytes = 0x1C,
};
