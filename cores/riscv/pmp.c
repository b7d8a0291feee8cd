/* Physical memory protection: registers and the rule that decides an access.
 *
 * Document: Volume II 3.7. Modelled: up to 64 entries, OFF, TOR, NA4, NAPOT, lock, granularity.
 * Without effect, as the manual leaves open: writes of the reserved combination R = 0, W = 1 keep W
 * clear; NA4 with a coarser granularity turns the entry off. Not modelled: Smepmp (mseccfg). */
#include "riscv.h"
#include <string.h>

enum {
    CSR_PMPCFG0 = 0x3A0,
    CSR_PMPADDR0 = 0x3B0,
    CFG_REGISTERS = 16,
    CFG_R = 1 << 0,
    CFG_W = 1 << 1,
    CFG_X = 1 << 2,
    CFG_A_SHIFT = 3,
    CFG_A = 3 << CFG_A_SHIFT,
    CFG_L = 1 << 7,
    CFG_BITS = CFG_R | CFG_W | CFG_X | CFG_A | CFG_L,
};

enum match { MATCH_OFF, MATCH_TOR, MATCH_NA4, MATCH_NAPOT };

static enum match match_of(const struct riscv_pmp *pmp, uint32_t entry)
{
    return (enum match)(pmp->cfg[entry] >> CFG_A_SHIFT & 3);
}

static bool locked(const struct riscv_pmp *pmp, uint32_t entry)
{
    return pmp->cfg[entry] & CFG_L;
}

void riscv_pmp_reset(struct riscv_pmp *pmp)
{
    memset(pmp->cfg, 0, sizeof pmp->cfg);
    memset(pmp->addr, 0, sizeof pmp->addr);
    pmp->locked = false;
}

/* ---- what an entry matches --------------------------------------------------------------------
 */

/* pmpaddr holds address bits from bit 2 on. An empty range has first > last. */
static void update(struct riscv_pmp *pmp, uint32_t entry)
{
    const uint64_t grain = (1ull << pmp->grain) - 1;
    uint64_t addr = pmp->addr[entry], *first = &pmp->first[entry], *last = &pmp->last[entry];
    switch (match_of(pmp, entry)) {
    case MATCH_OFF:
        break;
    case MATCH_TOR:
        *first = entry == 0 ? 0 : (pmp->addr[entry - 1] & ~grain) << 2;
        *last = ((addr & ~grain) << 2) - 1;
        if ((addr & ~grain) == 0)
            *first = 1, *last = 0;
        break;
    case MATCH_NA4:
        *first = addr << 2;
        *last = *first + 3;
        break;
    case MATCH_NAPOT:
        addr |= grain >> 1;
        /* The lowest zero and the ones below it are the size. */
        *first = (addr & (addr + 1)) << 2;
        *last = (addr | (addr + 1)) << 2 | 3;
        break;
    }
}

static bool is_on(const struct riscv_pmp *pmp, uint32_t entry)
{
    return match_of(pmp, entry) != MATCH_OFF && pmp->first[entry] <= pmp->last[entry];
}

/* ---- deciding ---------------------------------------------------------------------------------
 */

/* Keeps of [*low, *high], which holds `address`, what lies on its side of an entry. */
static void cut_away(const struct riscv_pmp *pmp, uint32_t entry, uint64_t address, uint64_t *low,
                     uint64_t *high)
{
    if (pmp->first[entry] > address && pmp->first[entry] - 1 < *high)
        *high = pmp->first[entry] - 1;
    if (pmp->last[entry] < address && pmp->last[entry] + 1 > *low)
        *low = pmp->last[entry] + 1;
}

static bool permits(uint8_t cfg, enum riscv_access access, uint32_t mode)
{
    static const uint8_t needed[] = {CFG_R, CFG_W, CFG_X};
    if (mode == RISCV_MODE_M && !(cfg & CFG_L))
        return true;
    return cfg & needed[access];
}

bool riscv_pmp_allows(const struct riscv_pmp *pmp, enum riscv_access access, uint32_t mode,
                      uint64_t address, uint32_t bytes, struct riscv_span *span, int *entry)
{
    *entry = -1;
    uint64_t low = 0, high = UINT64_MAX;
    bool allowed = mode == RISCV_MODE_M || pmp->entries == 0;
    for (uint32_t i = 0; i < pmp->entries; i++) {
        if (!is_on(pmp, i))
            continue;
        uint64_t first = pmp->first[i], last = pmp->last[i], end = address + bytes - 1;
        if (end < first || address > last) {
            cut_away(pmp, i, address, &low, &high);
            continue;
        }
        *entry = (int)i;
        if (address < first || end > last)
            return false; /* whatever its permissions: it must match all bytes */
        low = first > low ? first : low;
        high = last < high ? last : high;
        allowed = permits(pmp->cfg[i], access, mode);
        break;
    }
    *span = (struct riscv_span){.first = low, .reach = high - low, .any = allowed};
    return allowed;
}

/* ---- registers --------------------------------------------------------------------------------
 */

/* RV64 packs eight entries into each even pmpcfg, and lacks the odd ones. */
static bool cfg_register(const struct riscv_cpu *cpu, uint32_t number, uint32_t *entry,
                         uint32_t *count)
{
    uint32_t index = number - CSR_PMPCFG0;
    if (cpu->guard.pmp.entries == 0 || index >= CFG_REGISTERS || (cpu->xlen == 64 && (index & 1)))
        return false;
    *entry = 4 * index;
    *count = cpu->xlen / 8;
    return true;
}

static uint64_t read_addr(const struct riscv_pmp *pmp, uint32_t entry)
{
    const uint64_t grain = (1ull << pmp->grain) - 1;
    bool napot = match_of(pmp, entry) == MATCH_NAPOT;
    return napot ? pmp->addr[entry] | grain >> 1 : pmp->addr[entry] & ~grain;
}

bool riscv_pmp_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    const struct riscv_pmp *pmp = &cpu->guard.pmp;
    uint32_t entry = number - CSR_PMPADDR0, count;
    *value = 0;
    if (cfg_register(cpu, number, &entry, &count)) {
        for (uint32_t i = 0; i < count; i++)
            *value |= (uint64_t)pmp->cfg[entry + i] << (8 * i);
        return true;
    }
    entry = number - CSR_PMPADDR0;
    if (pmp->entries == 0 || entry >= RISCV_PMP_MAX)
        return false;
    *value = read_addr(pmp, entry);
    return true;
}

static void write_cfg(struct riscv_pmp *pmp, uint32_t entry, uint8_t value)
{
    if (entry >= pmp->entries || locked(pmp, entry))
        return;
    value &= CFG_BITS;
    if (!(value & CFG_R))
        value &= (uint8_t)~CFG_W;
    if (pmp->grain > 0 && (value & CFG_A) == MATCH_NA4 << CFG_A_SHIFT)
        value &= (uint8_t)~CFG_A;
    pmp->cfg[entry] = value;
    pmp->locked |= (value & CFG_L) != 0;
    update(pmp, entry);
}

/* The entry above may be locked with this address as its bottom. */
static void write_addr(struct riscv_cpu *cpu, uint32_t entry, uint64_t value)
{
    struct riscv_pmp *pmp = &cpu->guard.pmp;
    bool bottom_locked =
        entry + 1 < pmp->entries && locked(pmp, entry + 1) && match_of(pmp, entry + 1) == MATCH_TOR;
    if (entry >= pmp->entries || locked(pmp, entry) || bottom_locked)
        return;
    pmp->addr[entry] = value & (cpu->xlen == 64 ? (1ull << 54) - 1 : UINT32_MAX);
    update(pmp, entry);
    if (entry + 1 < pmp->entries)
        update(pmp, entry + 1);
}

bool riscv_pmp_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    uint32_t entry, count;
    uint64_t old;
    if (!riscv_pmp_read(cpu, number, &old))
        return false;
    if (cfg_register(cpu, number, &entry, &count))
        for (uint32_t i = 0; i < count; i++)
            write_cfg(&cpu->guard.pmp, entry + i, (uint8_t)(value >> (8 * i)));
    else
        write_addr(cpu, number - CSR_PMPADDR0, value);
    riscv_guard_changed(cpu);
    return true;
}
