/* Memory as a learned execution sees it: plain memory, at once. */
#include "riscv_engine.h"

#include <string.h>

/* The host bytes of a whole access within one region, NULL when it is not plain memory or the hart
 * raises an exception for its alignment. */
static uint8_t *plain_memory(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes, bool store)
{
    if ((address & (bytes - 1)) && !(cpu->features & RISCV_HAS_MISALIGNED))
        return NULL;
    struct mote_region **known = &cpu->region_map[address >> 20 & 0xFFF], *region = *known;
    if (region == NULL || address - region->base >= region->size_bytes) {
        region = mote_region_find(cpu->sys, address);
        if (region == NULL)
            return NULL;
        *known = region;
    }
    uint64_t offset = address - region->base;
    if (region->size_bytes - offset < bytes)
        return NULL;
    if (store &&
        (!region->writable || region->code[offset >> 6] || region->code[(offset + bytes - 1) >> 6]))
        return NULL;
    return region->host + offset;
}

enum riscv_result riscv_learned_load(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                     uint64_t *value)
{
    const uint8_t *host = plain_memory(cpu, address, bytes, false);
    *value = 0;
    if (host == NULL)
        return RISCV_RAISED;
    memcpy(value, host, bytes);
    return RISCV_OK;
}

enum riscv_result riscv_learned_store(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                      uint64_t value)
{
    uint8_t *host = plain_memory(cpu, address, bytes, true);
    if (host == NULL)
        return RISCV_RAISED;
    memcpy(host, &value, bytes);
    return RISCV_OK;
}
