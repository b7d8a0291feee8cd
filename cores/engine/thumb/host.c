/* Unicorn as the executor of learned blocks. The only file that includes its header.
 *
 * The processor inside is a Cortex-A15 in Thumb state: what learned blocks contain (ENGINE rows)
 * behaves on it as on an M-profile core, its FPU opens by FPEXC alone, GE and Q can be written, and
 * EXC_RETURN is simply an address that cannot be fetched. It knows memory regions only; every other
 * access ends the run, and unicorn.c finds the instruction by the registers, which are in sync but
 * for the pc (2.1.1 gives the start of the block).
 *
 * What it does otherwise than an M-profile core, and who prevents it:
 *   ARM state after a branch to an even address   T is read back at every stop, and a translation
 *                                                 in ARM state has not the size of a learned block
 *   SP not word-aligned, LDM & co. unaligned      thumb_inspect(), guards
 *   unaligned and divide-by-zero traps            THUMB_NEEDS_*
 * Tested with Unicorn 2.1.1. */
#include "late.h"
#include "unicorn.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

static struct {
    __typeof__(uc_open) *open;
    __typeof__(uc_close) *close;
    __typeof__(uc_emu_start) *emu_start;
    __typeof__(uc_emu_stop) *emu_stop;
    __typeof__(uc_mem_map_ptr) *mem_map_ptr;
    __typeof__(uc_mem_protect) *mem_protect;
    __typeof__(uc_mem_unmap) *mem_unmap;
    __typeof__(uc_reg_read) *reg_read;
    __typeof__(uc_reg_read_batch) *reg_read_batch;
    __typeof__(uc_reg_write) *reg_write;
    __typeof__(uc_reg_write_batch) *reg_write_batch;
    __typeof__(uc_strerror) *strerror;
    __typeof__(uc_ctl) *ctl;
    __typeof__(uc_hook_add) *hook_add;
} library;

/* The macros uc_ctl_...() of the header call it. */
#define uc_ctl library.ctl

static bool open_library(struct mote_err *err)
{
    static const struct late_function functions[] = {
        {"uc_open", (void **)&library.open},
        {"uc_close", (void **)&library.close},
        {"uc_emu_start", (void **)&library.emu_start},
        {"uc_emu_stop", (void **)&library.emu_stop},
        {"uc_mem_map_ptr", (void **)&library.mem_map_ptr},
        {"uc_mem_protect", (void **)&library.mem_protect},
        {"uc_mem_unmap", (void **)&library.mem_unmap},
        {"uc_reg_read", (void **)&library.reg_read},
        {"uc_reg_read_batch", (void **)&library.reg_read_batch},
        {"uc_reg_write", (void **)&library.reg_write},
        {"uc_reg_write_batch", (void **)&library.reg_write_batch},
        {"uc_strerror", (void **)&library.strerror},
        {"uc_ctl", (void **)&library.ctl},
        {"uc_hook_add", (void **)&library.hook_add},
    };
    return library.hook_add != NULL ||
           late_open(MOTE_UNICORN, functions, sizeof functions / sizeof *functions) ||
           mote_err_set(err, "Unicorn cannot be used: %s", dlerror());
}

enum { FPEXC_EN = 1u << 30, CPSR_T = 1u << 5, PAGE_BYTES = 1024 };
enum { REG_SP = 13, REG_PC = 15, REG_APSR, REG_FPSCR, REG_S0, REG_COUNT = REG_S0 + 32 };

struct host {
    uc_engine *uc;
    struct unicorn *unicorn;
    struct arm_cpu *cpu;
    int ids[REG_COUNT];
    uint32_t values[REG_COUNT];
    void *places[REG_COUNT];
    uc_hook block_hook, fault_hook, interrupt_hook;
    bool interrupted;
};

/* ---- hooks ------------------------------------------------------------------------------------
 */

/* Called some hundred million times a second: one look at the entry, no more. */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    struct unicorn *hot = user;
    struct unicorn_entry *entry = &hot->table[unicorn_index((uint32_t)address)];
    uint64_t now = hot->now_fx + entry->cost_fx;
    if (__builtin_expect(entry->key == unicorn_key((uint32_t)address, size) &&
                             now < hot->limit_fx && !(entry->needs & hot->forbidden),
                         true)) {
        hot->now_fx = now;
        hot->last = entry;
        if (__builtin_expect(entry->runs++ == 0, false))
            unicorn_touch(hot, entry);
        return;
    }
    if (!unicorn_enter_slowly(hot, (uint32_t)address, size))
        library.emu_stop(uc);
}

static bool on_fault(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                     void *user)
{
    struct unicorn *hot = user;
    (void)uc;
    (void)value;
    hot->fault_address = (uint32_t)address;
    hot->fault_bytes = (uint32_t)size;
    hot->fault_store = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
    return false;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    struct host *host = user;
    (void)number;
    host->interrupted = true;
    library.emu_stop(uc);
}

/* ---- set-up -----------------------------------------------------------------------------------
 */

static bool fail(struct mote_err *err, const char *what, uc_err status)
{
    return mote_err_set(err, "Unicorn cannot be used: %s: %s; report the version of libunicorn",
                        what, library.strerror(status));
}

static bool map_regions(struct host *host, const struct mote_system *sys, struct mote_err *err)
{
    for (size_t i = 0; i < mote_region_count(sys); i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        if ((region->base | region->size_bytes) % PAGE_BYTES || region->base > UINT32_MAX)
            continue; /* stays unmapped: our interpreter does its accesses */
        /* Memory that is written is executable page by page, once code was decoded there. */
        uint32_t allowed = UC_PROT_READ;
        allowed |= region->writable     ? (uint32_t)UC_PROT_WRITE
                   : region->executable ? (uint32_t)UC_PROT_EXEC
                                        : 0;
        uc_err status =
            library.mem_map_ptr(host->uc, region->base, region->size_bytes, allowed, region->host);
        if (status != UC_ERR_OK)
            return fail(err, region->name, status);
    }
    return true;
}

/* Executes one FP instruction, VADD.F32 s0, s1, s2, to see that the FPU is open. */
static bool try_fpu(struct host *host, struct mote_err *err)
{
    static const uint8_t code[] = {0x30, 0xee, 0x81, 0x0a, 0x00, 0xbf, 0x00, 0xbf};
    static uint8_t page[PAGE_BYTES];
    const uint32_t base = 0xF0000000u, one = 0x3F800000u, two = 0x40000000u;
    uint32_t sum = 0;
    memcpy(page, code, sizeof(code));
    library.reg_write(host->uc, UC_ARM_REG_S1, &one);
    library.reg_write(host->uc, UC_ARM_REG_S2, &one);
    uc_err status =
        library.mem_map_ptr(host->uc, base, sizeof(page), UC_PROT_READ | UC_PROT_EXEC, page);
    if (status == UC_ERR_OK)
        status = library.emu_start(host->uc, base | 1, base + 4, 0, 0);
    library.reg_read(host->uc, UC_ARM_REG_S0, &sum);
    library.mem_unmap(host->uc, base, sizeof(page));
    if (status == UC_ERR_OK && sum == two)
        return true;
    return fail(err, "floating point", status);
}

static bool open_engine(struct host *host, struct mote_err *err)
{
    uc_err status = library.open(UC_ARCH_ARM, UC_MODE_THUMB, &host->uc);
    if (status != UC_ERR_OK)
        return fail(err, "open", status);
    status = uc_ctl_set_cpu_model(host->uc, UC_CPU_ARM_CORTEX_A15);
    uint32_t fpexc = FPEXC_EN;
    if (status == UC_ERR_OK)
        status = library.reg_write(host->uc, UC_ARM_REG_FPEXC, &fpexc);
    if (status != UC_ERR_OK)
        return fail(err, "processor model", status);
    if (!try_fpu(host, err))
        return false;
    struct unicorn *hot = host->unicorn;
    status =
        library.hook_add(host->uc, &host->block_hook, UC_HOOK_BLOCK, (void *)on_block, hot, 1, 0);
    if (status == UC_ERR_OK)
        status = library.hook_add(host->uc, &host->fault_hook, UC_HOOK_MEM_INVALID,
                                  (void *)on_fault, hot, 1, 0);
    if (status == UC_ERR_OK)
        status = library.hook_add(host->uc, &host->interrupt_hook, UC_HOOK_INTR,
                                  (void *)on_interrupt, host, 1, 0);
    return status == UC_ERR_OK || fail(err, "hooks", status);
}

static void name_registers(struct host *host)
{
    for (int i = 0; i <= 12; i++)
        host->ids[i] = UC_ARM_REG_R0 + i;
    host->ids[REG_SP] = UC_ARM_REG_SP;
    host->ids[14] = UC_ARM_REG_LR;
    host->ids[REG_PC] = UC_ARM_REG_PC;
    host->ids[REG_APSR] = UC_ARM_REG_CPSR;
    host->ids[REG_FPSCR] = UC_ARM_REG_FPSCR;
    for (int i = 0; i < 32; i++)
        host->ids[REG_S0 + i] = UC_ARM_REG_S0 + i;
    for (int i = 0; i < REG_COUNT; i++)
        host->places[i] = &host->values[i];
}

struct host *host_new(struct unicorn *unicorn, struct mote_err *err)
{
    struct host *host = calloc(1, sizeof(*host));
    if (host == NULL) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    host->unicorn = unicorn;
    host->cpu = unicorn->engine->cpu;
    name_registers(host);
    if (!open_library(err) || !open_engine(host, err) || !map_regions(host, host->cpu->sys, err)) {
        host_free(host);
        return NULL;
    }
    return host;
}

void host_free(struct host *host)
{
    if (host == NULL)
        return;
    if (host->uc != NULL)
        library.close(host->uc);
    free(host);
}

/* ---- running ----------------------------------------------------------------------------------
 */

static void put_registers(struct host *host)
{
    const struct arm_cpu *cpu = host->cpu;
    memcpy(host->values, cpu->r, 15 * sizeof(uint32_t));
    host->values[REG_FPSCR] = cpu->fpscr;
    memcpy(&host->values[REG_S0], cpu->s, 32 * sizeof(uint32_t));
    uint32_t apsr =
        cpu->n << 31 | cpu->z << 30 | cpu->c << 29 | cpu->v << 28 | cpu->q << 27 | cpu->ge << 16;
    library.reg_write(host->uc, UC_ARM_REG_APSR, &apsr);
    library.reg_write_batch(host->uc, host->ids, host->places, REG_PC);
    library.reg_write_batch(host->uc, &host->ids[REG_FPSCR], &host->places[REG_FPSCR],
                            REG_COUNT - REG_FPSCR);
}

static void get_registers(struct host *host)
{
    struct arm_cpu *cpu = host->cpu;
    library.reg_read_batch(host->uc, host->ids, host->places, REG_COUNT);
    memcpy(cpu->r, host->values, 15 * sizeof(uint32_t));
    memcpy(cpu->s, &host->values[REG_S0], 32 * sizeof(uint32_t));
    cpu->fpscr = host->values[REG_FPSCR];
    uint32_t psr = host->values[REG_APSR];
    cpu->n = psr >> 31;
    cpu->z = psr >> 30 & 1;
    cpu->c = psr >> 29 & 1;
    cpu->v = psr >> 28 & 1;
    cpu->q = psr >> 27 & 1;
    cpu->ge = psr >> 16 & 0xF;
    cpu->thumb = (psr & CPSR_T) != 0;
    cpu->pc = host->values[REG_PC] & ~1u;
    cpu->next_pc = cpu->pc;
}

uint32_t host_register(const struct host *host, uint32_t number)
{
    uint32_t value = 0;
    library.reg_read(host->uc, host->ids[number], &value);
    return value;
}

enum unicorn_outcome host_run(struct host *host)
{
    put_registers(host);
    host->interrupted = false;
    /* No address is the end: the hook stops. */
    uc_err status = library.emu_start(host->uc, host->cpu->pc | 1, UINT32_MAX - 1, 0, 0);
    get_registers(host);
    switch (status) {
    case UC_ERR_READ_UNMAPPED:
    case UC_ERR_WRITE_UNMAPPED:
    case UC_ERR_WRITE_PROT:
    case UC_ERR_READ_PROT:
        return UNICORN_ACCESS;
    case UC_ERR_FETCH_UNMAPPED:
    case UC_ERR_FETCH_PROT:
        return UNICORN_FETCH;
    case UC_ERR_OK:
        return host->interrupted ? UNICORN_INSIDE : UNICORN_STOPPED;
    default:
        return UNICORN_INSIDE;
    }
}

void host_flush(struct host *host)
{
    uc_ctl_flush_tb(host->uc);
}

void host_protect_code(struct host *host, uint32_t address)
{
    const struct mote_system *sys = host->cpu->sys;
    const struct mote_region *code = mote_region_find(sys, address);
    if (code == NULL || !code->writable)
        return;
    const uint8_t *byte = code->host + (address - code->base);
    for (size_t i = 0; i < mote_region_count(sys); i++) {
        const struct mote_region *alias = mote_region_at_index(sys, i);
        if (byte < alias->host || byte >= alias->host + alias->size_bytes)
            continue;
        uint64_t page =
            (alias->base + (uint64_t)(byte - alias->host)) & ~(uint64_t)(PAGE_BYTES - 1);
        library.mem_protect(host->uc, page, PAGE_BYTES, UC_PROT_READ | UC_PROT_EXEC);
    }
}
