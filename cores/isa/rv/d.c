/* D: double-precision floating point. Volume I, "D", version 2.2. */
#include "_fp.h"

#define D    RISCV_HAS_D
#define ALU  MOTE_CLASS_FP_ALU
#define MOVE MOTE_CLASS_FP_MOVE

FP_INLINE enum riscv_result convert(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                    enum fp_size to, enum fp_size from)
{
    uint32_t env;
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    uint64_t value = rv_fp_read(cpu, from, insn->rs1);
    rv_fp_write(cpu, to, insn->rd, fp_convert(to, from, value, &env));
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

static enum riscv_result to_single(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return convert(cpu, insn, FP32, FP64);
}

static enum riscv_result to_double(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return convert(cpu, insn, FP64, FP32);
}

static const struct riscv_row rows[] = {
    {0xFFF0007F, 0x40100053, D, ALU, "fcvt.s.d %D, %S%m", rv_decode_f_ff, RV_ANY(to_single)},
    {0xFFF0007F, 0x42000053, D, ALU, "fcvt.d.s %D, %S%m", rv_decode_f_ff, RV_ANY(to_double)},
    {0x0000707F, 0x00003007, D, MOTE_CLASS_FP_LOAD, "fld %D, %i(%s)", rv_decode_f_load,
     RV_ANY(rv_fload_d)},
    {0x0000707F, 0x00003027, D, MOTE_CLASS_FP_STORE, "fsd %T, %i(%s)", rv_decode_f_store,
     RV_ANY(rv_fstore_d)},
    {0x0600007F, 0x02000043, D, MOTE_CLASS_FP_MAC, "fmadd.d %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fmadd_d)},
    {0x0600007F, 0x02000047, D, MOTE_CLASS_FP_MAC, "fmsub.d %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fmsub_d)},
    {0x0600007F, 0x0200004B, D, MOTE_CLASS_FP_MAC, "fnmsub.d %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fnmsub_d)},
    {0x0600007F, 0x0200004F, D, MOTE_CLASS_FP_MAC, "fnmadd.d %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fnmadd_d)},
    {0xFE00007F, 0x02000053, D, ALU, "fadd.d %D, %S, %T%m", rv_decode_f_fff, RV_ANY(rv_fadd_d)},
    {0xFE00007F, 0x0A000053, D, ALU, "fsub.d %D, %S, %T%m", rv_decode_f_fff, RV_ANY(rv_fsub_d)},
    {0xFE00007F, 0x12000053, D, MOTE_CLASS_FP_MUL, "fmul.d %D, %S, %T%m", rv_decode_f_fff,
     RV_ANY(rv_fmul_d)},
    {0xFE00007F, 0x1A000053, D, MOTE_CLASS_FP_DIV, "fdiv.d %D, %S, %T%m", rv_decode_f_fff,
     RV_ANY(rv_fdiv_d)},
    {0xFFF0007F, 0x5A000053, D, MOTE_CLASS_FP_SQRT, "fsqrt.d %D, %S%m", rv_decode_f_ff,
     RV_ANY(rv_fsqrt_d)},
    {0xFE00707F, 0x22000053, D, ALU, "fsgnj.d %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnj_d)},
    {0xFE00707F, 0x22001053, D, ALU, "fsgnjn.d %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnjn_d)},
    {0xFE00707F, 0x22002053, D, ALU, "fsgnjx.d %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnjx_d)},
    {0xFE00707F, 0x2A000053, D, ALU, "fmin.d %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fmin_d)},
    {0xFE00707F, 0x2A001053, D, ALU, "fmax.d %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fmax_d)},
    {0xFE00707F, 0xA2002053, D, ALU, "feq.d %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_feq_d)},
    {0xFE00707F, 0xA2001053, D, ALU, "flt.d %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_flt_d)},
    {0xFE00707F, 0xA2000053, D, ALU, "fle.d %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_fle_d)},
    {0xFFF0707F, 0xE2001053, D, ALU, "fclass.d %d, %S", rv_decode_x_f_exact, RV_ANY(rv_fclass_d)},
    {0xFFF0007F, 0xC2000053, D, ALU, "fcvt.w.d %d, %S%m", rv_decode_x_f, RV_ANY(rv_fcvt_w_d)},
    {0xFFF0007F, 0xC2100053, D, ALU, "fcvt.wu.d %d, %S%m", rv_decode_x_f, RV_ANY(rv_fcvt_wu_d)},
    {0xFFF0007F, 0xC2200053, D, ALU, "fcvt.l.d %d, %S%m", rv_decode_x_f, NULL, rv_fcvt_l_d},
    {0xFFF0007F, 0xC2300053, D, ALU, "fcvt.lu.d %d, %S%m", rv_decode_x_f, NULL, rv_fcvt_lu_d},
    {0xFFF0007F, 0xD2000053, D, ALU, "fcvt.d.w %D, %s%m", rv_decode_f_x, RV_ANY(rv_fcvt_f_w_d)},
    {0xFFF0007F, 0xD2100053, D, ALU, "fcvt.d.wu %D, %s%m", rv_decode_f_x, RV_ANY(rv_fcvt_f_wu_d)},
    {0xFFF0007F, 0xD2200053, D, ALU, "fcvt.d.l %D, %s%m", rv_decode_f_x, NULL, rv_fcvt_f_l_d},
    {0xFFF0007F, 0xD2300053, D, ALU, "fcvt.d.lu %D, %s%m", rv_decode_f_x, NULL, rv_fcvt_f_lu_d},
    {0xFFF0707F, 0xE2000053, D, MOVE, "fmv.x.d %d, %S", rv_decode_x_f_exact, NULL, rv_fmv_x_d},
    {0xFFF0707F, 0xF2000053, D, MOVE, "fmv.d.x %D, %s", rv_decode_f_x_exact, NULL, rv_fmv_f_d},
};

RV_TABLE(d);
