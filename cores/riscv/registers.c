/* The registers of a hart as gdb, traces and windows see them; call chain and disassembly. */
#include "riscv.h"

enum { REGISTER_PC = 32, FIRST_CSR = 33 };

static const char *const x_names[] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "pc",
};
static const char *const f_names[] = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const struct {
    const char *name;
    uint16_t number;
} csrs[] =
    {
        {"mstatus", 0x300},  {"misa", 0x301},   {"mie", 0x304},      {"mtvec", 0x305},
        {"mscratch", 0x340}, {"mepc", 0x341},   {"mcause", 0x342},   {"mtval", 0x343},
        {"mip", 0x344},      {"mcycle", 0xB00}, {"minstret", 0xB02},
},
  fp_csrs[] = {{"fflags", 1}, {"frm", 2}, {"fcsr", 3}};

enum {
    CSRS = sizeof csrs / sizeof *csrs,
    FIRST_F = FIRST_CSR + CSRS,
    FIRST_FP_CSR = FIRST_F + 32,
    FP_CSRS = sizeof fp_csrs / sizeof *fp_csrs,
    GDB_F = 33, /* gdb's numbers: x, pc and f registers first */
    GDB_CSR = 66,
};
_Static_assert(FIRST_FP_CSR + FP_CSRS <= RISCV_REGISTER_MAX, "the table has room");

static void put(struct riscv_cpu *cpu, size_t index, const char *name, const char *feature,
                uint32_t bits, uint32_t gdb_number)
{
    cpu->registers[index] =
        (struct mote_core_register){name, feature, (uint8_t)bits, (uint8_t)gdb_number};
}

void riscv_make_registers(struct riscv_cpu *cpu)
{
    static const char fpu[] = "org.gnu.gdb.riscv.fpu";
    bool fp = cpu->features & RISCV_HAS_F;
    uint32_t xlen = cpu->xlen, flen = cpu->features & RISCV_HAS_D ? 64 : 32;
    for (uint32_t i = 0; i <= REGISTER_PC; i++)
        put(cpu, i, x_names[i], "org.gnu.gdb.riscv.cpu", xlen, i);
    for (uint32_t i = 0; i < CSRS; i++)
        put(cpu, FIRST_CSR + i, csrs[i].name, "org.gnu.gdb.riscv.csr", xlen, GDB_CSR + i);
    for (uint32_t i = 0; i < 32; i++)
        put(cpu, FIRST_F + i, f_names[i], fpu, flen, GDB_F + i);
    for (uint32_t i = 0; i < FP_CSRS; i++)
        put(cpu, FIRST_FP_CSR + i, fp_csrs[i].name, fpu, 32, GDB_CSR + CSRS + i);
    cpu->ops.registers = cpu->registers;
    cpu->ops.register_count = fp ? FIRST_FP_CSR + FP_CSRS : FIRST_F;
}

static bool is_f(size_t index)
{
    return index >= FIRST_F && index < FIRST_FP_CSR;
}

static uint16_t csr_number(size_t index)
{
    return index < FIRST_F ? csrs[index - FIRST_CSR].number : fp_csrs[index - FIRST_FP_CSR].number;
}

uint64_t riscv_read_register(const struct mote_core *core, size_t index)
{
    const struct riscv_cpu *cpu = core->device->state;
    uint64_t value = 0;
    if (index < REGISTER_PC)
        return cpu->x[index];
    if (index == REGISTER_PC)
        return cpu->pc;
    if (is_f(index))
        return cpu->features & RISCV_HAS_D ? cpu->f[index - FIRST_F]
                                           : (uint32_t)cpu->f[index - FIRST_F];
    riscv_csr_peek(cpu, csr_number(index), &value);
    return value;
}

/* A CSR as machine mode would write it, whatever mode the hart is in and whether FS is off. */
static void write_csr(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    uint32_t mode = cpu->mode;
    uint64_t old;
    cpu->mode = RISCV_MODE_M;
    if (!riscv_fcsr_write(cpu, number, value))
        riscv_csr_access(cpu, number, &old, &value);
    cpu->mode = mode;
    riscv_guard_changed(cpu);
}

void riscv_write_register(struct mote_core *core, size_t index, uint64_t value)
{
    struct riscv_cpu *cpu = core->device->state;
    if (index == 0)
        return;
    if (index < REGISTER_PC)
        cpu->x[index] = value & cpu->xmask;
    else if (index == REGISTER_PC)
        cpu->pc = value & cpu->xmask & ~1ull;
    else if (is_f(index))
        cpu->f[index - FIRST_F] = cpu->features & RISCV_HAS_D ? value : value | 0xFFFFFFFF00000000u;
    else
        write_csr(cpu, csr_number(index), value & cpu->xmask);
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
    if (count < max) /* in the handler of an exception: where that came from */
        addresses[count++] = cpu->handling ? cpu->mepc : cpu->pc;
    if (count < max && follows_call(cpu, cpu->x[1]))
        addresses[count++] = cpu->x[1];
    const uint32_t step_bytes = cpu->xlen / 8;
    for (uint32_t at = 0; at < reach_bytes && count < max; at += step_bytes) {
        uint64_t word = 0;
        if (!mote_mem_read(cpu->sys, (cpu->x[2] & ~(step_bytes - 1ull)) + at, &word, step_bytes))
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
