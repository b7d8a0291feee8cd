/* A: load-reserved, store-conditional and atomic memory operations. Volume I chapter 14.
 * One hart: an atomic operation is a load and a store; acquire and release order nothing more. A
 * reservation is a word, lost by SC and by traps' returns alone. */
#include "_rv.h"

static enum riscv_result check(struct riscv_cpu *cpu, uint32_t address, bool store)
{
    if ((address & 3) == 0)
        return RISCV_OK;
    return riscv_raise(cpu, store ? RISCV_CAUSE_MISALIGNED_STORE : RISCV_CAUSE_MISALIGNED_LOAD,
                       address);
}

static enum riscv_result lr(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint32_t address = cpu->x[insn->rs1], value;
    enum riscv_result result = check(cpu, address, false);
    if (result == RISCV_OK)
        result = riscv_load(cpu, address, 4, &value);
    if (result == RISCV_RAISED)
        return result;
    cpu->reserved = true;
    cpu->reservation = address;
    cpu->x[insn->rd] = value;
    return result;
}

static enum riscv_result sc(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint32_t address = cpu->x[insn->rs1];
    enum riscv_result result = check(cpu, address, true);
    if (result != RISCV_OK)
        return result;
    bool succeeds = cpu->reserved && cpu->reservation == address;
    cpu->reserved = false;
    if (succeeds)
        result = riscv_store(cpu, address, 4, cpu->x[insn->rs2]);
    if (result != RISCV_RAISED)
        cpu->x[insn->rd] = !succeeds;
    return result;
}

/* Faults of the load half are those of a store: Volume II, table of exception codes. */
static enum riscv_result fetch_old(struct riscv_cpu *cpu, uint32_t address, uint32_t *old)
{
    enum riscv_result result = check(cpu, address, true);
    if (result == RISCV_OK)
        result = riscv_load(cpu, address, 4, old);
    if (result == RISCV_RAISED && cpu->cause == RISCV_CAUSE_LOAD_ACCESS)
        cpu->cause = RISCV_CAUSE_STORE_ACCESS;
    return result;
}

#define AMO(name, expression)                                                                      \
    static enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)            \
    {                                                                                              \
        uint32_t a, address = cpu->x[insn->rs1];                                                   \
        const uint32_t b = cpu->x[insn->rs2];                                                      \
        enum riscv_result result = fetch_old(cpu, address, &a);                                    \
        if (result == RISCV_RAISED)                                                                \
            return result;                                                                         \
        result = riscv_store(cpu, address, 4, (expression));                                       \
        if (result != RISCV_RAISED)                                                                \
            cpu->x[insn->rd] = a;                                                                  \
        return result;                                                                             \
    }

AMO(amoswap, b)
AMO(amoadd, a + b)
AMO(amoxor, a ^ b)
AMO(amoand, a &b)
AMO(amoor, a | b)
AMO(amomin, (int32_t)a < (int32_t)b ? a : b)
AMO(amomax, (int32_t)a > (int32_t)b ? a : b)
AMO(amominu, a < b ? a : b)
AMO(amomaxu, a > b ? a : b)

static bool decode(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_r(raw, insn);
    rv_set_memory(insn, false);
    return true;
}

#define A   RISCV_HAS_A
#define CLS MOTE_CLASS_LOAD_MULTI

static const struct riscv_row rows[] = {
    {0xF9F0707F, 0x1000202F, A, MOTE_CLASS_LOAD, "lr.w %d, (%s)", decode, lr},
    {0xF800707F, 0x1800202F, A, MOTE_CLASS_STORE, "sc.w %d, %t, (%s)", decode, sc},
    {0xF800707F, 0x0800202F, A, CLS, "amoswap.w %d, %t, (%s)", decode, amoswap},
    {0xF800707F, 0x0000202F, A, CLS, "amoadd.w %d, %t, (%s)", decode, amoadd},
    {0xF800707F, 0x2000202F, A, CLS, "amoxor.w %d, %t, (%s)", decode, amoxor},
    {0xF800707F, 0x6000202F, A, CLS, "amoand.w %d, %t, (%s)", decode, amoand},
    {0xF800707F, 0x4000202F, A, CLS, "amoor.w %d, %t, (%s)", decode, amoor},
    {0xF800707F, 0x8000202F, A, CLS, "amomin.w %d, %t, (%s)", decode, amomin},
    {0xF800707F, 0xA000202F, A, CLS, "amomax.w %d, %t, (%s)", decode, amomax},
    {0xF800707F, 0xC000202F, A, CLS, "amominu.w %d, %t, (%s)", decode, amominu},
    {0xF800707F, 0xE000202F, A, CLS, "amomaxu.w %d, %t, (%s)", decode, amomaxu},
};

RV_TABLE(a);
