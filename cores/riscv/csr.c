/* Control and status registers of a hart with machine and, where it has it, user mode.
 *
 * Document: Volume II, chapters 2 and 3.
 * Modelled: the machine information registers, trap setup and handling, mcycle, minstret, their
 * user shadows, mcountinhibit, mcounteren; mstatush, mconfigptr and menvcfg, hardwired to 0. mcycle
 * stands still during WFI. Beside this file: fcsr.c, pmp.c, trigger.c, hpm.c. Not modelled: the
 * time CSR (illegal; timers are memory-mapped), supervisor mode. */
#include "riscv.h"

enum {
    CSR_FCSR = 0x003,
    CSR_CYCLE = 0xC00,
    CSR_INSTRET = 0xC02,
    CSR_CYCLEH = 0xC80,
    CSR_INSTRETH = 0xC82,
    CSR_MSTATUS = 0x300,
    CSR_MISA = 0x301,
    CSR_MIE = 0x304,
    CSR_MTVEC = 0x305,
    CSR_MCOUNTEREN = 0x306,
    CSR_MENVCFG = 0x30A,
    CSR_MSTATUSH = 0x310,
    CSR_MENVCFGH = 0x31A,
    CSR_MCOUNTINHIBIT = 0x320,
    CSR_MSCRATCH = 0x340,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_MTVAL = 0x343,
    CSR_MIP = 0x344,
    CSR_MCYCLE = 0xB00,
    CSR_MINSTRET = 0xB02,
    CSR_MCYCLEH = 0xB80,
    CSR_MINSTRETH = 0xB82,
    CSR_MVENDORID = 0xF11,
    CSR_MARCHID = 0xF12,
    CSR_MIMPID = 0xF13,
    CSR_MHARTID = 0xF14,
    CSR_MCONFIGPTR = 0xF15,
    CSR_VEX_IRQ_MASK = 0xBC0,
    CSR_VEX_IRQ_PENDING = 0xFC0,
};

enum { INHIBIT_CY = 1 << 0, INHIBIT_IR = 1 << 2 };

#define MIE_BITS (RISCV_MIP_MSIP | RISCV_MIP_MTIP | RISCV_MIP_MEIP | 0xFFFF0000u)

uint64_t riscv_misa(const struct riscv_cpu *cpu)
{
    uint64_t misa = cpu->xlen == 64 ? 2ull << 62 : 1u << 30; /* MXL */
    static const struct {
        uint32_t feature;
        char letter;
    } letters[] = {{RISCV_HAS_M, 'M'}, {RISCV_HAS_A, 'A'}, {RISCV_HAS_C, 'C'},
                   {RISCV_HAS_U, 'U'}, {RISCV_HAS_F, 'F'}, {RISCV_HAS_D, 'D'}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (cpu->features & letters[i].feature)
            misa |= 1u << (letters[i].letter - 'A');
    const uint32_t b = RISCV_HAS_ZBA | RISCV_HAS_ZBB | RISCV_HAS_ZBS;
    misa |= (cpu->features & b) == b ? 1u << 1 : 0;
    return misa | 1u << ((cpu->features & RISCV_HAS_E ? 'E' : 'I') - 'A');
}

bool riscv_csr_is_slow(uint32_t number)
{
    uint32_t group = number & ~0x1Fu;
    return number == CSR_MSTATUS || number == CSR_MTVEC || number == CSR_MEPC ||
           number == CSR_MCAUSE || group == CSR_MCOUNTINHIBIT || group == CSR_MCYCLE ||
           group == CSR_MCYCLEH || group == CSR_CYCLE || group == CSR_CYCLEH;
}

/* ---- counters ---------------------------------------------------------------------------------
 */

static uint64_t counter_value(const struct riscv_counter *counter, uint64_t total, bool inhibited)
{
    return inhibited ? counter->offset : total + counter->offset;
}

static uint64_t cycle_value(const struct riscv_cpu *cpu)
{
    return counter_value(&cpu->mcycle, cpu->cycles, cpu->mcountinhibit & INHIBIT_CY);
}

static uint64_t instret_value(const struct riscv_cpu *cpu)
{
    return counter_value(&cpu->minstret, cpu->instructions, cpu->mcountinhibit & INHIBIT_IR);
}

static void set_counter(struct riscv_counter *counter, uint64_t total, bool inhibited,
                        uint64_t value)
{
    counter->offset = inhibited ? value : value - total;
}

static void set_cycle(struct riscv_cpu *cpu, uint64_t value)
{
    set_counter(&cpu->mcycle, cpu->cycles, cpu->mcountinhibit & INHIBIT_CY, value);
}

static void set_instret(struct riscv_cpu *cpu, uint64_t value)
{
    /* The writing instruction does not count: 3.1.10. */
    set_counter(&cpu->minstret, cpu->instructions + 1, cpu->mcountinhibit & INHIBIT_IR, value);
}

static void write_inhibit(struct riscv_cpu *cpu, uint64_t value)
{
    uint64_t cycle = cycle_value(cpu), instret = instret_value(cpu);
    uint64_t events = (1ull << cpu->model.hpm_counters) - 1;
    riscv_hpm_inhibit(cpu, value & (INHIBIT_CY | INHIBIT_IR | events << 3));
    set_counter(&cpu->mcycle, cpu->cycles, cpu->mcountinhibit & INHIBIT_CY, cycle);
    set_counter(&cpu->minstret, cpu->instructions, cpu->mcountinhibit & INHIBIT_IR, instret);
}

void riscv_csr_reset_counters(struct riscv_cpu *cpu)
{
    cpu->mcountinhibit = cpu->model.mcountinhibit;
    set_counter(&cpu->mcycle, cpu->cycles, cpu->mcountinhibit & INHIBIT_CY, 0);
    set_counter(&cpu->minstret, cpu->instructions, cpu->mcountinhibit & INHIBIT_IR, 0);
    riscv_hpm_reset(cpu);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static bool is_hardwired_zero(const struct riscv_cpu *cpu, uint32_t number)
{
    if (!cpu->model.privileged_1_12)
        return false;
    bool user = cpu->features & RISCV_HAS_U;
    return number == CSR_MSTATUSH || number == CSR_MCONFIGPTR ||
           (user && (number == CSR_MENVCFG || number == CSR_MENVCFGH));
}

static bool read_counter(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    switch (number) {
    case CSR_CYCLE:
    case CSR_MCYCLE:
        *value = cycle_value(cpu) & cpu->xmask;
        return true;
    case CSR_CYCLEH:
    case CSR_MCYCLEH:
        *value = (uint32_t)(cycle_value(cpu) >> 32);
        return true;
    case CSR_INSTRET:
    case CSR_MINSTRET:
        *value = instret_value(cpu) & cpu->xmask;
        return true;
    case CSR_INSTRETH:
    case CSR_MINSTRETH:
        *value = (uint32_t)(instret_value(cpu) >> 32);
        return true;
    default:
        return false;
    }
}

static const uint64_t *plain_register(const struct riscv_cpu *cpu, uint32_t number)
{
    switch (number) {
    case CSR_MSTATUS:
        return &cpu->mstatus;
    case CSR_MIE:
        return &cpu->mie;
    case CSR_MTVEC:
        return &cpu->mtvec;
    case CSR_MCOUNTEREN:
        return cpu->features & RISCV_HAS_U ? &cpu->mcounteren : NULL;
    case CSR_MCOUNTINHIBIT:
        return &cpu->mcountinhibit;
    case CSR_MSCRATCH:
        return &cpu->mscratch;
    case CSR_MEPC:
        return &cpu->mepc;
    case CSR_MCAUSE:
        return &cpu->mcause;
    case CSR_MTVAL:
        return &cpu->mtval;
    case CSR_MIP:
        return &cpu->mip;
    case CSR_MVENDORID:
        return &cpu->model.mvendorid;
    case CSR_MARCHID:
        return &cpu->model.marchid;
    case CSR_MIMPID:
        return &cpu->model.mimpid;
    case CSR_MHARTID:
        return &cpu->hartid;
    case CSR_VEX_IRQ_MASK:
        return cpu->features & RISCV_HAS_VEX_IRQ ? &cpu->external_mask : NULL;
    case CSR_VEX_IRQ_PENDING:
        return cpu->features & RISCV_HAS_VEX_IRQ ? &cpu->external_pending : NULL;
    default:
        return NULL;
    }
}

/* The upper halves of 64-bit registers, which RV64 does not need. */
static bool is_upper_half(uint32_t number)
{
    uint32_t group = number & ~0x1Fu;
    return group == 0xB80 || group == 0xC80 || number == CSR_MSTATUSH || number == CSR_MENVCFGH;
}

bool riscv_csr_peek(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    if (cpu->xlen == 64 && is_upper_half(number))
        return false;
    const uint64_t *plain = plain_register(cpu, number);
    if (plain != NULL) {
        *value = *plain;
        if (number == CSR_MSTATUS && (*plain & RISCV_MSTATUS_FS) == RISCV_MSTATUS_FS)
            *value |= 1ull << (cpu->xlen - 1); /* SD */
        return true;
    }
    if (number == CSR_MISA) {
        *value = riscv_misa(cpu);
        return true;
    }
    if (riscv_fcsr_read(cpu, number, value) || riscv_pmp_read(cpu, number, value) ||
        riscv_trigger_read(cpu, number, value) || riscv_hpm_read(cpu, number, value))
        return true;
    *value = 0;
    return is_hardwired_zero(cpu, number) || read_counter(cpu, number, value);
}

/* ---- writing: WARL fields keep what they cannot hold ------------------------------------------
 */

static void write_mstatus(struct riscv_cpu *cpu, uint64_t value)
{
    uint64_t user = cpu->features & RISCV_HAS_U ? RISCV_MSTATUS_MPRV | RISCV_MSTATUS_TW : 0;
    uint64_t fp = cpu->features & RISCV_HAS_F ? RISCV_MSTATUS_FS : 0;
    uint64_t bits = RISCV_MSTATUS_MIE | RISCV_MSTATUS_MPIE | user | fp;
    uint64_t mpp = value & RISCV_MSTATUS_MPP;
    bool legal = mpp == RISCV_MSTATUS_MPP || (mpp == 0 && user != 0);
    cpu->mstatus = (cpu->mstatus & ~bits) | (value & bits);
    if (legal)
        cpu->mstatus = (cpu->mstatus & ~RISCV_MSTATUS_MPP) | mpp;
    riscv_guard_changed(cpu);
    riscv_check_interrupts(cpu);
}

static void write_mtvec(struct riscv_cpu *cpu, uint64_t value)
{
    if ((value & 3) < 2)
        cpu->mtvec = value;
}

static void write_csr(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    if (riscv_fcsr_write(cpu, number, value) || riscv_pmp_write(cpu, number, value) ||
        riscv_trigger_write(cpu, number, value) || riscv_hpm_write(cpu, number, value))
        return;
    switch (number) {
    case CSR_MSTATUS:
        write_mstatus(cpu, value);
        break;
    case CSR_MIE:
        cpu->mie = value & MIE_BITS;
        riscv_check_interrupts(cpu);
        break;
    case CSR_MTVEC:
        write_mtvec(cpu, value);
        break;
    case CSR_MCOUNTEREN:
        cpu->mcounteren = (uint32_t)value;
        break;
    case CSR_MCOUNTINHIBIT:
        write_inhibit(cpu, value);
        break;
    case CSR_MSCRATCH:
        cpu->mscratch = value;
        break;
    case CSR_MEPC:
        cpu->mepc = value & (cpu->features & RISCV_HAS_C ? ~1ull : ~3ull);
        break;
    case CSR_MCAUSE:
        cpu->mcause = value;
        break;
    case CSR_MTVAL:
        cpu->mtval = value;
        break;
    case CSR_MCYCLE:
        set_cycle(cpu, (cycle_value(cpu) & ~cpu->xmask) | value);
        break;
    case CSR_MCYCLEH:
        set_cycle(cpu, (uint32_t)cycle_value(cpu) | value << 32);
        break;
    case CSR_MINSTRET:
        set_instret(cpu, (instret_value(cpu) & ~cpu->xmask) | value);
        break;
    case CSR_VEX_IRQ_MASK:
        cpu->external_mask = value;
        riscv_update_external(cpu);
        break;
    case CSR_MINSTRETH:
        set_instret(cpu, (uint32_t)instret_value(cpu) | value << 32);
        break;
    default: /* misa and mip (its bits follow the wires) take no writes */
        break;
    }
}

/* ---- access by an instruction -----------------------------------------------------------------
 */

static bool allowed(const struct riscv_cpu *cpu, uint32_t number)
{
    if (cpu->mode < (number >> 8 & 3))
        return false;
    if (number <= CSR_FCSR && !(cpu->mstatus & RISCV_MSTATUS_FS))
        return false;
    bool shadow = number >= CSR_CYCLE && number <= 0xC9F;
    return !shadow || cpu->mode == RISCV_MODE_M || (cpu->mcounteren >> (number & 0x1F) & 1);
}

bool riscv_csr_access(struct riscv_cpu *cpu, uint32_t number, uint64_t *old, const uint64_t *write)
{
    if (!allowed(cpu, number) || !riscv_csr_peek(cpu, number, old))
        return false;
    if (write == NULL)
        return true;
    if (number >> 10 == 3)
        return false; /* read-only by its number */
    write_csr(cpu, number, *write);
    return true;
}
