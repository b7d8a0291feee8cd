/* The core as a debugger sees it: register table, a heuristic call chain, disassembly. */
#include "core.h"
#include "disassemble.h"

#define M_PROFILE "org.gnu.gdb.arm.m-profile"
#define M_SYSTEM  "org.gnu.gdb.arm.m-system"
#define VFP       "org.gnu.gdb.arm.vfp"

enum {
    REG_SP = 13,
    REG_LR,
    REG_PC,
    REG_XPSR,
    REG_MSP,
    REG_PSP,
    REG_PRIMASK,
    REG_BASEPRI,
    REG_FAULTMASK,
    REG_CONTROL,
    REG_D0,
    REG_FPSCR = REG_D0 + 16,
};

/* gdb numbers r0-pc 0-15 and xpsr 25 (16-24 belonged to FPA); the others follow. */
const struct mote_core_register arm_registers[] = {
    {"r0", M_PROFILE, 32, 0},      {"r1", M_PROFILE, 32, 1},
    {"r2", M_PROFILE, 32, 2},      {"r3", M_PROFILE, 32, 3},
    {"r4", M_PROFILE, 32, 4},      {"r5", M_PROFILE, 32, 5},
    {"r6", M_PROFILE, 32, 6},      {"r7", M_PROFILE, 32, 7},
    {"r8", M_PROFILE, 32, 8},      {"r9", M_PROFILE, 32, 9},
    {"r10", M_PROFILE, 32, 10},    {"r11", M_PROFILE, 32, 11},
    {"r12", M_PROFILE, 32, 12},    {"sp", M_PROFILE, 32, 13},
    {"lr", M_PROFILE, 32, 14},     {"pc", M_PROFILE, 32, 15},
    {"xpsr", M_PROFILE, 32, 25},   {"msp", M_SYSTEM, 32, 26},
    {"psp", M_SYSTEM, 32, 27},     {"primask", M_SYSTEM, 32, 28},
    {"basepri", M_SYSTEM, 32, 29}, {"faultmask", M_SYSTEM, 32, 30},
    {"control", M_SYSTEM, 32, 31}, {"d0", VFP, 64, 32},
    {"d1", VFP, 64, 33},           {"d2", VFP, 64, 34},
    {"d3", VFP, 64, 35},           {"d4", VFP, 64, 36},
    {"d5", VFP, 64, 37},           {"d6", VFP, 64, 38},
    {"d7", VFP, 64, 39},           {"d8", VFP, 64, 40},
    {"d9", VFP, 64, 41},           {"d10", VFP, 64, 42},
    {"d11", VFP, 64, 43},          {"d12", VFP, 64, 44},
    {"d13", VFP, 64, 45},          {"d14", VFP, 64, 46},
    {"d15", VFP, 64, 47},          {"fpscr", VFP, 32, 48},
};
const size_t arm_register_count = REG_D0;
const size_t arm_register_count_fp = REG_FPSCR + 1;

static struct arm_cpu *cpu_of(const struct mote_core *mote_core)
{
    struct arm_core *core = mote_core->device->state;
    if (core->vectors_due) {
        core->vectors_due = false;
        arm_load_vectors(core);
    }
    return &core->cpu;
}

uint64_t arm_read_register(const struct mote_core *core, size_t index)
{
    const struct arm_cpu *cpu = cpu_of(core);
    if (index < REG_PC)
        return cpu->r[index];
    if (index >= REG_D0 && index < REG_FPSCR) {
        size_t s = 2 * (index - REG_D0);
        return cpu->s[s] | (uint64_t)cpu->s[s + 1] << 32;
    }
    switch (index) {
    case REG_PC:
        return cpu->pc;
    case REG_XPSR:
        return arm_xpsr(cpu);
    case REG_MSP:
        return arm_get_sp(cpu, false);
    case REG_PSP:
        return arm_get_sp(cpu, true);
    case REG_PRIMASK:
        return cpu->primask;
    case REG_BASEPRI:
        return cpu->basepri;
    case REG_FAULTMASK:
        return cpu->faultmask;
    case REG_CONTROL:
        return cpu->control;
    case REG_FPSCR:
        return cpu->fpscr;
    default:
        return 0;
    }
}

void arm_write_register(struct mote_core *core, size_t index, uint64_t value64)
{
    struct arm_cpu *cpu = cpu_of(core);
    uint32_t value = (uint32_t)value64;
    if (index < REG_PC) {
        cpu->r[index] = index == REG_SP ? value & ~3u : value;
    } else if (index >= REG_D0 && index < REG_FPSCR) {
        cpu->s[2 * (index - REG_D0)] = value;
        cpu->s[2 * (index - REG_D0) + 1] = (uint32_t)(value64 >> 32);
    } else if (index == REG_PC) {
        cpu->pc = cpu->next_pc = value & ~1u;
        cpu->itstate = 0;
        cpu->fetch_branch = true;
    } else if (index == REG_XPSR) {
        arm_set_psr(cpu, value);
    } else if (index == REG_MSP || index == REG_PSP) {
        arm_set_sp(cpu, index == REG_PSP, value);
    } else if (index == REG_PRIMASK) {
        cpu->primask = value & 1;
    } else if (index == REG_BASEPRI) {
        cpu->basepri = value & cpu->nvic->priority_mask;
    } else if (index == REG_FAULTMASK) {
        cpu->faultmask = value & 1;
    } else if (index == REG_CONTROL) {
        arm_set_mode(cpu, cpu->exception, value & 7);
    } else if (index == REG_FPSCR) {
        cpu->fpscr = value & ARM_FPSCR_BITS;
    }
    arm_nvic_update(cpu);
}

/* ---- call chain -------------------------------------------------------------------------------
 */

/* Whether `address` is what a call leaves in LR: odd, and right after a BL or a BLX register. */
static bool is_return_address(const struct arm_cpu *cpu, uint32_t address)
{
    uint16_t high, low;
    uint32_t at = address & ~1u;
    if (!(address & 1) || !arm_code_half(cpu, at, &low))
        return false;
    if (arm_code_half(cpu, at - 2, &low) && (low & 0xFF87) == 0x4780)
        return true;
    return arm_code_half(cpu, at - 4, &high) && arm_code_half(cpu, at - 2, &low) &&
           (high & 0xF800) == 0xF000 && (low & 0xD000) == 0xD000;
}

struct chain {
    uint64_t *addresses;
    size_t count, max;
};

static void chain_add(struct chain *chain, uint32_t address)
{
    if (chain->count < chain->max &&
        (chain->count == 0 || chain->addresses[chain->count - 1] != (address & ~1u)))
        chain->addresses[chain->count++] = address & ~1u;
}

static bool peek(const struct arm_cpu *cpu, uint32_t address, uint32_t *word)
{
    uint16_t low, high;
    /* Stacks lie in memory, executable or not. */
    const struct mote_region *region = mote_region_find(cpu->sys, address);
    if (region == NULL || address - region->base > region->size_bytes - 4)
        return false;
    const uint8_t *p = region->host + (address - region->base);
    low = (uint16_t)(p[0] | p[1] << 8);
    high = (uint16_t)(p[2] | p[3] << 8);
    *word = low | (uint32_t)high << 16;
    return true;
}

/* An exception frame at the address: a code address, then an xPSR with T and no reserved bits. What
 * a branch to nowhere left looks odd, so the fault status says what else may pass. */
static bool is_frame(const struct arm_cpu *cpu, uint32_t address)
{
    uint32_t pc, psr, cfsr = mote_reg(arm_core_of(cpu)->scb, SCB_CFSR);
    uint16_t half;
    if (!peek(cpu, address + 24, &pc) || !peek(cpu, address + 28, &psr) || (pc & 1) ||
        (psr & 0x00F00000u))
        return false;
    if (!(psr & 0x01000000u))
        return (cfsr & ARM_CFSR_INVSTATE) != 0;
    return arm_code_half(cpu, pc, &half) || (cfsr & (ARM_CFSR_IBUSERR | ARM_CFSR_IACCVIOL));
}

/* Where the frame was made, and its caller when LR tells. A pc that leads nowhere came from a call
 * as a rule: then the call instruction stands for it. */
static void chain_frame(const struct arm_cpu *cpu, struct chain *chain, uint32_t address)
{
    uint32_t lr, pc, psr;
    uint16_t half;
    if (!peek(cpu, address + 20, &lr) || !peek(cpu, address + 24, &pc) ||
        !peek(cpu, address + 28, &psr))
        return;
    bool somewhere = (psr & 0x01000000u) && arm_code_half(cpu, pc, &half);
    if (somewhere)
        chain_add(chain, pc);
    if (!is_return_address(cpu, lr))
        return;
    bool short_call = arm_code_half(cpu, (lr & ~1u) - 2, &half) && (half & 0xFF87) == 0x4780;
    chain_add(chain, somewhere ? lr : lr - (short_call ? 2 : 4));
}

static bool is_exc_return(uint32_t value)
{
    return value >= 0xFFFFFFA0u && value != 0xFFFFFFFFu;
}

size_t arm_call_chain(const struct mote_core *mote_core, uint64_t *addresses, size_t max)
{
    enum { SCAN_WORDS = 1024 };
    const struct arm_cpu *cpu = cpu_of(mote_core);
    struct chain chain = {addresses, 0, max};
    uint32_t sp = cpu->r[REG_SP], lr = cpu->r[REG_LR], word;
    bool in_handler = arm_handler_mode(cpu);
    if (is_return_address(cpu, lr))
        chain_add(&chain, lr);
    if (is_exc_return(lr) && is_frame(cpu, lr & 4 ? arm_get_sp(cpu, true) : sp)) {
        sp = lr & 4 ? arm_get_sp(cpu, true) : sp;
        chain_frame(cpu, &chain, sp);
        sp += 32;
        in_handler = false;
    }
    for (uint32_t i = 0; i < SCAN_WORDS && chain.count < max && peek(cpu, sp, &word); i++) {
        if (in_handler && is_exc_return(word) && (word & 4)) {
            /* The interrupted thread has its own stack. */
            sp = arm_get_sp(cpu, true);
            chain_frame(cpu, &chain, sp);
            sp += 32;
            in_handler = false;
        } else if (in_handler && is_frame(cpu, sp)) {
            chain_frame(cpu, &chain, sp);
            sp += 32;
        } else {
            if (is_return_address(cpu, word))
                chain_add(&chain, word);
            sp += 4;
        }
    }
    return chain.count;
}

/* ---- disassembly ------------------------------------------------------------------------------
 */

size_t arm_disassemble(const struct mote_core *mote_core, uint64_t address, char *text,
                       size_t bytes)
{
    const struct arm_cpu *cpu = cpu_of(mote_core);
    uint8_t code[4] = {0};
    size_t length = 0;
    uint16_t half;
    for (; length < 4 && arm_code_half(cpu, (uint32_t)address + (uint32_t)length, &half);
         length += 2) {
        code[length] = (uint8_t)half;
        code[length + 1] = (uint8_t)(half >> 8);
    }
    if (bytes > 0)
        text[0] = '\0';
    return arm_disassemble_bytes(code, length, cpu->features & ARM_HAS_V8M, text, bytes);
}
