/* A Cortex-M core with flash, RAM and nothing else, for tests of the core: put code there as
 * halfwords, run it, look at registers. Flash 256 KiB at 0, RAM 64 KiB at 0x20000000; SP starts at
 * the top of RAM, code at CODE. Every vector leads to HANDLER unless the test sets another. */
#ifndef TESTS_SUPPORT_ARM_BENCH_H
#define TESTS_SUPPORT_ARM_BENCH_H

#include "arm/core.h"
#include "bench.h"

enum { CODE = 0x1000, HANDLER = 0x2000, RAM = 0x20000000, RAM_TOP = 0x20010000 };
#define ARM_BENCH_HZ 64000000u

struct arm_bench {
    struct bench *bench;
    struct mote_system *sys;
    struct mote_clock *clock;
    struct mote_device *dev;
    struct arm_core *core;
    struct arm_cpu *cpu;
    struct mote_core *mote;
    char text[4096]; /* of the debug console */
};

/* `props` as in bench_add(), without "compatible". */
struct arm_bench *arm_bench_new(const char *compatible, const struct bench_prop *props);
void arm_bench_free(struct arm_bench *b);
void arm_bench_code(struct arm_bench *b, uint32_t address, const uint16_t *code, size_t count);
#define ARM_CODE(b, address, ...)                                                                  \
    arm_bench_code((b), (address), (const uint16_t[]){__VA_ARGS__},                                \
                   sizeof((const uint16_t[]){__VA_ARGS__}) / 2)
void arm_bench_vector(struct arm_bench *b, uint32_t exception, uint32_t address);
/* Power-on again, so that vectors and code take effect. */
void arm_bench_reset(struct arm_bench *b);
/* Executes `count` instructions or exception entries. */
void arm_bench_steps(struct arm_bench *b, uint32_t count);
/* Runs events and code until the instruction at `pc` is next, or fails the test after a while. */
void arm_bench_until(struct arm_bench *b, uint32_t pc);
/* Runs events and code for a time. */
void arm_bench_run_ps(struct arm_bench *b, uint64_t ps);
uint32_t arm_bench_word(struct arm_bench *b, uint32_t address);
void arm_bench_set_word(struct arm_bench *b, uint32_t address, uint32_t value);

/* Encodings (Armv7-M ARM A7.7). */
#define T_NOP             0xBF00
#define T_WFE             0xBF20
#define T_WFI             0xBF30
#define T_SEV             0xBF40
#define T_CPSIE_I         0xB662
#define T_CPSID_I         0xB672
#define T_CPSIE_F         0xB661
#define T_CPSID_F         0xB671
#define T_BX(rm)          (uint16_t)(0x4700 | (rm) << 3)
#define T_BX_LR           T_BX(14)
#define T_SVC(n)          (uint16_t)(0xDF00 | (n))
#define T_BKPT(n)         (uint16_t)(0xBE00 | (n))
#define T_MOVS(rd, n)     (uint16_t)(0x2000 | (rd) << 8 | (n))
#define T_ADDS(rd, n)     (uint16_t)(0x3000 | (rd) << 8 | (n))
#define T_CMP(rn, n)      (uint16_t)(0x2800 | (rn) << 8 | (n))
#define T_LDR(rt, rn, n)  (uint16_t)(0x6800 | (n) / 4 << 6 | (rn) << 3 | (rt))
#define T_STR(rt, rn, n)  (uint16_t)(0x6000 | (n) / 4 << 6 | (rn) << 3 | (rt))
#define T_STRH(rt, rn, n) (uint16_t)(0x8000 | (n) / 2 << 6 | (rn) << 3 | (rt))
#define T_STRB(rt, rn, n) (uint16_t)(0x7000 | (n) << 6 | (rn) << 3 | (rt))
#define T_MOV(rd, rm)     (uint16_t)(0x4600 | ((rd)&8) << 4 | (rm) << 3 | ((rd)&7))
#define T_B(offset)       (uint16_t)(0xE000 | (((offset)-4) / 2 & 0x7FF)) /* from this one */
#define T_BNE(offset)     (uint16_t)(0xD100 | (((offset)-4) / 2 & 0xFF))
#define T_PUSH(list, lr)  (uint16_t)(0xB400 | (lr) << 8 | (list))
#define T_POP(list, pc)   (uint16_t)(0xBC00 | (pc) << 8 | (list))
#define T_MSR(sysm, rn)   (uint16_t)(0xF380 | (rn)), (uint16_t)(0x8800 | (sysm))
#define T_MRS(rd, sysm)   0xF3EF, (uint16_t)(0x8000 | (rd) << 8 | (sysm))

#endif
