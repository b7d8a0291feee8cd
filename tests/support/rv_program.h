/* Random RV32 programs and a hart to run them: 64 KiB of RAM, another memory, a timer whose
 * interrupt counts in x29. x1 links; x4 counts the loop; x6 points to data, in one memory and in
 * the other in turn by x9 and x10; x29 to x31 are the interrupt handler's. */
#ifndef TESTS_SUPPORT_RV_PROGRAM_H
#define TESTS_SUPPORT_RV_PROGRAM_H

#include "bench.h"
#include "riscv/riscv.h"

#define RAM      0x80000000u
#define TIGHT    0x20000000u /* another memory */
#define CLINT    0x02000000u
#define HANDLER  (RAM + 0x6000)
#define DATA     (RAM + 0x4000)
#define RAM_TOP  (RAM + 0x10000)
#define MTIP_BIT (1u << 7)

enum {
    DATA_BYTES = 0x1000,
    RAM_BYTES = 0x10000,
    MAX_HALVES = 500,
    PROGRAMS = 120,
    TICK_CYCLES = 1777,
    ROUNDS = 400,  /* of each program's loop */
    WARM_UP = 128, /* instructions, of reviews */
};

struct program {
    uint16_t half[MAX_HALVES];
    uint32_t count;
    uint32_t loop; /* address behind the setting of the counter */
    uint32_t end;  /* of the final wfi */
};

enum { NOP = 0x13, WFI = 0x10500073, MRET = 0x30200073 };

struct hart {
    struct bench *bench;
    struct riscv_cpu *cpu;
    struct mote_system *sys;
};

/* The generator of everything random here. */
extern uint32_t program_seed;
uint32_t program_random(void);

/* Encodings. */
uint32_t encode_i_type(uint32_t opcode, uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm);
uint32_t encode_addi(uint32_t rd, uint32_t rs1, uint32_t imm);
uint32_t encode_load(uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm);
uint32_t encode_store(uint32_t f3, uint32_t rs2, uint32_t rs1, uint32_t imm);
uint32_t encode_branch(uint32_t f3, uint32_t rs1, uint32_t rs2, uint32_t offset);
uint32_t encode_jal(uint32_t rd, uint32_t offset);

void program_put(struct program *p, uint32_t half);
void program_put_word(struct program *p, uint32_t word);
void program_set_word(struct program *p, uint32_t at, uint32_t word);
/* A loop of ROUNDS over `length` random instructions, branches and a call, then WFI. */
void program_make(struct program *p, const struct riscv_decoder *decoder, uint32_t length,
                  bool both_memories);

struct hart hart_new(const char *compatible, const uint16_t *code, size_t halves);

#endif
