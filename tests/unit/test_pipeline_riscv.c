/* Cycles of the RISC-V cores at zero wait states, rule by rule against the tables of their manuals,
 * which cores/timing/data/<core>.yaml names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timing/pipeline.h"

#define R(n) (1ull << (n))
#define BASE 0x1000u

struct op {
    struct mote_insn insn;
    uint32_t operand, divisor_bits;
    int32_t jump; /* taken, so far from its own address; 0: not taken */
    bool backward;
    uint32_t memory_stall;
    bool ends;
};
#define OP(class, size, ...)                                                                       \
    {                                                                                              \
        .insn = {.cls = MOTE_CLASS_##class, .bytes = size, __VA_ARGS__ }                           \
    }
#define END                                                                                        \
    {                                                                                              \
        .ends = true                                                                               \
    }
#define PC          MOTE_INSN_WRITES_PC
#define ALU(d, s)   OP(ALU, 4, .reads = R(s), .writes = R(d))
#define SHIFT(d, s) OP(SHIFT, 4, .reads = R(s), .writes = R(d))
#define LW(d, n)    OP(LOAD, 4, .reads = R(n), .writes = R(d))
#define LB(d, n)    OP(LOAD, 4, .reads = R(n), .writes = R(d), .flags = MOTE_INSN_NARROW)
#define SW(d, n)    OP(STORE, 4, .reads = R(d) | R(n))
#define MUL(d, n)   OP(MUL, 4, .reads = R(n), .writes = R(d))
#define MULH(d, n)  OP(MUL_LONG, 4, .reads = R(n), .writes = R(d))
#define CSRR(d)     OP(SYSTEM, 4, .writes = R(d))

static struct pipeline *pipeline;
static uint64_t pc;

static uint32_t go_on(const struct op *ops)
{
    uint32_t cycles = 0;
    for (; !ops->ends; ops++) {
        uint64_t next = pc + (ops->jump != 0 ? (uint64_t)(int64_t)ops->jump : ops->insn.bytes);
        struct pipeline_step step = {
            .insn = &ops->insn,
            .pc = pc,
            .next_pc = next,
            .executed = true,
            .taken = ops->jump != 0,
            .memory_stall = ops->memory_stall,
            .operand = ops->operand + (ops->backward || ops->jump < 0),
            .divisor_bits = ops->divisor_bits,
        };
        cycles += pipeline_step(pipeline, &step);
        pc = next;
    }
    return cycles;
}

static uint32_t run_at(const struct op *ops, uint64_t address)
{
    /* An instruction that needs and leaves nothing takes the fetch's restart after reset. */
    const struct op first[] = {OP(ALU, 2), END};
    pipeline_reset(pipeline);
    pc = address - 2;
    go_on(first);
    return go_on(ops);
}
#define CYCLES(...) run_at((const struct op[]){__VA_ARGS__, END}, BASE)

static struct op divide(uint32_t quotient_bits, uint32_t divisor_bits)
{
    struct op op = OP(DIV, 4, .reads = R(1) | R(2), .writes = R(3));
    op.operand = quotient_bits + 1;
    op.divisor_bits = divisor_bits;
    return op;
}

static struct op jump(enum mote_insn_class cls, uint64_t reads, uint32_t flags, int32_t by)
{
    struct op op = {.insn = {.cls = (uint8_t)cls, .bytes = 4, .reads = reads}, .jump = by};
    op.insn.flags = (uint16_t)(PC | flags);
    return op;
}
#define JUMP(by)        jump(MOTE_CLASS_BRANCH, 0, 0, by)
#define CALL(by)        jump(MOTE_CLASS_CALL, 0, MOTE_INSN_LINK, by)
#define JUMP_REG(r, by) jump(MOTE_CLASS_BRANCH_INDIRECT, R(r), 0, by)
#define RETURN(by)      jump(MOTE_CLASS_BRANCH_INDIRECT, R(1), MOTE_INSN_RETURN, by)
#define BRANCH(by)      jump(MOTE_CLASS_BRANCH_COND, 0, MOTE_INSN_CONDITIONAL, by)

static struct op slow_csr(uint32_t rd)
{
    struct op op = CSRR(rd);
    op.operand = 1;
    return op;
}

static struct op fence_i(void)
{
    struct op op = OP(BARRIER, 4);
    op.operand = 1;
    return op;
}

static void load(const char *core)
{
    struct mote_err err = {""};
    pipeline_free(pipeline);
    pipeline = pipeline_new(core, &err);
    if (pipeline == NULL)
        fail_msg("%s", err.text);
}

/* ---- CV32E40P: User Manual, Pipeline Details --------------------------------------------------
 */

static void cv32e40p_instructions(void **state)
{
    (void)state;
    load("cv32e40p");
    assert_int_equal(CYCLES(ALU(1, 2)), 1);
    assert_int_equal(CYCLES(SHIFT(1, 2), ALU(3, 1)), 2);
    assert_int_equal(CYCLES(MUL(1, 2), ALU(3, 1)), 2);
    assert_int_equal(CYCLES(MULH(1, 2)), 5);
    assert_int_equal(CYCLES(MULH(1, 2), ALU(3, 1)), 6);
    assert_int_equal(CYCLES(divide(32, 32)), 3);
    assert_int_equal(CYCLES(divide(32, 1)), 34);
    assert_int_equal(CYCLES(divide(32, 0)), 35);
    assert_int_equal(CYCLES(divide(1, 17)), 18);
    assert_int_equal(CYCLES(LW(1, 2)), 1);
    assert_int_equal(CYCLES(SW(1, 2)), 1);
    assert_int_equal(CYCLES(LW(1, 2), LW(3, 4), SW(5, 6)), 3);
    assert_int_equal(pipeline_exception_cycles(pipeline, PIPELINE_MISALIGNED), 1);
    assert_int_equal(CYCLES(CSRR(1)), 1);
    assert_int_equal(CYCLES(slow_csr(1)), 4);
    assert_int_equal(CYCLES(fence_i()), 2);
}

static void cv32e40p_hazards(void **state)
{
    (void)state;
    load("cv32e40p");
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 1)), 3);
    assert_int_equal(CYCLES(LB(1, 2), ALU(3, 1)), 3);
    assert_int_equal(CYCLES(LW(1, 2), SW(1, 3)), 3);
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 4), ALU(5, 1)), 3);
    assert_int_equal(CYCLES(LW(1, 2), ALU(1, 4), ALU(5, 1)), 3); /* overwritten meanwhile */
    assert_int_equal(CYCLES(JUMP_REG(1, 8)), 2);
    assert_int_equal(CYCLES(ALU(1, 2), JUMP_REG(1, 8)), 4);
    assert_int_equal(CYCLES(ALU(1, 2), ALU(3, 4), JUMP_REG(1, 8)), 4);
    assert_int_equal(CYCLES(LW(1, 2), JUMP_REG(1, 8)), 5);
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 4), JUMP_REG(1, 8)), 5);
    struct op slow = LW(1, 2);
    slow.memory_stall = 3;
    assert_int_equal(CYCLES(slow, ALU(3, 1)), 6);
}

static void cv32e40p_control(void **state)
{
    (void)state;
    load("cv32e40p");
    const struct op wide = ALU(1, 2), narrow = OP(ALU, 2);
    assert_int_equal(CYCLES(BRANCH(0)), 1);
    assert_int_equal(CYCLES(JUMP(8), wide), 3);
    assert_int_equal(CYCLES(CALL(8), wide), 3);
    assert_int_equal(CYCLES(BRANCH(8), wide), 4);
    assert_int_equal(CYCLES(BRANCH(-8), wide), 4); /* no prediction */
    assert_int_equal(CYCLES(JUMP(10), wide), 4);
    assert_int_equal(CYCLES(BRANCH(10), wide), 5);
    assert_int_equal(CYCLES(BRANCH(10), narrow), 4);
    assert_int_equal(run_at((const struct op[]){fence_i(), wide, END}, BASE + 2), 4);
    assert_int_equal(run_at((const struct op[]){wide, wide, END}, BASE + 2), 2);
}

/* ---- Ibex: Pipeline Details, two stages, fast multiplier --------------------------------------
 */

static void ibex(void **state)
{
    (void)state;
    load("ibex");
    assert_int_equal(CYCLES(ALU(1, 2)), 1);
    assert_int_equal(CYCLES(LW(1, 2)), 2);
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 1)), 3);
    assert_int_equal(CYCLES(SW(1, 2)), 2);
    assert_int_equal(CYCLES(MUL(1, 2)), 3);
    assert_int_equal(CYCLES(MULH(1, 2)), 4);
    assert_int_equal(CYCLES(divide(32, 32)), 37);
    assert_int_equal(CYCLES(divide(1, 3)), 37);
    assert_int_equal(CYCLES(divide(32, 0)), 2);
    assert_int_equal(CYCLES(slow_csr(1)), 1);
    assert_int_equal(CYCLES(JUMP(8)), 2);
    assert_int_equal(CYCLES(ALU(1, 2), JUMP_REG(1, 8)), 3);
    assert_int_equal(CYCLES(BRANCH(0)), 1);
    assert_int_equal(CYCLES(BRANCH(8)), 3);
    assert_int_equal(CYCLES(fence_i()), 2);
}

/* ---- VexRiscv: README, plugins; a result is there in the stage that its plugin says -----------
 */

static void vexriscv(void **state)
{
    (void)state;
    load("vexriscv");
    assert_int_equal(CYCLES(ALU(1, 2), ALU(3, 1)), 2);
    assert_int_equal(CYCLES(SHIFT(1, 2), ALU(3, 1)), 3); /* memory stage */
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 1)), 4);    /* writeback stage */
    assert_int_equal(CYCLES(LW(1, 2), ALU(4, 5), ALU(3, 1)), 4);
    assert_int_equal(CYCLES(MUL(1, 2), ALU(3, 1)), 4);
    assert_int_equal(CYCLES(MUL(1, 2), MUL(3, 4), MUL(5, 6)), 3); /* pipelined */
    assert_int_equal(CYCLES(divide(1, 3)), 34);
    assert_int_equal(CYCLES(divide(32, 0)), 34);
    assert_int_equal(CYCLES(JUMP(8)), 2);
    assert_int_equal(CYCLES(JUMP_REG(1, 8)), 4);
    /* Static prediction: backward taken, forward not. */
    struct op stays = BRANCH(0), falls_out = BRANCH(0);
    falls_out.backward = true;
    assert_int_equal(CYCLES(BRANCH(-8)), 2);
    assert_int_equal(CYCLES(falls_out), 4);
    assert_int_equal(CYCLES(stays), 1);
    assert_int_equal(CYCLES(BRANCH(8)), 4);
}

/* ---- E31: manual 3.2 and 3.3 ------------------------------------------------------------------
 */

static void e31_latencies(void **state)
{
    (void)state;
    load("sifive-e31");
    assert_int_equal(CYCLES(ALU(1, 2), ALU(3, 1)), 2);
    assert_int_equal(CYCLES(LW(1, 2), ALU(3, 1)), 3);
    assert_int_equal(CYCLES(LB(1, 2), ALU(3, 1)), 4);
    assert_int_equal(CYCLES(LB(1, 2), ALU(4, 5), ALU(3, 1)), 4);
    assert_int_equal(CYCLES(slow_csr(1), ALU(3, 1)), 4);
    assert_int_equal(CYCLES(MUL(1, 2), ALU(3, 1)), 6);
    assert_int_equal(CYCLES(MULH(1, 2), ALU(3, 4), ALU(5, 6)), 3); /* not needed: goes on */
    assert_int_equal(CYCLES(MUL(1, 2), MUL(3, 4)), 6);             /* one at a time */
    assert_int_equal(CYCLES(LW(1, 2), ALU(1, 3)), 3);              /* write after write */
    assert_int_equal(CYCLES(divide(0, 32), ALU(4, 3)), 3);
    assert_int_equal(CYCLES(divide(32, 1), ALU(4, 3)), 34);
    assert_int_equal(CYCLES(divide(32, 0), ALU(4, 3)), 34);
    assert_int_equal(CYCLES(divide(32, 1), ALU(5, 6)), 2);
}

/* A loop at one place: `turns` times backwards, then out. Cycles of its branch alone. */
static uint32_t loop(uint32_t turns)
{
    uint32_t cycles = 0;
    for (uint32_t i = 0; i <= turns; i++) {
        struct op branch = BRANCH(i < turns ? -4 : 0);
        const struct op body[] = {OP(ALU, 4), branch, END};
        cycles += go_on(body) - 2;
    }
    return cycles;
}

static void e31_predicts_branches(void **state)
{
    (void)state;
    load("sifive-e31");
    assert_int_equal(CYCLES(BRANCH(0)), 1); /* never seen: not taken */
    assert_int_equal(CYCLES(BRANCH(8)), 4);
    assert_int_equal(CYCLES(JUMP(8)), 4);
    pipeline_reset(pipeline);
    pc = BASE;
    /* Learns the target, then a direction for each history that it meets, then is right. */
    assert_in_range(loop(100), 3 + 3, 3 + 3 + 9 * 3);
    pc = BASE;
    uint32_t second = loop(100);
    assert_in_range(second, 3, 3 + 9 * 3);
    pc = BASE;
    assert_true(loop(1000) <= second + 3);
    /* What is learned outlives a trap. */
    pipeline_flush(pipeline);
    pc = BASE;
    assert_true(loop(1000) <= second + 3);
    pipeline_reset(pipeline);
    pc = BASE;
    assert_true(loop(1) >= 3);
}

/* A function at BASE + 0x100, called from `from`; cycles beyond the two instructions. */
static uint32_t call_and_return(uint64_t from)
{
    pc = from;
    const struct op ops[] = {CALL((int32_t)(BASE + 0x100 - from)),
                             RETURN((int32_t)(from + 4 - (BASE + 0x100))), END};
    return go_on(ops) - 2;
}

static void e31_predicts_returns(void **state)
{
    (void)state;
    load("sifive-e31");
    pipeline_reset(pipeline);
    assert_int_equal(call_and_return(BASE), 6);      /* neither is known */
    assert_int_equal(call_and_return(BASE + 16), 3); /* the return goes by the stack */
    assert_int_equal(call_and_return(BASE), 0);
    assert_int_equal(call_and_return(BASE + 16), 0);
    /* A jump table's jump, which has no stack, misses whenever its target changes. */
    for (int i = 0; i < 4; i++) {
        pc = BASE + 0x40;
        const struct op ops[] = {JUMP_REG(5, i & 1 ? 0x20 : 0x40), END};
        assert_int_equal(go_on(ops) - 1, 3);
    }
    /* More branches than the BTB holds, in turn: each is forgotten before it comes again. */
    uint32_t cycles = 0;
    for (uint32_t i = 0; i < 3 * 29; i++) {
        pc = BASE + 0x1000 + 16 * (i % 29);
        const struct op ops[] = {JUMP(16), END};
        cycles += go_on(ops) - 1;
    }
    assert_int_equal(cycles, 3 * 29 * 3);
}

static int tear_down(void **state)
{
    (void)state;
    pipeline_free(pipeline);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cv32e40p_instructions),
        cmocka_unit_test(cv32e40p_hazards),
        cmocka_unit_test(cv32e40p_control),
        cmocka_unit_test(ibex),
        cmocka_unit_test(vexriscv),
        cmocka_unit_test(e31_latencies),
        cmocka_unit_test(e31_predicts_branches),
        cmocka_unit_test(e31_predicts_returns),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
