/* Memory Protection Unit: PMSAv7 (Armv6-M and Armv7-M) and PMSAv8 (Armv8-M).
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.5; Armv8-M ARM (DDI 0553) B7, and B8 for what comes before
 * it with the Security Extension, which has an MPU for each state.
 * Modelled: regions, subregions, access permissions, execute-never, PRIVDEFENA, HFNMIENA.
 * Not modelled: memory attributes (TEX, C, B, S, MAIR), which are kept only. */
#include "security.h"

enum { MPU_TYPE, MPU_CTRL, MPU_RNR, MPU_WINDOW, MPU_MAIR };
enum { CTRL_ENABLE = 1, CTRL_HFNMIENA = 2, CTRL_PRIVDEFENA = 4 };
enum { RBAR_VALID = 1 << 4 };

/* The regions, beside the registers that select them. */
struct regions {
    uint32_t rbar[ARM_MAX_MPU_REGIONS], rasr[ARM_MAX_MPU_REGIONS];
};

static struct arm_core *core_of(const struct mote_device *dev)
{
    return arm_core_of_child(dev);
}

/* ---- checking ---------------------------------------------------------------------------------
 */

static bool default_forbids(uint32_t address, bool fetch)
{
    return fetch && ((address >= 0x40000000u && address < 0x60000000u) || address >= 0xA0000000u);
}

/* Whether the region holds the address; subregions that are switched off do not. The smallest
 * region is of 32 bytes, on Armv6-M of 256. */
static bool v7_hit(uint32_t rbar, uint32_t rasr, uint32_t address, bool armv6m)
{
    uint32_t log2 = (rasr >> 1 & 0x1F) + 1;
    if (!(rasr & 1) || log2 < (armv6m ? 8 : 5))
        return false;
    uint64_t size = 1ull << log2;
    uint32_t base = rbar & (uint32_t) ~(size - 1) & ~0x1Fu;
    if (address - base >= size)
        return false;
    uint32_t subregion = log2 >= 8 ? (address - base) >> (log2 - 3) : 0;
    return log2 < 8 || !(rasr >> (8 + subregion) & 1);
}

static bool v7_allows(uint32_t rasr, bool store, bool fetch, bool privileged)
{
    if (fetch && (rasr >> 28 & 1))
        return false;
    switch (rasr >> 24 & 7) {
    case 1:
        return privileged;
    case 2:
        return privileged || !store;
    case 3:
        return true;
    case 5:
        return privileged && !store;
    case 6:
    case 7:
        return !store;
    default:
        return false;
    }
}

static bool v8_hit(uint32_t rbar, uint32_t rlar, uint32_t address)
{
    return (rlar & 1) && address >= (rbar & ~0x1Fu) && address <= (rlar | 0x1Fu);
}

static bool v8_allows(uint32_t rbar, bool store, bool fetch, bool privileged)
{
    if (fetch && (rbar & 1))
        return false;
    return (privileged || (rbar & 2)) && !(store && (rbar & 4));
}

enum arm_fault arm_mpu_check(const struct arm_cpu *cpu, bool secure, uint32_t address, bool store,
                             bool fetch, bool privileged)
{
    const struct arm_core *core = arm_core_of(cpu);
    struct mote_device *mpu = arm_mpu_of(core, secure);
    const struct regions *regions = mpu->state;
    enum arm_fault violation = fetch ? ARM_FAULT_IACCVIOL : ARM_FAULT_DACCVIOL;
    uint32_t ctrl = mote_reg(mpu, MPU_CTRL);
    bool by_default = !(ctrl & CTRL_ENABLE);
    if (address >= 0xE0000000u && address < 0xE0100000u && !fetch)
        return ARM_FAULT_NONE; /* the private peripheral bus has its own rules */
    if (!(ctrl & CTRL_HFNMIENA) && (core->security == NULL ? arm_negative_priority(cpu)
                                                           : arm_negative_priority_of(cpu, secure)))
        by_default = true;
    if (by_default)
        return default_forbids(address, fetch) ? violation : ARM_FAULT_NONE;
    bool v8 = cpu->features & ARM_HAS_V8M, v6 = !(cpu->features & ARM_HAS_THUMB2);
    uint32_t hits = 0;
    bool allowed = false;
    /* The highest-numbered region decides; on Armv8-M regions must not overlap. */
    for (uint32_t i = 0; i < core->mpu_regions; i++) {
        uint32_t rbar = regions->rbar[i], attributes = regions->rasr[i];
        if (v8 ? !v8_hit(rbar, attributes, address) : !v7_hit(rbar, attributes, address, v6))
            continue;
        hits++;
        allowed = v8 ? v8_allows(rbar, store, fetch, privileged)
                     : v7_allows(attributes, store, fetch, privileged);
    }
    if (hits == 0)
        allowed = (ctrl & CTRL_PRIVDEFENA) && privileged;
    else if (v8 && hits > 1)
        allowed = false;
    return allowed && !default_forbids(address, fetch) ? ARM_FAULT_NONE : violation;
}

static enum arm_fault data_fault(const struct arm_cpu *cpu, uint32_t address, bool store)
{
    const struct arm_core *core = arm_core_of(cpu);
    if (core->security != NULL && !cpu->secure &&
        arm_attribution(cpu, address, false, false).secure)
        return ARM_FAULT_AUVIOL;
    bool privileged = arm_privileged(cpu) && !cpu->unprivileged;
    return arm_mpu_check(cpu, cpu->secure, address, store, false, privileged);
}

enum arm_fault arm_data_check(struct arm_cpu *cpu, uint32_t address, bool store)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t granule = address >> 5, i = granule % ARM_DATA_GRANULES;
    if (cpu->unprivileged)
        return data_fault(cpu, address, store);
    if (core->data_granule[store][i].granule == granule &&
        core->data_granule[store][i].epoch == core->access_epoch)
        return ARM_FAULT_NONE;
    enum arm_fault fault = data_fault(cpu, address, store);
    if (fault == ARM_FAULT_NONE) {
        core->data_granule[store][i].granule = granule;
        core->data_granule[store][i].epoch = core->access_epoch;
    }
    return fault;
}

/* A place that is Secure and callable lets Non-secure code in where SG stands. What is fetched is
 * the business of the MPU of the state that the address belongs to. */
static enum arm_fault fetch_fault(const struct arm_cpu *cpu, uint32_t address, bool is_sg)
{
    const struct arm_core *core = arm_core_of(cpu);
    bool secure = cpu->secure, privileged = arm_privileged(cpu);
    if (core->security != NULL) {
        struct arm_attributes at = arm_attribution(cpu, address, true, secure);
        if (secure && !at.secure)
            return ARM_FAULT_INVTRAN;
        if (!secure && at.secure && !(at.callable && is_sg))
            return ARM_FAULT_INVEP;
        if (secure != at.secure)
            privileged =
                arm_handler_mode(cpu) || !(core->security->other.control & ARM_CONTROL_NPRIV);
        secure = at.secure;
    }
    return arm_mpu_check(cpu, secure, address, false, true, privileged);
}

enum arm_fault arm_fetch_check(const struct arm_cpu *cpu, uint32_t bytes, bool is_sg)
{
    /* No region or subregion is smaller than 32 bytes, so one answer holds for all of them; but not
     * that about SG, which holds for nothing else. */
    struct arm_core *core = arm_core_of(cpu);
    for (uint32_t at = cpu->pc; at - cpu->pc < bytes; at += 2) {
        if (at >> 5 == core->code_granule)
            continue;
        enum arm_fault fault = fetch_fault(cpu, at, is_sg);
        if (fault != ARM_FAULT_NONE)
            return fault;
        core->code_granule = is_sg ? ~0u : at >> 5;
    }
    return ARM_FAULT_NONE;
}

bool arm_may_fetch(const struct arm_cpu *cpu, uint32_t pc, uint32_t end)
{
    for (uint32_t at = pc; at < end; at = (at | 0x1F) + 1)
        if (fetch_fault(cpu, at, false) != ARM_FAULT_NONE)
            return false;
    return true;
}

/* ---- TT ---------------------------------------------------------------------------------------
 */

enum {
    TT_MRVALID = 1 << 16,
    TT_SRVALID = 1 << 17,
    TT_READ = 1 << 18,
    TT_READ_WRITE = 1 << 19,
    TT_NS_READ = 1 << 20,
    TT_NS_READ_WRITE = 1 << 21,
    TT_SECURE = 1 << 22,
    TT_IRVALID = 1 << 23,
};

/* MREGION and MRVALID when exactly one region of an enabled MPU matches, R and RW. */
static uint32_t mpu_response(const struct arm_cpu *cpu, bool secure, uint32_t address,
                             bool privileged)
{
    const struct arm_core *core = arm_core_of(cpu);
    struct mote_device *mpu = arm_mpu_of(core, secure);
    const struct regions *regions = mpu->state;
    uint32_t result = 0, hits = 0, region = 0;
    for (uint32_t i = 0; i < core->mpu_regions; i++)
        if (v8_hit(regions->rbar[i], regions->rasr[i], address)) {
            region = i;
            hits++;
        }
    if (hits == 1 && (mote_reg(mpu, MPU_CTRL) & CTRL_ENABLE))
        result = TT_MRVALID | region;
    if (arm_mpu_check(cpu, secure, address, false, false, privileged) == ARM_FAULT_NONE)
        result |= TT_READ;
    if (arm_mpu_check(cpu, secure, address, true, false, privileged) == ARM_FAULT_NONE)
        result |= TT_READ_WRITE;
    return result;
}

/* What SAU and IDAU say, which only Secure code learns; `mpu`: the MPU's part. */
static uint32_t attribution_response(const struct arm_cpu *cpu, bool secure, uint32_t address,
                                     uint32_t mpu)
{
    struct arm_attributes at = arm_attribution(cpu, address, false, secure);
    uint32_t result = (uint32_t)at.sregion << 8 | (uint32_t)at.iregion << 24;
    result |= (at.sregion_valid ? TT_SRVALID : 0u) | (at.iregion_valid ? TT_IRVALID : 0u);
    if (at.secure)
        return result | TT_SECURE;
    result |= mpu & TT_READ ? TT_NS_READ : 0u;
    return result | (mpu & TT_READ_WRITE ? TT_NS_READ_WRITE : 0u);
}

uint32_t arm_sys_tt(struct arm_cpu *cpu, uint32_t address, bool unprivileged, bool alternate)
{
    const struct arm_core *core = arm_core_of(cpu);
    bool secure = cpu->secure && !alternate;
    bool privileged = arm_privileged(cpu);
    if (alternate)
        privileged = arm_handler_mode(cpu) || !(core->security->other.control & ARM_CONTROL_NPRIV);
    uint32_t result = 0;
    if (arm_privileged(cpu) || alternate)
        result = mpu_response(cpu, secure, address, privileged && !unprivileged);
    return cpu->secure ? result | attribution_response(cpu, secure, address, result) : result;
}

/* ---- registers --------------------------------------------------------------------------------
 */

/* RBAR and RASR (RLAR) with three aliases each: elements are words from MPU_RBAR on. On PMSAv7 all
 * aliases name the region in RNR; on PMSAv8 alias k names region (RNR & ~3) + k. */
static uint32_t region_of(struct mote_device *mpu, uint32_t element)
{
    uint32_t number = mote_reg(mpu, MPU_RNR);
    if ((core_of(mpu)->cpu.features & ARM_HAS_V8M) && element >= 2)
        number = (number & ~3u) + element / 2;
    return number;
}

/* Armv6-M has no aliases. */
static bool has_element(const struct arm_core *core, uint32_t element)
{
    return element < 2 || (core->cpu.features & ARM_HAS_THUMB2);
}

static uint32_t load_region(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct arm_core *core = core_of(dev);
    uint32_t number = region_of(dev, element);
    (void)value;
    if (number >= core->mpu_regions || !has_element(core, element))
        return 0;
    const struct regions *regions = dev->state;
    if (element & 1)
        return regions->rasr[number];
    if (core->cpu.features & ARM_HAS_V8M)
        return regions->rbar[number];
    return regions->rbar[number] | (number & 0xF);
}

static void store_region(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct arm_core *core = core_of(dev);
    (void)old;
    bool v8 = core->cpu.features & ARM_HAS_V8M, v6 = !(core->cpu.features & ARM_HAS_THUMB2);
    if (!has_element(core, element))
        return;
    if (!(element & 1) && !v8 && (written & RBAR_VALID))
        mote_reg(dev, MPU_RNR) = written & 0xF;
    arm_forget_access(core);
    uint32_t number = region_of(dev, element);
    if (number >= core->mpu_regions)
        return;
    struct regions *regions = dev->state;
    if (element & 1)
        regions->rasr[number] = v8 ? written : written & 0x173FFF3Fu;
    else
        regions->rbar[number] = v8 ? written : written & ~(v6 ? 0xFFu : 0x1Fu);
}

static uint32_t load_type(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return core_of(dev)->mpu_regions << 8;
}

static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (core_of(dev)->mpu_regions == 0)
        mote_reg(dev, MPU_CTRL) = 0;
    arm_update_access(&core_of(dev)->cpu);
}

/* Offsets from 0xE000ED90. */
static const struct mote_reg mpu_regs[] = {
    [MPU_TYPE] = {.name = "MPU_TYPE", .offset = 0x0, .ro = 0xFF00, .load = load_type},
    [MPU_CTRL] = {.name = "MPU_CTRL", .offset = 0x4, .rw = 7, .store = store_ctrl},
    [MPU_RNR] = {.name = "MPU_RNR", .offset = 0x8, .rw = 0xFF},
    [MPU_WINDOW] = {.name = "MPU_REGION[%u]",
                    .offset = 0xC,
                    .rw = ~0u,
                    .count = 8,
                    .load = load_region,
                    .store = store_region},
    [MPU_MAIR] = {.name = "MPU_MAIR%u", .offset = 0x30, .rw = ~0u, .count = 2},
};

static void mpu_reset(struct mote_device *dev)
{
    arm_update_access(&core_of(dev)->cpu);
    for (uint32_t i = 0; i < ARM_MAX_MPU_REGIONS; i++)
        ((struct regions *)dev->state)->rasr[i] = 0;
}

const struct mote_device_class arm_class_mpu = {
    .name = "arm_mpu",
    .summary = "memory protection unit of an M-profile core",
    .state_bytes = sizeof(struct regions),
    .regs = mpu_regs,
    .reg_count = sizeof mpu_regs / sizeof *mpu_regs,
    .window_bytes = 0x38,
    .reset = mpu_reset,
};
