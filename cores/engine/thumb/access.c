/* Memory as a learned execution sees it: plain memory, at once. */
#include "arm_engine.h"

#include <string.h>

/* The host bytes of a whole access within one region, NULL when it is not plain memory. */
static uint8_t *plain_memory(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, bool store)
{
    struct mote_region *region = cpu->region_map[address >> 20];
    if (region == NULL || address - (uint32_t)region->base >= region->size_bytes) {
        region = mote_region_find(cpu->sys, address);
        if (region == NULL)
            return NULL;
        cpu->region_map[address >> 20] = region;
    }
    uint64_t offset = address - region->base;
    if (region->size_bytes - offset < bytes)
        return NULL;
    if (store &&
        (!region->writable || region->code[offset >> 6] ||
         region->code[(offset + bytes - 1) >> 6] || arm_is_code_page(cpu->code_pages, address) ||
         arm_is_code_page(cpu->code_pages, address + bytes - 1)))
        return NULL;
    return region->host + offset;
}

static enum arm_result refuse(struct arm_cpu *cpu, uint32_t address)
{
    cpu->fault_address = address;
    return arm_raise(cpu, ARM_FAULT_NONE);
}

enum arm_result arm_learned_load(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                 uint32_t *value)
{
    const uint8_t *host = NULL;
    if (cpu->learned_run == ENGINE_LEARNED_RUN)
        host = plain_memory(cpu, address, bytes, false);
    if (host == NULL || ((address & (bytes - 1)) && (cpu->ccr & ARM_CCR_UNALIGN_TRP)))
        return refuse(cpu, address);
    uint32_t word = 0;
    memcpy(&word, host, bytes);
    *value = word;
    return ARM_OK;
}

enum arm_result arm_learned_store(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                  uint32_t value)
{
    uint8_t *host = NULL;
    if (cpu->learned_run == ENGINE_LEARNED_RUN)
        host = plain_memory(cpu, address, bytes, true);
    if (host == NULL || ((address & (bytes - 1)) && (cpu->ccr & ARM_CCR_UNALIGN_TRP)))
        return refuse(cpu, address);
    memcpy(host, &value, bytes);
    return ARM_OK;
}
