/* The floating-point control and status registers: fflags, frm, fcsr.
 *
 * Document: Volume I, "F" 2.2 (fcsr); Volume II 3.1.6.6 (mstatus.FS). They exist for instructions
 * while mstatus.FS is not off, and a write makes FS dirty. */
#include "riscv.h"
#include "fp/fp.h"

enum { CSR_FFLAGS = 1, CSR_FRM = 2, CSR_FCSR = 3, FRM_SHIFT = 5, FLAGS = 0x1F };

uint32_t riscv_fp_mode(uint32_t mode)
{
    static const uint32_t modes[] = {
        [RISCV_FRM_RNE] = FP_NEAREST << FP_ROUND_SHIFT,
        [RISCV_FRM_RTZ] = FP_TO_ZERO << FP_ROUND_SHIFT,
        [RISCV_FRM_RDN] = FP_DOWN << FP_ROUND_SHIFT,
        [RISCV_FRM_RUP] = FP_UP << FP_ROUND_SHIFT,
        [RISCV_FRM_RMM] = FP_ROUND_AWAY,
    };
    return FP_DEFAULT_NAN | FP_TINY_AFTER | (mode <= RISCV_FRM_RMM ? modes[mode] : 0);
}

/* fflags has NX, UF, OF, DZ, NV from bit 0 on; fp.h has them the other way round. */
static uint32_t reversed(uint32_t flags)
{
    uint32_t out = 0;
    for (uint32_t i = 0; i < 5; i++)
        out |= (flags >> i & 1) << (4 - i);
    return out;
}

bool riscv_fcsr_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value)
{
    if (!(cpu->features & RISCV_HAS_F) || number < CSR_FFLAGS || number > CSR_FCSR)
        return false;
    uint32_t flags = reversed(cpu->fp_env & FLAGS);
    *value = number == CSR_FFLAGS ? flags
             : number == CSR_FRM  ? cpu->frm
                                  : cpu->frm << FRM_SHIFT | flags;
    return true;
}

bool riscv_fcsr_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value)
{
    uint64_t old;
    if (!riscv_fcsr_read(cpu, number, &old))
        return false;
    uint32_t flags = number == CSR_FRM ? cpu->fp_env & FLAGS : reversed(value & FLAGS);
    if (number != CSR_FFLAGS)
        cpu->frm = (number == CSR_FRM ? value : value >> FRM_SHIFT) & 7;
    cpu->fp_env = riscv_fp_mode(cpu->frm) | flags;
    cpu->mstatus |= RISCV_MSTATUS_FS;
    return true;
}
