/* C: compressed instructions (without floating point), and Zcb. Volume I chapter 26 and
 * "Zc*". Each is the base instruction that it abbreviates: the decoder fills the same operands. */
#include "_rv.h"

static uint32_t bit(uint32_t raw, unsigned from, unsigned to)
{
    return (raw >> from & 1) << to;
}

/* x8 to x15, by a three-bit field. */
static uint8_t narrow(uint32_t raw, unsigned low)
{
    return (uint8_t)(8 + (raw >> low & 7));
}

static bool operands(struct riscv_insn *insn, uint32_t rd, uint32_t rs1, uint32_t rs2, uint32_t imm)
{
    insn->rd = (uint8_t)rd;
    insn->rs1 = (uint8_t)rs1;
    insn->rs2 = (uint8_t)rs2;
    insn->imm = imm;
    rv_set_registers(insn);
    return true;
}

static uint32_t uimm6(uint32_t raw)
{
    return bit(raw, 12, 5) | rv_bits(raw, 6, 2);
}

static uint32_t imm6(uint32_t raw)
{
    return rv_sign(uimm6(raw), 6);
}

/* ---- quadrant 0: loads and stores by x8 to x15 ------------------------------------------------
 */

static bool addi4spn(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm =
        rv_bits(raw, 12, 11) << 4 | rv_bits(raw, 10, 7) << 6 | bit(raw, 6, 2) | bit(raw, 5, 3);
    return operands(insn, narrow(raw, 2), 2, 0, imm) && imm != 0;
}

static uint32_t word_offset(uint32_t raw)
{
    return rv_bits(raw, 12, 10) << 3 | bit(raw, 6, 2) | bit(raw, 5, 6);
}

static bool load_word(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, narrow(raw, 2), narrow(raw, 7), 0, word_offset(raw));
    rv_set_memory(insn, false);
    return true;
}

static bool store_word(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, 0, narrow(raw, 7), narrow(raw, 2), word_offset(raw));
    rv_set_memory(insn, true);
    return true;
}

static uint32_t doubleword_offset(uint32_t raw)
{
    return rv_bits(raw, 12, 10) << 3 | rv_bits(raw, 6, 5) << 6;
}

static bool load_doubleword(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, narrow(raw, 2), narrow(raw, 7), 0, doubleword_offset(raw));
    rv_set_memory(insn, false);
    return true;
}

static bool store_doubleword(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, 0, narrow(raw, 7), narrow(raw, 2), doubleword_offset(raw));
    rv_set_memory(insn, true);
    return true;
}

/* Zcb: bytes have two offset bits, halfwords one. */
static uint32_t short_offset(uint32_t raw, bool half)
{
    return half ? bit(raw, 5, 1) : bit(raw, 6, 0) | bit(raw, 5, 1);
}

static bool load_short(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, narrow(raw, 2), narrow(raw, 7), 0, short_offset(raw, raw >> 10 & 1));
    rv_set_memory(insn, false);
    insn->t.flags |= MOTE_INSN_NARROW;
    return true;
}

static bool store_short(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, 0, narrow(raw, 7), narrow(raw, 2), short_offset(raw, raw >> 10 & 1));
    rv_set_memory(insn, true);
    return true;
}

/* ---- quadrant 1 -------------------------------------------------------------------------------
 */

static bool addi(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7);
    return operands(insn, rd, rd, 0, imm6(raw));
}

static bool addiw(uint32_t raw, struct riscv_insn *insn)
{
    return addi(raw, insn) && insn->rd != 0;
}

static bool li(uint32_t raw, struct riscv_insn *insn)
{
    return operands(insn, rv_bits(raw, 11, 7), 0, 0, imm6(raw));
}

static bool lui(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7), imm = imm6(raw) << 12;
    return operands(insn, rd, 0, 0, imm) && rd != 2 && imm != 0;
}

static bool addi16sp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = rv_sign(bit(raw, 12, 9) | bit(raw, 6, 4) | bit(raw, 5, 6) |
                               rv_bits(raw, 4, 3) << 7 | bit(raw, 2, 5),
                           10);
    return operands(insn, 2, 2, 0, imm) && imm != 0;
}

static bool shift_narrow(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = narrow(raw, 7), imm = uimm6(raw);
    return operands(insn, rd, rd, 0, imm) && imm < insn->xlen;
}

static bool andi(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = narrow(raw, 7);
    return operands(insn, rd, rd, 0, imm6(raw));
}

static bool arithmetic(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = narrow(raw, 7);
    return operands(insn, rd, rd, narrow(raw, 2), 0);
}

/* Zcb's operations of one register; their immediate is part of the operation. */
static bool unary(uint32_t raw, struct riscv_insn *insn)
{
    static const uint32_t immediates[8] = {0xFF, 0, 0, 0, 0, UINT32_MAX};
    uint32_t rd = narrow(raw, 7);
    return operands(insn, rd, rd, 0, immediates[raw >> 2 & 7]);
}

static bool jump(struct riscv_insn *insn, uint32_t raw, uint32_t rd)
{
    uint32_t imm = bit(raw, 12, 11) | bit(raw, 11, 4) | rv_bits(raw, 10, 9) << 8 | bit(raw, 8, 10) |
                   bit(raw, 7, 6) | bit(raw, 6, 7) | rv_bits(raw, 5, 3) << 1 | bit(raw, 2, 5);
    operands(insn, rd, 0, 0, rv_sign(imm, 12));
    rv_set_jump(insn, rd ? MOTE_INSN_LINK : 0);
    return true;
}

static bool j(uint32_t raw, struct riscv_insn *insn)
{
    return jump(insn, raw, 0);
}

static bool jal(uint32_t raw, struct riscv_insn *insn)
{
    return jump(insn, raw, 1);
}

static bool branch(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = bit(raw, 12, 8) | rv_bits(raw, 11, 10) << 3 | rv_bits(raw, 6, 5) << 6 |
                   rv_bits(raw, 4, 3) << 1 | bit(raw, 2, 5);
    operands(insn, 0, narrow(raw, 7), 0, rv_sign(imm, 9));
    rv_set_jump(insn, MOTE_INSN_CONDITIONAL);
    return true;
}

/* ---- quadrant 2 -------------------------------------------------------------------------------
 */

static bool slli(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7), imm = uimm6(raw);
    return operands(insn, rd, rd, 0, imm) && imm < insn->xlen;
}

static bool lwsp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7);
    operands(insn, rd, 2, 0, bit(raw, 12, 5) | rv_bits(raw, 6, 4) << 2 | rv_bits(raw, 3, 2) << 6);
    rv_set_memory(insn, false);
    return rd != 0;
}

static bool ldsp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7);
    operands(insn, rd, 2, 0, bit(raw, 12, 5) | rv_bits(raw, 6, 5) << 3 | rv_bits(raw, 4, 2) << 6);
    rv_set_memory(insn, false);
    return rd != 0;
}

static bool sdsp(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, 0, 2, rv_bits(raw, 6, 2), rv_bits(raw, 12, 10) << 3 | rv_bits(raw, 9, 7) << 6);
    rv_set_memory(insn, true);
    return true;
}

static bool swsp(uint32_t raw, struct riscv_insn *insn)
{
    operands(insn, 0, 2, rv_bits(raw, 6, 2), rv_bits(raw, 12, 9) << 2 | rv_bits(raw, 8, 7) << 6);
    rv_set_memory(insn, true);
    return true;
}

static bool jump_register(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rs1 = rv_bits(raw, 11, 7), rd = raw >> 12 & 1;
    operands(insn, rd, rs1, 0, 0);
    rv_set_jump(insn, rd ? MOTE_INSN_LINK : rs1 == 1 || rs1 == 5 ? MOTE_INSN_RETURN : 0);
    return rs1 != 0;
}

static bool mv(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rs2 = rv_bits(raw, 6, 2);
    return operands(insn, rv_bits(raw, 11, 7), 0, rs2, 0) && rs2 != 0;
}

static bool add(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t rd = rv_bits(raw, 11, 7), rs2 = rv_bits(raw, 6, 2);
    return operands(insn, rd, rd, rs2, 0) && rs2 != 0;
}

static bool ebreak(uint32_t raw, struct riscv_insn *insn)
{
    (void)raw;
    rv_set_system(insn);
    return true;
}

#define C     RISCV_HAS_C
#define ZCB   (RISCV_HAS_C | RISCV_HAS_ZCB)
#define ALU   MOTE_CLASS_ALU
#define LOAD  MOTE_CLASS_LOAD
#define SHIFT MOTE_CLASS_SHIFT

static const struct riscv_row rows[] = {
    {0xE003, 0x0000, C, ALU, "c.addi4spn %d, %s, %i", addi4spn, RV_BOTH(rv_add)},
    {0xE003, 0x4000, C, LOAD, "c.lw %d, %i(%s)", load_word, RV_ANY(rv_lw)},
    {0xE003, 0xC000, C, MOTE_CLASS_STORE, "c.sw %t, %i(%s)", store_word, RV_ANY(rv_sw)},
    {0xE003, 0x0001, C, ALU, "c.addi %d, %i", addi, RV_BOTH(rv_add)},
    {0xE003, 0x2001, C, MOTE_CLASS_CALL, "c.jal %b", jal, rv_jal, NULL},
    {0xE003, 0x4001, C, ALU, "c.li %d, %i", li, RV_BOTH(rv_add)},
    {0xEF83, 0x6101, C, ALU, "c.addi16sp %i", addi16sp, RV_BOTH(rv_add)},
    {0xE003, 0x6001, C, ALU, "c.lui %d, %x", lui, RV_BOTH(rv_add)},
    {0xEC03, 0x8001, C, SHIFT, "c.srli %d, %i", shift_narrow, RV_BOTH(rv_srl)},
    {0xEC03, 0x8401, C, SHIFT, "c.srai %d, %i", shift_narrow, RV_BOTH(rv_sra)},
    {0xEC03, 0x8801, C, ALU, "c.andi %d, %i", andi, RV_BOTH(rv_and)},
    {0xFC63, 0x8C01, C, ALU, "c.sub %d, %t", arithmetic, RV_BOTH(rv_sub)},
    {0xFC63, 0x8C21, C, ALU, "c.xor %d, %t", arithmetic, RV_BOTH(rv_xor)},
    {0xFC63, 0x8C41, C, ALU, "c.or %d, %t", arithmetic, RV_BOTH(rv_or)},
    {0xFC63, 0x8C61, C, ALU, "c.and %d, %t", arithmetic, RV_BOTH(rv_and)},
    {0xE003, 0xA001, C, MOTE_CLASS_BRANCH, "c.j %b", j, RV_ANY(rv_jal)},
    {0xE003, 0xC001, C, MOTE_CLASS_BRANCH_COND, "c.beqz %s, %b", branch, RV_BOTH(rv_beq)},
    {0xE003, 0xE001, C, MOTE_CLASS_BRANCH_COND, "c.bnez %s, %b", branch, RV_BOTH(rv_bne)},
    {0xE003, 0x0002, C, SHIFT, "c.slli %d, %i", slli, RV_BOTH(rv_sll)},
    {0xE003, 0x4002, C, LOAD, "c.lwsp %d, %i(%s)", lwsp, RV_ANY(rv_lw)},
    {0xF07F, 0x8002, C, MOTE_CLASS_BRANCH_INDIRECT, "c.jr %s", jump_register, RV_ANY(rv_jalr)},
    {0xF003, 0x8002, C, ALU, "c.mv %d, %t", mv, RV_BOTH(rv_add)},
    {0xFFFF, 0x9002, C, MOTE_CLASS_EXCEPTION, "c.ebreak", ebreak, RV_ANY(riscv_ebreak)},
    {0xF07F, 0x9002, C, MOTE_CLASS_BRANCH_INDIRECT, "c.jalr %s", jump_register, RV_ANY(rv_jalr)},
    {0xF003, 0x9002, C, ALU, "c.add %d, %t", add, RV_BOTH(rv_add)},
    {0xE003, 0xC002, C, MOTE_CLASS_STORE, "c.swsp %t, %i(%s)", swsp, RV_ANY(rv_sw)},
    {0xE003, 0x6000, C, LOAD, "c.ld %d, %i(%s)", load_doubleword, NULL, rv_ld},
    {0xE003, 0xE000, C, MOTE_CLASS_STORE, "c.sd %t, %i(%s)", store_doubleword, NULL, rv_sd},
    {0xE003, 0x2001, C, ALU, "c.addiw %d, %i", addiw, RV_W(rv_add)},
    {0xFC63, 0x9C01, C, ALU, "c.subw %d, %t", arithmetic, RV_W(rv_sub)},
    {0xFC63, 0x9C21, C, ALU, "c.addw %d, %t", arithmetic, RV_W(rv_add)},
    {0xE003, 0x6002, C, LOAD, "c.ldsp %d, %i(%s)", ldsp, NULL, rv_ld},
    {0xE003, 0xE002, C, MOTE_CLASS_STORE, "c.sdsp %t, %i(%s)", sdsp, NULL, rv_sd},
    {0xFC03, 0x8000, ZCB, LOAD, "c.lbu %d, %i(%s)", load_short, RV_ANY(rv_lbu)},
    {0xFC43, 0x8400, ZCB, LOAD, "c.lhu %d, %i(%s)", load_short, RV_ANY(rv_lhu)},
    {0xFC43, 0x8440, ZCB, LOAD, "c.lh %d, %i(%s)", load_short, RV_ANY(rv_lh)},
    {0xFC03, 0x8800, ZCB, MOTE_CLASS_STORE, "c.sb %t, %i(%s)", store_short, RV_ANY(rv_sb)},
    {0xFC43, 0x8C00, ZCB, MOTE_CLASS_STORE, "c.sh %t, %i(%s)", store_short, RV_ANY(rv_sh)},
    {0xFC7F, 0x9C61, ZCB, ALU, "c.zext.b %d", unary, RV_BOTH(rv_and)},
    {0xFC7F, 0x9C65, ZCB | RISCV_HAS_ZBB, ALU, "c.sext.b %d", unary, RV_BOTH(rv_sext_b)},
    {0xFC7F, 0x9C69, ZCB | RISCV_HAS_ZBB, ALU, "c.zext.h %d", unary, RV_BOTH(rv_zext_h)},
    {0xFC7F, 0x9C6D, ZCB | RISCV_HAS_ZBB, ALU, "c.sext.h %d", unary, RV_BOTH(rv_sext_h)},
    {0xFC7F, 0x9C75, ZCB, ALU, "c.not %d", unary, RV_BOTH(rv_xor)},
    {0xFC7F, 0x9C71, ZCB | RISCV_HAS_ZBA, ALU, "c.zext.w %d", unary, NULL, rv_add_uw},
    {0xFC63, 0x9C41, ZCB | RISCV_HAS_M, MOTE_CLASS_MUL, "c.mul %d, %t", arithmetic,
     RV_BOTH(rv_mul)},
};

RV_TABLE(c);
