/* Loads and stores of an RV32 hart: memory at once, device windows at their exact time, misaligned
 * accesses by the hart's policy.
 *
 * Document: Volume I 2.6 (misaligned accesses may be carried out or raise an exception).
 * Not modelled: PMP (no entries are implemented), imprecise store faults, a write buffer. */
#include "../timing/pipeline.h"
#include "riscv.h"
#include <string.h>

static struct mote_region *region_at(struct riscv_cpu *cpu, uint32_t address, uint32_t bytes,
                                     uint32_t *offset)
{
    struct mote_region *region = cpu->region_map[address >> 20];
    if (region != NULL) {
        *offset = address - (uint32_t)region->base;
        if (*offset <= region->size_bytes - bytes)
            return region;
    }
    region = mote_region_find(cpu->sys, address);
    if (region == NULL)
        return NULL;
    cpu->region_map[address >> 20] = region;
    *offset = address - (uint32_t)region->base;
    return *offset <= region->size_bytes - bytes ? region : NULL;
}

static void count_access(struct riscv_cpu *cpu, struct mote_region *region, uint32_t address,
                         uint32_t bytes, bool store)
{
    const struct mote_mem_timing *timing = region->timing;
    mote_count(cpu->activities, store ? region->activity_store : region->activity_load);
    if (store && timing != NULL && timing->store != NULL)
        cpu->stall += timing->store(region->owner, region, address, bytes);
    else if (!store && timing != NULL && timing->load != NULL)
        cpu->stall += timing->load(region->owner, region, address, bytes);
    else
        cpu->stall += store ? region->store_extra_cycles : region->load_extra_cycles;
}

/* ---- what is no plain memory ------------------------------------------------------------------
 */

/* The access may have armed an event, asked for a stop, or gated the clock. */
static void after_device(struct riscv_cpu *cpu)
{
    if (*mote_next_event_ps(cpu->sys) != cpu->due_ps)
        riscv_update_deadline(cpu);
    if (mote_stop_requested(cpu->sys) != MOTE_STOP_NONE || mote_reset_requested(cpu->sys))
        cpu->attention = true;
}

static bool device_access(struct riscv_cpu *cpu, uint32_t address, struct mote_access *access)
{
    struct mote_device *dev = mote_window_find(cpu->sys, address, &access->offset);
    if (dev == NULL)
        return false;
    mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
    bool ok = mote_reg_access(dev, access);
    cpu->stall += pipeline_exception_cycles(cpu->pipeline, access->store ? PIPELINE_DEVICE_STORE
                                                                         : PIPELINE_DEVICE_LOAD);
    after_device(cpu);
    return ok;
}

static bool owner_store(struct riscv_cpu *cpu, struct mote_region *region, uint32_t offset,
                        const struct mote_access *access)
{
    const struct mote_device *owner = region->owner;
    if (owner == NULL || owner->cls->region_store == NULL)
        return false;
    mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
    bool ok = owner->cls->region_store(region->owner, region, offset, access->value, access->bytes);
    after_device(cpu);
    return ok;
}

/* ---- one naturally aligned access -------------------------------------------------------------
 */

static bool memory_store(struct riscv_cpu *cpu, struct mote_region *region, uint32_t offset,
                         const struct mote_access *access)
{
    if (!region->writable)
        return owner_store(cpu, region, offset, access);
    memcpy(region->host + offset, &access->value, access->bytes);
    uint8_t granule = region->code[offset >> 6];
    if (granule & MOTE_GRANULE_CODE)
        cpu->code_version++;
    if (granule & MOTE_GRANULE_WATCHED) {
        mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
        mote_region_stored(region, offset, access->bytes);
        after_device(cpu);
    }
    return true;
}

static enum riscv_result aligned_access(struct riscv_cpu *cpu, uint32_t address,
                                        struct mote_access *access)
{
    uint32_t offset;
    struct mote_region *region = region_at(cpu, address, access->bytes, &offset);
    bool ok = true;
    if (region == NULL)
        ok = device_access(cpu, address, access);
    else if (access->store)
        ok = memory_store(cpu, region, offset, access);
    else
        memcpy(&access->value, region->host + offset, access->bytes);
    if (!ok)
        return riscv_raise(cpu, access->store ? RISCV_CAUSE_STORE_ACCESS : RISCV_CAUSE_LOAD_ACCESS,
                           address);
    if (region != NULL)
        count_access(cpu, region, address, access->bytes, access->store);
    return RISCV_OK;
}

/* Split into bytes and halfwords; each further part takes a bus cycle of its own. A part of a store
 * may have been done when a later one faults. */
static enum riscv_result split_access(struct riscv_cpu *cpu, uint32_t address,
                                      struct mote_access *access)
{
    if (!(cpu->features & RISCV_HAS_MISALIGNED))
        return riscv_raise(
            cpu, access->store ? RISCV_CAUSE_MISALIGNED_STORE : RISCV_CAUSE_MISALIGNED_LOAD,
            address);
    uint32_t value = access->value, bytes = access->bytes;
    access->value = 0;
    for (uint32_t done = 0; done < bytes;) {
        uint32_t at = address + done, size = !(at & 1) && bytes - done >= 2 ? 2 : 1;
        struct mote_access part = {.bytes = size, .store = access->store};
        part.value = value >> (8 * done) & ((1u << (8 * size)) - 1);
        enum riscv_result result = aligned_access(cpu, at, &part);
        if (result != RISCV_OK)
            return result;
        if (!access->store)
            access->value |= part.value << (8 * done);
        done += size;
        cpu->stall += done < bytes;
    }
    return RISCV_OK;
}

/* ---- what the rows call -----------------------------------------------------------------------
 */

enum riscv_result riscv_load(struct riscv_cpu *cpu, uint32_t address, uint32_t bytes,
                             uint32_t *value)
{
    struct mote_access access = {.bytes = bytes};
    enum riscv_result result = address & (bytes - 1) ? split_access(cpu, address, &access)
                                                     : aligned_access(cpu, address, &access);
    *value = access.value;
    return result;
}

enum riscv_result riscv_store(struct riscv_cpu *cpu, uint32_t address, uint32_t bytes,
                              uint32_t value)
{
    if (bytes < 4)
        value &= (1u << (8 * bytes)) - 1;
    struct mote_access access = {.bytes = bytes, .store = true, .value = value};
    return address & (bytes - 1) ? split_access(cpu, address, &access)
                                 : aligned_access(cpu, address, &access);
}

bool riscv_code_half(const struct riscv_cpu *cpu, uint32_t address, uint16_t *half)
{
    const struct mote_region *region = mote_region_find(cpu->sys, address);
    if (region == NULL || !region->executable)
        return false;
    uint64_t offset = address - region->base;
    if (region->size_bytes - offset < 2)
        return false;
    memcpy(half, region->host + offset, 2);
    return true;
}
