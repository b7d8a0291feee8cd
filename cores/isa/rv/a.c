/* A: load-reserved, store-conditional and atomic memory operations. Volume I chapter 14.
 * One hart: an atomic operation is a load and a store; acquire and release order nothing more. A
 * reservation is an address, lost by SC and by traps' returns alone. */
#include "_rv.h"

static enum riscv_result check(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes, bool store)
{
    if ((address & (bytes - 1)) == 0)
        return RISCV_OK;
    return riscv_raise(cpu, store ? RISCV_CAUSE_MISALIGNED_STORE : RISCV_CAUSE_MISALIGNED_LOAD,
                       address);
}

/* Bit 12 tells words from doublewords. */
static uint32_t width_bytes(const struct riscv_insn *insn)
{
    return insn->raw >> 12 & 1 ? 8 : 4;
}

static void set_rd(struct riscv_cpu *cpu, const struct riscv_insn *insn, uint64_t value)
{
    if (width_bytes(insn) == 4)
        value = (uint64_t)(int32_t)value;
    cpu->x[insn->rd] = value & cpu->xmask;
}

static enum riscv_result lr(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint64_t address = cpu->x[insn->rs1], value;
    uint32_t bytes = width_bytes(insn);
    enum riscv_result result = check(cpu, address, bytes, false);
    if (result == RISCV_OK)
        result = riscv_load(cpu, address, bytes, &value);
    if (result == RISCV_RAISED)
        return result;
    cpu->reserved = true;
    cpu->reservation = address;
    set_rd(cpu, insn, value);
    return result;
}

static enum riscv_result sc(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint64_t address = cpu->x[insn->rs1];
    uint32_t bytes = width_bytes(insn);
    enum riscv_result result = check(cpu, address, bytes, true);
    if (result != RISCV_OK)
        return result;
    bool succeeds = cpu->reserved && cpu->reservation == address;
    if (succeeds)
        result = riscv_store(cpu, address, bytes, cpu->x[insn->rs2]);
    if (result == RISCV_RAISED)
        return result;
    cpu->reserved = false;
    cpu->x[insn->rd] = !succeeds;
    return result;
}

/* Faults of the load half are those of a store: Volume II, table of exception codes. */
static enum riscv_result fetch_old(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                   uint64_t *old)
{
    enum riscv_result result = check(cpu, address, bytes, true);
    if (result == RISCV_OK)
        result = riscv_load(cpu, address, bytes, old);
    if (result == RISCV_RAISED && cpu->cause == RISCV_CAUSE_LOAD_ACCESS)
        cpu->cause = RISCV_CAUSE_STORE_ACCESS;
    return result;
}

#define AMO_OF(name, type, expression)                                                             \
    static enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)            \
    {                                                                                              \
        uint64_t address = cpu->x[insn->rs1], old;                                                 \
        enum riscv_result result = fetch_old(cpu, address, sizeof(type), &old);                    \
        if (result == RISCV_RAISED)                                                                \
            return result;                                                                         \
        const type a = (type)old, b = (type)cpu->x[insn->rs2];                                     \
        (void)a;                                                                                   \
        result = riscv_store(cpu, address, sizeof(type), (uint64_t)(expression));                  \
        if (result != RISCV_RAISED)                                                                \
            set_rd(cpu, insn, old);                                                                \
        return result;                                                                             \
    }
#define AMO(name, sign, expression)                                                                \
    AMO_OF(name##_w, sign##32_t, expression)                                                       \
    AMO_OF(name##_d, sign##64_t, expression)

AMO(amoswap, uint, b)
AMO(amoadd, uint, a + b)
AMO(amoxor, uint, a ^ b)
AMO(amoand, uint, a &b)
AMO(amoor, uint, a | b)
AMO(amomin, int, a < b ? a : b)
AMO(amomax, int, a > b ? a : b)
AMO(amominu, uint, a < b ? a : b)
AMO(amomaxu, uint, a > b ? a : b)

static bool decode(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_r(raw, insn);
    rv_set_memory(insn, false);
    return true;
}

#define A   RISCV_HAS_A
#define CLS MOTE_CLASS_LOAD_MULTI

static const struct riscv_row rows[] = {
    {0xF9F0707F, 0x1000202F, A, MOTE_CLASS_LOAD, "lr.w %d, (%s)", decode, RV_ANY(lr)},
    {0xF9F0707F, 0x1000302F, A, MOTE_CLASS_LOAD, "lr.d %d, (%s)", decode, NULL, lr},
    {0xF800707F, 0x1800202F, A, MOTE_CLASS_STORE, "sc.w %d, %t, (%s)", decode, RV_ANY(sc)},
    {0xF800707F, 0x1800302F, A, MOTE_CLASS_STORE, "sc.d %d, %t, (%s)", decode, NULL, sc},
    {0xF800707F, 0x0800202F, A, CLS, "amoswap.w %d, %t, (%s)", decode, RV_ANY(amoswap_w)},
    {0xF800707F, 0x0800302F, A, CLS, "amoswap.d %d, %t, (%s)", decode, NULL, amoswap_d},
    {0xF800707F, 0x0000202F, A, CLS, "amoadd.w %d, %t, (%s)", decode, RV_ANY(amoadd_w)},
    {0xF800707F, 0x0000302F, A, CLS, "amoadd.d %d, %t, (%s)", decode, NULL, amoadd_d},
    {0xF800707F, 0x2000202F, A, CLS, "amoxor.w %d, %t, (%s)", decode, RV_ANY(amoxor_w)},
    {0xF800707F, 0x2000302F, A, CLS, "amoxor.d %d, %t, (%s)", decode, NULL, amoxor_d},
    {0xF800707F, 0x6000202F, A, CLS, "amoand.w %d, %t, (%s)", decode, RV_ANY(amoand_w)},
    {0xF800707F, 0x6000302F, A, CLS, "amoand.d %d, %t, (%s)", decode, NULL, amoand_d},
    {0xF800707F, 0x4000202F, A, CLS, "amoor.w %d, %t, (%s)", decode, RV_ANY(amoor_w)},
    {0xF800707F, 0x4000302F, A, CLS, "amoor.d %d, %t, (%s)", decode, NULL, amoor_d},
    {0xF800707F, 0x8000202F, A, CLS, "amomin.w %d, %t, (%s)", decode, RV_ANY(amomin_w)},
    {0xF800707F, 0x8000302F, A, CLS, "amomin.d %d, %t, (%s)", decode, NULL, amomin_d},
    {0xF800707F, 0xA000202F, A, CLS, "amomax.w %d, %t, (%s)", decode, RV_ANY(amomax_w)},
    {0xF800707F, 0xA000302F, A, CLS, "amomax.d %d, %t, (%s)", decode, NULL, amomax_d},
    {0xF800707F, 0xC000202F, A, CLS, "amominu.w %d, %t, (%s)", decode, RV_ANY(amominu_w)},
    {0xF800707F, 0xC000302F, A, CLS, "amominu.d %d, %t, (%s)", decode, NULL, amominu_d},
    {0xF800707F, 0xE000202F, A, CLS, "amomaxu.w %d, %t, (%s)", decode, RV_ANY(amomaxu_w)},
    {0xF800707F, 0xE000302F, A, CLS, "amomaxu.d %d, %t, (%s)", decode, NULL, amomaxu_d},
};

RV_TABLE(a);
