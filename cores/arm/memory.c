/* Loads and stores of an M-profile core: memory at once, everything else by the slow path - device
 * windows at their exact time, unaligned accesses, bit-band, MPU, and faults.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.1 (address map), A3.2 (alignment), Cortex-M4 TRM 3.7
 * (bit-band), 3.3.2 (unaligned accesses are split into aligned ones).
 * Not modelled: imprecise bus faults (each fault is precise), the write buffer. */
#include "../engine/thumb/arm_engine.h"
#include "../timing/pipeline.h"
#include "core.h"
#include "l1.h"
#include "plan.h"
#include "port.h"
#include "queue.h"
#include <string.h>

static const uint32_t ppb_base = 0xE0000000u, ppb_end = 0xE0100000u;

/* The region that holds the whole access, remembered by megabyte. */
static inline struct mote_region *region_at(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                            uint32_t *offset)
{
    struct mote_region *region = cpu->region_map[address >> 20];
    if (region != NULL) {
        *offset = address - (uint32_t)region->base;
        if (*offset <= region->size_bytes - bytes)
            return region;
    }
    region = mote_region_find(cpu->sys, address);
    if (region == NULL || arm_is_hidden(cpu, address))
        return NULL;
    cpu->region_map[address >> 20] = region;
    *offset = address - (uint32_t)region->base;
    return *offset <= region->size_bytes - bytes ? region : NULL;
}

static inline void count_load(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                              uint32_t bytes)
{
    mote_count(cpu->activities, region->activity_load);
    if (cpu->l1 != NULL) {
        cpu->data_address = address;
        cpu->stall += arm_l1_load(cpu, region, address, bytes);
    } else if (cpu->port != NULL)
        cpu->stall += arm_port_load(cpu, region, address, bytes);
    else if (region->timing != NULL && region->timing->load != NULL)
        cpu->stall += region->timing->load(region->owner, region, address, bytes);
    else
        cpu->stall += region->load_extra_cycles;
    if (cpu->queue != NULL)
        cpu->stall += arm_queue_access(cpu, address);
}

static inline void count_store(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                               uint32_t bytes)
{
    mote_count(cpu->activities, region->activity_store);
    if (cpu->l1 != NULL)
        cpu->stall += arm_l1_store(cpu, region, address, bytes);
    else if (cpu->port != NULL)
        cpu->stall += arm_port_store(cpu, region, address, bytes);
    else if (region->timing != NULL && region->timing->store != NULL)
        cpu->stall += region->timing->store(region->owner, region, address, bytes);
    else
        cpu->stall += region->store_extra_cycles;
    if (cpu->queue != NULL)
        cpu->stall += arm_queue_access(cpu, address);
}

static inline uint32_t read_host(const uint8_t *from, uint32_t bytes)
{
    uint32_t value = 0;
    if (bytes == 4)
        memcpy(&value, from, 4);
    else if (bytes == 2)
        memcpy(&value, from, 2);
    else
        value = *from;
    return value;
}

static inline void write_host(uint8_t *to, uint32_t value, uint32_t bytes)
{
    if (bytes == 4)
        memcpy(to, &value, 4);
    else if (bytes == 2)
        memcpy(to, &value, 2);
    else
        *to = (uint8_t)value;
}

/* ---- device windows ---------------------------------------------------------------------------
 */

/* The access may have armed an event, asked for a stop, or gated the clock. */
static void after_device(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (*mote_next_event_ps(cpu->sys) != core->due_ps)
        arm_update_deadline(cpu);
    if (mote_run_interrupted(cpu->sys))
        cpu->attention = true;
}

/* What a device does may depend on the time, and change what later activity costs. */
static void before_device(struct arm_cpu *cpu)
{
    cpu->touched_device = true;
    arm_plans_settle(cpu);
    mote_set_now_ps(cpu->sys, arm_now_ps(cpu));
}

static bool device_access(struct arm_cpu *cpu, struct mote_device *dev, struct mote_access *access)
{
    before_device(cpu);
    bool ok = mote_reg_access(dev, access);
    if (cpu->pipeline != NULL)
        cpu->stall += pipeline_exception_cycles(
            cpu->pipeline, access->store ? PIPELINE_DEVICE_STORE : PIPELINE_DEVICE_LOAD);
    if (access->store && cpu->engine != NULL)
        engine_device_store(cpu->engine, dev);
    if (access->store && cpu->exact != NULL)
        exact_device_store(cpu->exact, dev);
    after_device(cpu);
    return ok;
}

/* The device behind an address, as the present Security state sees it. `*hidden`: there is one, but
 * not for this state. */
static struct mote_device *ppb_device(struct arm_cpu *cpu, uint32_t address, uint32_t *offset,
                                      bool *hidden)
{
    const struct arm_core *core = arm_core_of(cpu);
    struct mote_device *dev = mote_window_find(cpu->sys, address, offset);
    if (core->security_unit == NULL)
        return dev;
    bool alias = dev != NULL && (dev->base & ARM_NS_ALIAS), sau = dev != NULL && dev == core->sau;
    if (core->security == NULL)
        return alias || sau ? NULL : dev;
    if (cpu->secure)
        return dev;
    if (address >> 12 == 0xE000E) {
        uint32_t banked;
        struct mote_device *own = mote_window_find(cpu->sys, address + ARM_NS_ALIAS, &banked);
        if (own != NULL) {
            *offset = banked;
            return own;
        }
    }
    *hidden = alias || sau;
    return *hidden ? NULL : dev;
}

/* The private peripheral bus answers privileged code only, but for the ITM's ports and, when CCR
 * allows, STIR. What no register covers reads 0. */
static bool ppb_access(struct arm_cpu *cpu, uint32_t address, struct mote_access *access)
{
    bool itm = address < ppb_base + 0x1000;
    bool stir = address == 0xE000EF00u && (cpu->ccr & ARM_CCR_USERSETMPEND);
    if (!arm_privileged(cpu) && !itm && !stir)
        return false;
    bool hidden = false;
    struct mote_device *dev = ppb_device(cpu, address, &access->offset, &hidden);
    if (dev == NULL) {
        access->value = 0;
        if (hidden)
            return true;
        mote_log(cpu->sys, arm_core_of(cpu)->dev, MOTE_LOG_UNMODELLED,
                 "%s of 0x%08x in the private peripheral bus: no register",
                 access->store ? "store" : "load", address);
        return true;
    }
    /* Core-coupled: no bus bridge in between, so no extra cycles. */
    before_device(cpu);
    bool ok = mote_reg_access(dev, access);
    after_device(cpu);
    return ok;
}

/* ---- the slow path, one aligned access --------------------------------------------------------
 */

static enum arm_result bus_fault(struct arm_cpu *cpu, uint32_t address, struct mote_access *access)
{
    access->value = 0;
    /* Handlers at a negative priority may ask to have bus faults ignored (probing memory). */
    if ((cpu->ccr & ARM_CCR_BFHFNMIGN) && arm_negative_priority(cpu))
        return ARM_OK;
    cpu->fault_address = address;
    return arm_raise(cpu, ARM_FAULT_PRECISERR);
}

static enum arm_result memory_access(struct arm_cpu *cpu, struct mote_region *region,
                                     uint32_t offset, uint32_t address, struct mote_access *access)
{
    if (!access->store) {
        access->value = read_host(region->host + offset, access->bytes);
        count_load(cpu, region, address, access->bytes);
        return ARM_OK;
    }
    if (!region->writable) {
        const struct mote_device *owner = region->owner;
        if (owner == NULL || owner->cls->region_store == NULL)
            return bus_fault(cpu, address, access);
        before_device(cpu);
        bool ok =
            owner->cls->region_store(region->owner, region, offset, access->value, access->bytes);
        after_device(cpu);
        if (!ok)
            return bus_fault(cpu, address, access);
        count_store(cpu, region, address, access->bytes);
        return ARM_OK;
    }
    write_host(region->host + offset, access->value, access->bytes);
    count_store(cpu, region, address, access->bytes);
    if (arm_is_code_page(cpu->code_pages, address))
        arm_code_written(cpu, address, access->bytes);
    else
        mote_region_changed(region, offset, access->bytes);
    return ARM_OK;
}

static enum arm_result physical_access(struct arm_cpu *cpu, uint32_t address,
                                       struct mote_access *access)
{
    uint32_t offset;
    struct mote_region *region = region_at(cpu, address, access->bytes, &offset);
    if (region != NULL)
        return memory_access(cpu, region, offset, address, access);
    bool ok;
    if (address >= ppb_base && address < ppb_end) {
        ok = ppb_access(cpu, address, access);
    } else {
        struct mote_device *dev = mote_window_find(cpu->sys, address, &access->offset);
        ok = dev != NULL && !arm_is_hidden(cpu, address) && device_access(cpu, dev, access);
        /* Address and data come in one cycle, so a load or store takes one less than others. Of
         * LDM and STM this is said once. */
        if (address - cpu->io_port < cpu->io_port_bytes && cpu->stall == 0)
            cpu->stall = (uint32_t)-1;
    }
    return ok ? ARM_OK : bus_fault(cpu, address, access);
}

/* Bit-band aliases: each word of 32 MiB stands for a bit of the first MiB of SRAM or peripherals.
 */
static bool bitband_target(const struct arm_cpu *cpu, uint32_t address, uint32_t *target,
                           uint32_t *bit)
{
    uint32_t top = address & 0xFE000000u;
    if (!(cpu->features & ARM_HAS_BITBAND) || (top != 0x22000000u && top != 0x42000000u))
        return false;
    uint32_t index = (address & 0x01FFFFFFu) >> 2;
    *target = (top & 0xF0000000u) | index >> 3;
    *bit = index & 7;
    return true;
}

static enum arm_result bitband_access(struct arm_cpu *cpu, uint32_t target, uint32_t bit,
                                      struct mote_access *access)
{
    uint32_t address = target & ~(access->bytes - 1);
    bit += 8 * (target - address);
    struct mote_access word = {.bytes = access->bytes};
    enum arm_result result = physical_access(cpu, address, &word);
    if (result != ARM_OK)
        return result;
    if (!access->store) {
        access->value = word.value >> bit & 1;
        return ARM_OK;
    }
    word.store = true;
    word.value = (word.value & ~(1u << bit)) | (access->value & 1) << bit;
    return physical_access(cpu, address, &word);
}

static enum arm_result aligned_access(struct arm_cpu *cpu, uint32_t address,
                                      struct mote_access *access)
{
    if (cpu->check_access) {
        enum arm_fault fault = arm_data_check(cpu, address, access->store);
        if (fault != ARM_FAULT_NONE) {
            cpu->fault_address = address;
            return arm_raise(cpu, fault);
        }
    }
    uint32_t target, bit;
    if (bitband_target(cpu, address, &target, &bit))
        return bitband_access(cpu, target, bit, access);
    return physical_access(cpu, address, access);
}

/* Of an unaligned access with `left` bytes to go. */
static uint32_t part_bytes(uint32_t address, uint32_t left, bool aligned)
{
    return aligned ? left : !(address & 1) && left >= 2 ? 2 : 1;
}

/* Each further transfer takes its own bus cycle. The Cortex-M33 reads the two words that hold the
 * data, however it lies (inferred from measured STM32U575 images). Of a core with L1 caches the
 * timing data say what it costs. `size`: of the part that was the last of `done` bytes. */
static void count_part(struct arm_cpu *cpu, uint32_t size, uint32_t done, uint32_t bytes)
{
    bool further = cpu->l1 == NULL && (done == size || !(cpu->features & ARM_HAS_V8M));
    cpu->stall += done < bytes && further;
}

/* Any access: checks alignment and splits what is not aligned. */
static enum arm_result slow_access(struct arm_cpu *cpu, uint32_t address,
                                   struct mote_access *access)
{
    uint32_t bytes = access->bytes;
    if ((address & (bytes - 1)) == 0)
        return aligned_access(cpu, address, access);
    bool ppb = address >= ppb_base && address < ppb_end;
    if ((cpu->ccr & ARM_CCR_UNALIGN_TRP) || ppb || !(cpu->features & ARM_HAS_THUMB2)) {
        cpu->fault_address = address;
        return arm_raise(cpu, ARM_FAULT_UNALIGNED);
    }
    uint32_t value = access->value;
    access->value = 0;
    for (uint32_t done = 0; done < bytes;) {
        uint32_t at = address + done;
        uint32_t size = part_bytes(at, bytes - done, false);
        struct mote_access part = {
            .bytes = size, .store = access->store, .value = value >> (8 * done)};
        if (size < 4)
            part.value &= (1u << (8 * size)) - 1;
        enum arm_result result = aligned_access(cpu, at, &part);
        if (result != ARM_OK)
            return result;
        if (!access->store)
            access->value |= part.value << (8 * done);
        done += size;
        count_part(cpu, size, done, bytes);
    }
    cpu->data_unaligned = !access->store; /* the store buffer hides the parts of a store */
    return ARM_OK;
}

/* ---- what the rows call -----------------------------------------------------------------------
 */

enum arm_result arm_load(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t *value)
{
    if (cpu->learned_run)
        return arm_learned_load(cpu, address, bytes, value);
    struct mote_region *region = cpu->region_map[address >> 20];
    if (region != NULL && !cpu->check_access && (address & (bytes - 1)) == 0) {
        uint32_t offset = address - (uint32_t)region->base;
        if (offset < region->size_bytes && region->size_bytes - offset >= bytes) {
            *value = read_host(region->host + offset, bytes);
            count_load(cpu, region, address, bytes);
            return ARM_OK;
        }
    }
    struct mote_access access = {.bytes = bytes};
    enum arm_result result = slow_access(cpu, address, &access);
    if (result == ARM_OK)
        *value = access.value;
    return result;
}

enum arm_result arm_store(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t value)
{
    if (cpu->learned_run)
        return arm_learned_store(cpu, address, bytes, value);
    struct mote_region *region = cpu->region_map[address >> 20];
    if (region != NULL && region->writable && !cpu->check_access && (address & (bytes - 1)) == 0 &&
        !arm_is_code_page(cpu->code_pages, address)) {
        uint32_t offset = address - (uint32_t)region->base;
        if (offset < region->size_bytes && region->size_bytes - offset >= bytes &&
            !region->code[offset >> 6]) {
            write_host(region->host + offset, value, bytes);
            count_store(cpu, region, address, bytes);
            return ARM_OK;
        }
    }
    struct mote_access access = {.bytes = bytes, .store = true, .value = value};
    return slow_access(cpu, address, &access);
}

static bool is_code(const struct arm_cpu *cpu, const struct mote_region *region, uint32_t address)
{
    return arm_is_code_page(cpu->code_pages, address) ||
           region->code[(address - (uint32_t)region->base) >> 6];
}

/* A store's wait states show later: that is left to the caller's other ways. */
static bool may_store(const struct arm_cpu *cpu, const struct mote_region *region, uint32_t address,
                      uint32_t bytes)
{
    bool waits = region->store_extra_cycles != 0 ||
                 (cpu->queue != NULL && arm_queue_is_shared(cpu->pc, address)) ||
                 (region->timing != NULL && region->timing->store != NULL);
    return region->writable && !is_code(cpu, region, address) &&
           !is_code(cpu, region, address + bytes - 1) &&
           !(waits && pipeline_buffers_stores(cpu->pipeline));
}

uint8_t *arm_plain_memory(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t count,
                          bool store)
{
    uint32_t offset, all = bytes * count;
    const struct mote_region *region = region_at(cpu, address, all, &offset);
    bool aligned = (address & (bytes - 1)) == 0;
    if (region == NULL || cpu->check_access || cpu->l1 != NULL ||
        (store && !may_store(cpu, region, address, all)) ||
        (!aligned &&
         (count != 1 || (cpu->ccr & ARM_CCR_UNALIGN_TRP) || !(cpu->features & ARM_HAS_THUMB2))))
        return NULL;
    return region->host + offset;
}

uint32_t arm_split_cycles(struct arm_cpu *cpu, uint32_t address, uint32_t bytes)
{
    uint32_t before = cpu->stall, done = 0;
    cpu->stall = 0;
    while ((address & (bytes - 1)) && done < bytes) {
        uint32_t size = part_bytes(address + done, bytes - done, false);
        done += size;
        count_part(cpu, size, done, bytes);
    }
    uint32_t cycles = cpu->stall;
    cpu->stall = before;
    return cycles;
}

void arm_count_access(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t count,
                      bool store)
{
    struct mote_region *region = cpu->region_map[address >> 20];
    bool aligned = (address & (bytes - 1)) == 0;
    uint32_t all = bytes * count;
    for (uint32_t done = 0; done < all;) {
        uint32_t at = address + done;
        uint32_t size = part_bytes(at, aligned ? bytes : all - done, aligned);
        if (store)
            count_store(cpu, region, at, size);
        else
            count_load(cpu, region, at, size);
        done += size;
        if (!aligned)
            count_part(cpu, size, done, bytes);
    }
}

enum arm_result arm_load_aligned(struct arm_cpu *cpu, uint32_t address, uint32_t *value)
{
    if (address & 3) {
        cpu->fault_address = address;
        return arm_raise(cpu, ARM_FAULT_UNALIGNED);
    }
    return arm_load(cpu, address, 4, value);
}

enum arm_result arm_store_aligned(struct arm_cpu *cpu, uint32_t address, uint32_t value)
{
    if (address & 3) {
        cpu->fault_address = address;
        return arm_raise(cpu, ARM_FAULT_UNALIGNED);
    }
    return arm_store(cpu, address, 4, value);
}

enum arm_result arm_load_unprivileged(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                      uint32_t *value)
{
    bool unprivileged = cpu->unprivileged;
    cpu->unprivileged = true;
    enum arm_result result = arm_load(cpu, address, bytes, value);
    cpu->unprivileged = unprivileged;
    return result;
}

enum arm_result arm_store_unprivileged(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                       uint32_t value)
{
    bool unprivileged = cpu->unprivileged;
    cpu->unprivileged = true;
    enum arm_result result = arm_store(cpu, address, bytes, value);
    cpu->unprivileged = unprivileged;
    return result;
}

bool arm_bus_word(struct arm_cpu *cpu, uint32_t address, uint32_t *value)
{
    uint32_t offset;
    struct mote_region *region = region_at(cpu, address, 4, &offset);
    if (region == NULL || (address & 3))
        return false;
    *value = read_host(region->host + offset, 4);
    mote_count(cpu->activities, region->activity_load);
    return true;
}

/* ---- code -------------------------------------------------------------------------------------
 */

bool arm_code_half(const struct arm_cpu *cpu, uint32_t address, uint16_t *half)
{
    const struct mote_region *region = mote_region_find(cpu->sys, address);
    if (region == NULL || !region->executable || arm_is_hidden(cpu, address))
        return false;
    uint64_t offset = address - region->base;
    if (region->size_bytes - offset < 2)
        return false;
    memcpy(half, region->host + offset, 2);
    return true;
}

enum arm_fault arm_code_fault(const struct arm_cpu *cpu, uint32_t address)
{
    (void)cpu;
    /* The default map makes peripherals and the system space execute-never. */
    bool never = (address >= 0x40000000u && address < 0x60000000u) || address >= 0xA0000000u;
    return never ? ARM_FAULT_IACCVIOL : ARM_FAULT_IBUSERR;
}
