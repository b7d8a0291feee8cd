/* The registers of an RV32 hart as gdb, traces and windows see them; call chain and disassembly. */
#include "riscv.h"

#define CPU "org.gnu.gdb.riscv.cpu"
#define CSR "org.gnu.gdb.riscv.csr"

enum { REGISTER_PC = 32, FIRST_CSR = 33 };

static const struct mote_core_register table[] = {
    {"zero", CPU, 32, 0},     {"ra", CPU, 32, 1},        {"sp", CPU, 32, 2},
    {"gp", CPU, 32, 3},       {"tp", CPU, 32, 4},        {"t0", CPU, 32, 5},
    {"t1", CPU, 32, 6},       {"t2", CPU, 32, 7},        {"fp", CPU, 32, 8},
    {"s1", CPU, 32, 9},       {"a0", CPU, 32, 10},       {"a1", CPU, 32, 11},
    {"a2", CPU, 32, 12},      {"a3", CPU, 32, 13},       {"a4", CPU, 32, 14},
    {"a5", CPU, 32, 15},      {"a6", CPU, 32, 16},       {"a7", CPU, 32, 17},
    {"s2", CPU, 32, 18},      {"s3", CPU, 32, 19},       {"s4", CPU, 32, 20},
    {"s5", CPU, 32, 21},      {"s6", CPU, 32, 22},       {"s7", CPU, 32, 23},
    {"s8", CPU, 32, 24},      {"s9", CPU, 32, 25},       {"s10", CPU, 32, 26},
    {"s11", CPU, 32, 27},     {"t3", CPU, 32, 28},       {"t4", CPU, 32, 29},
    {"t5", CPU, 32, 30},      {"t6", CPU, 32, 31},       {"pc", CPU, 32, 32},
    {"mstatus", CSR, 32, 66}, {"misa", CSR, 32, 67},     {"mie", CSR, 32, 68},
    {"mtvec", CSR, 32, 69},   {"mscratch", CSR, 32, 70}, {"mepc", CSR, 32, 71},
    {"mcause", CSR, 32, 72},  {"mtval", CSR, 32, 73},    {"mip", CSR, 32, 74},
    {"mcycle", CSR, 32, 75},  {"minstret", CSR, 32, 76},
};

void riscv_make_registers(struct riscv_cpu *cpu)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        cpu->registers[i] = table[i];
        cpu->registers[i].bits = (uint8_t)cpu->xlen;
    }
    cpu->ops.registers = cpu->registers;
    cpu->ops.register_count = sizeof table / sizeof *table;
}

/* By their place after FIRST_CSR. */
static const uint16_t csr_numbers[] = {0x300, 0x301, 0x304, 0x305, 0x340, 0x341,
                                       0x342, 0x343, 0x344, 0xB00, 0xB02};

uint64_t riscv_read_register(const struct mote_core *core, size_t index)
{
    const struct riscv_cpu *cpu = core->device->state;
    uint64_t value = 0;
    if (index < REGISTER_PC)
        return cpu->x[index];
    if (index == REGISTER_PC)
        return cpu->pc;
    riscv_csr_peek(cpu, csr_numbers[index - FIRST_CSR], &value);
    return value;
}

void riscv_write_register(struct mote_core *core, size_t index, uint64_t value)
{
    struct riscv_cpu *cpu = core->device->state;
    uint64_t old, word = value & cpu->xmask;
    uint32_t mode = cpu->mode;
    if (index == 0)
        return;
    if (index < REGISTER_PC) {
        cpu->x[index] = word;
    } else if (index == REGISTER_PC) {
        cpu->pc = word & ~1ull;
    } else {
        cpu->mode = RISCV_MODE_M;
        riscv_csr_access(cpu, csr_numbers[index - FIRST_CSR], &old, &word);
        cpu->mode = mode;
    }
}

/* A return address points behind a jal or jalr that links. */
static bool follows_call(const struct riscv_cpu *cpu, uint64_t address)
{
    for (uint32_t bytes = 2; bytes <= 4; bytes += 2) {
        uint16_t low, high = 0;
        struct riscv_insn insn;
        if (!riscv_code_half(cpu, address - bytes, &low) || ((low & 3) == 3) != (bytes == 4) ||
            (bytes == 4 && !riscv_code_half(cpu, address - 2, &high)))
            continue;
        if (riscv_decode(cpu->decoder, low | (uint32_t)high << 16, &insn) &&
            (insn.t.flags & MOTE_INSN_LINK))
            return true;
    }
    return false;
}

/* pc, ra, and words near the top of the stack that follow a call. */
size_t riscv_call_chain(const struct mote_core *core, uint64_t *addresses, size_t max)
{
    const struct riscv_cpu *cpu = core->device->state;
    const uint32_t reach_bytes = 1024;
    size_t count = 0;
    if (count < max)
        addresses[count++] = cpu->pc;
    if (count < max && follows_call(cpu, cpu->x[1]))
        addresses[count++] = cpu->x[1];
    for (uint32_t at = 0; at < reach_bytes && count < max; at += 4) {
        uint32_t word;
        if (!mote_mem_read(cpu->sys, (cpu->x[2] & ~3ull) + at, &word, 4))
            break;
        if (!(word & 1) && word != addresses[count - 1] && follows_call(cpu, word))
            addresses[count++] = word;
    }
    return count;
}

size_t riscv_disassemble(const struct mote_core *core, uint64_t address, char *text, size_t bytes)
{
    const struct riscv_cpu *cpu = core->device->state;
    uint16_t low, high = 0;
    struct riscv_insn insn;
    if (!riscv_code_half(cpu, address, &low) ||
        ((low & 3) == 3 && !riscv_code_half(cpu, address + 2, &high)) ||
        !riscv_decode(cpu->decoder, low | (uint32_t)high << 16, &insn))
        return 0;
    riscv_format(&insn, address, text, bytes);
    return insn.t.bytes;
}
