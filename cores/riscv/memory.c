/* Loads and stores of a hart: memory at once, device windows at their exact time, misaligned
 * accesses by the hart's policy.
 *
 * Document: Volume I 2.6 (misaligned accesses may be carried out or raise an exception).
 * What guard.c refuses is not accessed. Not modelled: imprecise store faults, a write buffer. */
#include "../engine/rv/riscv_engine.h"
#include "../timing/pipeline.h"
#include "riscv.h"
#include <string.h>

static struct mote_region *region_at(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                     uint64_t *offset)
{
    struct mote_region **known = &cpu->region_map[address >> 20 & 0xFFF], *region = *known;
    if (region != NULL) {
        *offset = address - region->base;
        if (*offset <= region->size_bytes - bytes)
            return region;
    }
    region = mote_region_find(cpu->sys, address);
    if (region == NULL)
        return NULL;
    *known = region;
    *offset = address - region->base;
    return *offset <= region->size_bytes - bytes ? region : NULL;
}

static void count_access(struct riscv_cpu *cpu, struct mote_region *region, uint64_t address,
                         uint32_t bytes, bool store)
{
    const struct mote_mem_timing *timing = region->timing;
    mote_count(cpu->activities, store ? region->activity_store : region->activity_load);
    if (store && timing != NULL && timing->store != NULL)
        cpu->stall += timing->store(region->owner, region, (uint32_t)address, bytes);
    else if (!store && timing != NULL && timing->load != NULL)
        cpu->stall += timing->load(region->owner, region, (uint32_t)address, bytes);
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
    if (mote_run_interrupted(cpu->sys))
        cpu->attention = true;
}

/* What a hart moves at once: up to 8 bytes. */
struct transfer {
    uint64_t value;
    uint32_t bytes;
    bool store;
};

/* Device windows are 32 bits wide: a doubleword takes two accesses, the lower word first. */
static bool device_access(struct riscv_cpu *cpu, uint64_t address, struct transfer *transfer)
{
    struct mote_access access = {.store = transfer->store};
    bool ok = true;
    for (uint32_t done = 0; ok && done < transfer->bytes; done += access.bytes) {
        struct mote_device *dev = mote_window_find(cpu->sys, address + done, &access.offset);
        if (dev == NULL)
            return false;
        access.bytes = transfer->bytes > 4 ? 4 : transfer->bytes;
        access.value = (uint32_t)(transfer->value >> (8 * done));
        mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
        cpu->touched_device = true;
        ok = mote_reg_access(dev, &access);
        if (access.store && cpu->engine != NULL)
            engine_device_store(cpu->engine, dev);
        if (!access.store)
            transfer->value |= (uint64_t)access.value << (8 * done);
        cpu->stall += pipeline_exception_cycles(cpu->pipeline, access.store ? PIPELINE_DEVICE_STORE
                                                                            : PIPELINE_DEVICE_LOAD);
        after_device(cpu);
    }
    return ok;
}

static bool owner_store(struct riscv_cpu *cpu, struct mote_region *region, uint64_t offset,
                        const struct transfer *transfer)
{
    const struct mote_device *owner = region->owner;
    if (owner == NULL || owner->cls->region_store == NULL)
        return false;
    mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
    cpu->touched_device = true;
    bool ok = true;
    for (uint32_t done = 0; ok && done < transfer->bytes; done += 4)
        ok = owner->cls->region_store(region->owner, region, (uint32_t)offset + done,
                                      (uint32_t)(transfer->value >> (8 * done)),
                                      transfer->bytes > 4 ? 4 : transfer->bytes);
    after_device(cpu);
    return ok;
}

/* ---- one naturally aligned access -------------------------------------------------------------
 */

/* A value of 1, 2, 4 or 8 bytes, zero-extended in a register: a narrow store that is read again as
 * a wide value would stall the host. */
static uint64_t value_at(const uint8_t *host, uint32_t bytes)
{
    uint16_t half;
    uint32_t word;
    uint64_t doubleword;
    switch (bytes) {
    case 1:
        return *host;
    case 2:
        memcpy(&half, host, 2);
        return half;
    case 4:
        memcpy(&word, host, 4);
        return word;
    default:
        memcpy(&doubleword, host, 8);
        return doubleword;
    }
}

static bool memory_store(struct riscv_cpu *cpu, struct mote_region *region, uint64_t offset,
                         const struct transfer *transfer)
{
    if (!region->writable)
        return owner_store(cpu, region, offset, transfer);
    memcpy(region->host + offset, &transfer->value, transfer->bytes);
    uint8_t granule = region->code[offset >> 6];
    if (granule & MOTE_GRANULE_CODE)
        cpu->code_version++;
    if (granule & MOTE_GRANULE_WATCHED) {
        cpu->touched_device = true;
        mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
        mote_region_stored(region, offset, transfer->bytes);
        after_device(cpu);
    }
    return true;
}

static enum riscv_result aligned_access(struct riscv_cpu *cpu, uint64_t address,
                                        struct transfer *transfer)
{
    uint64_t offset;
    struct mote_region *region = region_at(cpu, address, transfer->bytes, &offset);
    bool ok = true;
    if (region == NULL)
        ok = device_access(cpu, address, transfer);
    else if (transfer->store)
        ok = memory_store(cpu, region, offset, transfer);
    else
        transfer->value = value_at(region->host + offset, transfer->bytes);
    if (!ok)
        return riscv_raise(
            cpu, transfer->store ? RISCV_CAUSE_STORE_ACCESS : RISCV_CAUSE_LOAD_ACCESS, address);
    if (region != NULL)
        count_access(cpu, region, address, transfer->bytes, transfer->store);
    return RISCV_OK;
}

/* Split into bytes and halfwords, of which those in one word of the bus share an access. A part of
 * a store may have been done when a later one faults. */
static enum riscv_result split_access(struct riscv_cpu *cpu, uint64_t address,
                                      struct transfer *transfer)
{
    if (!(cpu->features & RISCV_HAS_MISALIGNED))
        return riscv_raise(
            cpu, transfer->store ? RISCV_CAUSE_MISALIGNED_STORE : RISCV_CAUSE_MISALIGNED_LOAD,
            address);
    uint64_t value = transfer->value;
    uint32_t bytes = transfer->bytes;
    transfer->value = 0;
    for (uint32_t done = 0; done < bytes;) {
        uint64_t at = (address + done) & cpu->xmask;
        struct transfer part = {.bytes = !(at & 1) && bytes - done >= 2 ? 2 : 1,
                                .store = transfer->store};
        part.value = value >> (8 * done) & ((1u << (8 * part.bytes)) - 1);
        enum riscv_result result = aligned_access(cpu, at, &part);
        if (result != RISCV_OK)
            return result;
        if (!transfer->store)
            transfer->value |= part.value << (8 * done);
        done += part.bytes;
    }
    uint32_t bus_bytes = cpu->xlen / 8;
    if ((address & (bus_bytes - 1)) + bytes > bus_bytes)
        cpu->stall += pipeline_exception_cycles(cpu->pipeline, PIPELINE_MISALIGNED);
    return RISCV_OK;
}

/* ---- what the rows call -----------------------------------------------------------------------
 */

enum riscv_result riscv_load(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                             uint64_t *value)
{
    if (cpu->learned_run)
        return riscv_learned_load(cpu, address, bytes, value);
    *value = 0;
    if (!riscv_guard_open(&cpu->guard, RISCV_ACCESS_LOAD, address, bytes) &&
        !riscv_guard_check(cpu, RISCV_ACCESS_LOAD, address, bytes))
        return RISCV_RAISED;
    struct transfer transfer = {.bytes = bytes};
    enum riscv_result result = address & (bytes - 1) ? split_access(cpu, address, &transfer)
                                                     : aligned_access(cpu, address, &transfer);
    *value = transfer.value;
    return result;
}

enum riscv_result riscv_store(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                              uint64_t value)
{
    if (cpu->learned_run)
        return riscv_learned_store(cpu, address, bytes, value);
    if (!riscv_guard_open(&cpu->guard, RISCV_ACCESS_STORE, address, bytes) &&
        !riscv_guard_check(cpu, RISCV_ACCESS_STORE, address, bytes))
        return RISCV_RAISED;
    if (bytes < 8)
        value &= (1ull << (8 * bytes)) - 1;
    struct transfer transfer = {.bytes = bytes, .store = true, .value = value};
    return address & (bytes - 1) ? split_access(cpu, address, &transfer)
                                 : aligned_access(cpu, address, &transfer);
}

bool riscv_code_half(const struct riscv_cpu *cpu, uint64_t address, uint16_t *half)
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
