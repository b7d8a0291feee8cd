/* F: single-precision floating point. Volume I, "F", version 2.2. */
#include "_fp.h"

#define F    RISCV_HAS_F
#define ALU  MOTE_CLASS_FP_ALU
#define MOVE MOTE_CLASS_FP_MOVE

static const struct riscv_row rows[] = {
    {0x0000707F, 0x00002007, F, MOTE_CLASS_FP_LOAD, "flw %D, %i(%s)", rv_decode_f_load,
     RV_ANY(rv_fload_s)},
    {0x0000707F, 0x00002027, F, MOTE_CLASS_FP_STORE, "fsw %T, %i(%s)", rv_decode_f_store,
     RV_ANY(rv_fstore_s)},
    {0x0600007F, 0x00000043, F, MOTE_CLASS_FP_MAC, "fmadd.s %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fmadd_s)},
    {0x0600007F, 0x00000047, F, MOTE_CLASS_FP_MAC, "fmsub.s %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fmsub_s)},
    {0x0600007F, 0x0000004B, F, MOTE_CLASS_FP_MAC, "fnmsub.s %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fnmsub_s)},
    {0x0600007F, 0x0000004F, F, MOTE_CLASS_FP_MAC, "fnmadd.s %D, %S, %T, %R%m", rv_decode_f_ffff,
     RV_ANY(rv_fnmadd_s)},
    {0xFE00007F, 0x00000053, F, ALU, "fadd.s %D, %S, %T%m", rv_decode_f_fff, RV_ANY(rv_fadd_s)},
    {0xFE00007F, 0x08000053, F, ALU, "fsub.s %D, %S, %T%m", rv_decode_f_fff, RV_ANY(rv_fsub_s)},
    {0xFE00007F, 0x10000053, F, MOTE_CLASS_FP_MUL, "fmul.s %D, %S, %T%m", rv_decode_f_fff,
     RV_ANY(rv_fmul_s)},
    {0xFE00007F, 0x18000053, F, MOTE_CLASS_FP_DIV, "fdiv.s %D, %S, %T%m", rv_decode_f_fff,
     RV_ANY(rv_fdiv_s)},
    {0xFFF0007F, 0x58000053, F, MOTE_CLASS_FP_SQRT, "fsqrt.s %D, %S%m", rv_decode_f_ff,
     RV_ANY(rv_fsqrt_s)},
    {0xFE00707F, 0x20000053, F, ALU, "fsgnj.s %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnj_s)},
    {0xFE00707F, 0x20001053, F, ALU, "fsgnjn.s %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnjn_s)},
    {0xFE00707F, 0x20002053, F, ALU, "fsgnjx.s %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fsgnjx_s)},
    {0xFE00707F, 0x28000053, F, ALU, "fmin.s %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fmin_s)},
    {0xFE00707F, 0x28001053, F, ALU, "fmax.s %D, %S, %T", rv_decode_f_exact, RV_ANY(rv_fmax_s)},
    {0xFE00707F, 0xA0002053, F, ALU, "feq.s %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_feq_s)},
    {0xFE00707F, 0xA0001053, F, ALU, "flt.s %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_flt_s)},
    {0xFE00707F, 0xA0000053, F, ALU, "fle.s %d, %S, %T", rv_decode_f_compare, RV_ANY(rv_fle_s)},
    {0xFFF0707F, 0xE0001053, F, ALU, "fclass.s %d, %S", rv_decode_x_f_exact, RV_ANY(rv_fclass_s)},
    {0xFFF0007F, 0xC0000053, F, ALU, "fcvt.w.s %d, %S%m", rv_decode_x_f, RV_ANY(rv_fcvt_w_s)},
    {0xFFF0007F, 0xC0100053, F, ALU, "fcvt.wu.s %d, %S%m", rv_decode_x_f, RV_ANY(rv_fcvt_wu_s)},
    {0xFFF0007F, 0xC0200053, F, ALU, "fcvt.l.s %d, %S%m", rv_decode_x_f, NULL, rv_fcvt_l_s},
    {0xFFF0007F, 0xC0300053, F, ALU, "fcvt.lu.s %d, %S%m", rv_decode_x_f, NULL, rv_fcvt_lu_s},
    {0xFFF0007F, 0xD0000053, F, ALU, "fcvt.s.w %D, %s%m", rv_decode_f_x, RV_ANY(rv_fcvt_f_w_s)},
    {0xFFF0007F, 0xD0100053, F, ALU, "fcvt.s.wu %D, %s%m", rv_decode_f_x, RV_ANY(rv_fcvt_f_wu_s)},
    {0xFFF0007F, 0xD0200053, F, ALU, "fcvt.s.l %D, %s%m", rv_decode_f_x, NULL, rv_fcvt_f_l_s},
    {0xFFF0007F, 0xD0300053, F, ALU, "fcvt.s.lu %D, %s%m", rv_decode_f_x, NULL, rv_fcvt_f_lu_s},
    {0xFFF0707F, 0xE0000053, F, MOVE, "fmv.x.w %d, %S", rv_decode_x_f_exact, RV_ANY(rv_fmv_x_s)},
    {0xFFF0707F, 0xF0000053, F, MOVE, "fmv.w.x %D, %s", rv_decode_f_x_exact, RV_ANY(rv_fmv_f_s)},
};

RV_TABLE(f);
