/* State of a hart, and the seams between its parts:
 *   cores/isa/rv   decodes and executes instructions (rows),
 *   cores/riscv    traps, CSRs, memory, time, the run loop,
 *   cores/timing   what an instruction costs (pipeline.h).
 * A hart has 32 or 64 bits (XLEN), for good. Registers, pc and CSRs lie in 64-bit slots; those of
 * an RV32 hart are always zero-extended, so both kinds share all code but the rows' exec functions.
 * Internal to cores/. Names are those of the RISC-V Instruction Set Manual: Volume I (20240411) and
 * Volume II, Privileged Architecture (20240411). */
#ifndef CORES_RISCV_RISCV_H
#define CORES_RISCV_RISCV_H

#include "../semihosting.h"
#include "guard.h"
#include "hpm.h"
#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/core.h>
#include <mote/insn.h>
#include <mote/space.h>
#include <stdbool.h>
#include <stdint.h>

struct riscv_cpu;
struct riscv_insn;

/* What a hart implements beyond I, Zicsr and Zifencei. */
enum {
    RISCV_HAS_M = 1 << 0,
    RISCV_HAS_A = 1 << 1,
    RISCV_HAS_C = 1 << 2,
    RISCV_HAS_ZBA = 1 << 3,
    RISCV_HAS_ZBB = 1 << 4,
    RISCV_HAS_ZBC = 1 << 5,
    RISCV_HAS_ZBS = 1 << 6,
    RISCV_HAS_ZICOND = 1 << 7,
    RISCV_HAS_ZCB = 1 << 8,
    RISCV_HAS_U = 1 << 9,
    RISCV_HAS_MISALIGNED = 1 << 10, /* misaligned loads and stores work in hardware */
    RISCV_HAS_E = 1 << 11,          /* 16 registers */
    RISCV_HAS_F = 1 << 12,
    RISCV_HAS_D = 1 << 13,       /* with F */
    RISCV_HAS_64 = 1 << 29,      /* XLEN is 64 */
    RISCV_HAS_VEX_IRQ = 1 << 30, /* VexRiscv's ExternalInterruptArrayPlugin */
};

/* mcause codes. */
enum riscv_cause {
    RISCV_CAUSE_MISALIGNED_FETCH = 0,
    RISCV_CAUSE_FETCH_ACCESS = 1,
    RISCV_CAUSE_ILLEGAL = 2,
    RISCV_CAUSE_BREAKPOINT = 3,
    RISCV_CAUSE_MISALIGNED_LOAD = 4,
    RISCV_CAUSE_LOAD_ACCESS = 5,
    RISCV_CAUSE_MISALIGNED_STORE = 6,
    RISCV_CAUSE_STORE_ACCESS = 7,
    RISCV_CAUSE_ECALL_U = 8,
    RISCV_CAUSE_ECALL_M = 11,
};

enum { RISCV_MODE_U = 0, RISCV_MODE_M = 3 };

#define RISCV_MSTATUS_MIE  (1ull << 3)
#define RISCV_MSTATUS_MPIE (1ull << 7)
#define RISCV_MSTATUS_MPP  (3ull << 11)
#define RISCV_MSTATUS_FS   (3ull << 13)
#define RISCV_MSTATUS_MPRV (1ull << 17)
#define RISCV_MSTATUS_TW   (1ull << 21)
#define RISCV_MSTATUS_UXL  (2ull << 32) /* of RV64: user mode has 64 bits too */

#define RISCV_MIP_MSIP (1u << 3)
#define RISCV_MIP_MTIP (1u << 7)
#define RISCV_MIP_MEIP (1u << 11)

/* Rounding modes in frm and in instructions; 7 in an instruction is frm's. */
enum { RISCV_FRM_RNE, RISCV_FRM_RTZ, RISCV_FRM_RDN, RISCV_FRM_RUP, RISCV_FRM_RMM };

/* Outcome of executing one instruction. */
enum riscv_result {
    RISCV_OK,     /* go on at cpu->next_pc */
    RISCV_RAISED, /* cpu->cause and cpu->tval are set; nothing was changed */
    RISCV_EVENT,  /* done, but the run loop must look: sleep, an enabled interrupt, a stop */
};

typedef enum riscv_result riscv_exec(struct riscv_cpu *cpu, const struct riscv_insn *insn);

/* A decoded instruction. Register fields that an encoding lacks are 0, and imm is 0 where the
 * second operand is a register: the second operand of register and immediate forms is x[rs2] + imm,
 * imm sign-extended.
 */
struct riscv_insn {
    riscv_exec *exec;
    const struct riscv_row *row; /* NULL: nothing decodes here */
    uint32_t raw;
    uint32_t imm;
    uint8_t rd, rs1, rs2;
    uint8_t xlen; /* of the hart that it is decoded for */
    struct mote_insn t;
};

/* One encoding. */
struct riscv_row {
    uint32_t mask, match; /* 16-bit encodings in the low half with a zero upper half */
    uint32_t needs;       /* RISCV_HAS_* */
    uint8_t cls;          /* timing class */
    const char *text;     /* mnemonic and operands: %d %s %t registers, %i %x immediate, %b target,
                           * %D %S %T %R f registers, %m rounding mode */
    /* Fills the operands and t; false: the encoding is reserved or another row's. */
    bool (*decode)(uint32_t raw, struct riscv_insn *insn);
    riscv_exec *exec32, *exec64; /* by XLEN; NULL: does not exist there */
};
struct riscv_row_table {
    const struct riscv_row *rows;
    size_t count;
};

/* Straight-line code from its first instruction to the first that may change the flow of control or
 * has a system effect, to a 1 KiB boundary, or RISCV_BLOCK_MAX instructions. One with a system
 * effect is a block of its own. */
#define RISCV_BLOCK_MAX 64
struct riscv_block {
    uint64_t pc, end;
    uint32_t count;
    struct riscv_insn *insns;
    struct riscv_block *next; /* of the same hash */
    uint64_t version;         /* code version at which its bytes were last compared */
    uint32_t decoded;         /* rises when other bytes were decoded */
    bool fleeting;            /* memory is exhausted: decoded for this once */
    struct learned *learned;  /* cores/engine's; NULL until used */
    uint64_t entries, cycles, executed, dynamic_fj;
};

struct riscv_model {
    const char *compatible;
    const char *timing; /* cores/timing/data */
    uint32_t features;
    bool generic; /* of either XLEN, as its ISA string says */
    uint64_t mvendorid, marchid, mimpid;
    uint32_t pmp_entries, pmp_grain; /* none: 0; regions are multiples of 2^(grain + 2) bytes */
    uint32_t triggers;               /* 0: no trigger registers */
    bool triggers_of_debugger;       /* not writable by firmware */
    bool privileged_1_12;            /* mconfigptr, menvcfg, mstatush */
    uint32_t hpm_counters, hpm_bits; /* event counters and their width */
    enum riscv_hpm_events hpm_events;
    uint64_t mcountinhibit; /* at reset */
};

/* A counter CSR: follows a running total, or stands still while inhibited. */
struct riscv_counter {
    uint64_t offset; /* value - total; the value itself while inhibited */
};

#define RISCV_MAX_BREAKPOINTS 32
#define RISCV_REGISTER_MAX    80
struct riscv_blocks;
struct riscv_decoder;
struct engine;

/* Host memory between whose bounds code was decoded. */
struct riscv_code_span {
    const uint8_t *low, *high;
};
#define RISCV_CODE_SPANS 32

enum riscv_sleep { RISCV_AWAKE, RISCV_SLEEP_DUE, RISCV_ASLEEP };

struct riscv_cpu {
    uint64_t x[32];
    uint64_t pc;
    uint64_t xmask;   /* the bits of a register */
    uint64_t next_pc; /* not beside pc: one host load of two values just stored would stall */
    uint32_t xlen;    /* 32 or 64 */
    uint32_t mode;
    uint64_t mstatus, mie, mip, mtvec, mscratch, mepc, mcause, mtval;
    uint64_t mcounteren, mcountinhibit;
    struct riscv_counter mcycle, minstret;
    struct riscv_hpm hpm;
    uint64_t f[32];  /* RISCV_HAS_F; a single is boxed in ones */
    uint32_t fp_env; /* modes and flags for cores/fp: of frm and fflags */
    uint32_t frm;
    struct riscv_guard guard;
    struct riscv_refusal refusal;                             /* behind the last exception */
    uint64_t external_lines, external_mask, external_pending; /* RISCV_HAS_VEX_IRQ */
    bool reserved;                                            /* LR's reservation */
    uint64_t reservation;
    uint32_t cause;   /* of what the present instruction raised, */
    uint64_t tval;    /* with its mtval */
    bool handling;    /* an exception was taken and no mret since */
    uint32_t repeats; /* how often the same exception has come in its own handler */

    uint64_t cycles, instructions;
    uint32_t stall;    /* extra cycles of the present instruction from memory */
    uint64_t deadline; /* in cycles: leave the loop at or after */
    bool attention;    /* leave the loop at the next boundary */
    uint64_t fetch_line;
    bool fetch_branch;

    struct mote_system *sys;
    struct mote_device *dev;
    struct mote_activities *activities;
    uint32_t insn_activity[MOTE_CLASS_COUNT];
    struct mote_region *
        *region_map; /* by address bits 31-20: the region last used there, or NULL */
    struct pipeline *pipeline;
    struct riscv_l1 *l1; /* NULL: no caches; memory has its own cost */
    struct riscv_decoder *decoder;
    struct riscv_blocks *blocks;
    uint64_t code_version; /* rises when the hart itself may have changed decoded code */
    struct riscv_code_span code_span[RISCV_CODE_SPANS]; /* by number of region, modulo */
    uint64_t code_marks;                                /* rises when one of them grows */
    struct engine *engine;                              /* cores/engine; NULL in exact */
    bool fast;
    uint8_t learned_run; /* enum engine_learned_run: accesses are those of learned code */
    bool touched_device; /* set by each access that is not plain memory */
    uint64_t settled_fj; /* energy that settling booked on blocks */
    struct riscv_model model;
    uint32_t features;
    uint64_t hartid, reset_vector;

    struct mote_counter clock; /* ticks of the core clock: cycles + sleep_ticks */
    uint64_t due_ps;           /* for which `deadline` was computed */
    enum riscv_sleep sleep;
    uint64_t sleep_ticks, sleep_ps, sleep_started_ps;

    uint64_t breakpoint[RISCV_MAX_BREAKPOINTS];
    uint32_t breakpoint_count;
    bool breakpoints;                   /* there are some */
    struct riscv_extension *extensions; /* extension.c's */
    struct semihosting semihosting;
    struct mote_core core;
    struct mote_core_ops ops;
    struct mote_core_register registers[RISCV_REGISTER_MAX];
};

static inline enum riscv_result riscv_raise(struct riscv_cpu *cpu, enum riscv_cause cause,
                                            uint64_t tval)
{
    cpu->cause = cause;
    cpu->tval = tval;
    return RISCV_RAISED;
}

static inline enum riscv_result riscv_illegal(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return riscv_raise(cpu, RISCV_CAUSE_ILLEGAL, insn->raw);
}

/* ---- memory.c: alignment by the hart's policy, activity, cpu->stall; RISCV_RAISED after an access
 * fault or a misaligned one. Values of narrow loads are zero-extended. ---- */
enum riscv_result riscv_load(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                             uint64_t *value);
enum riscv_result riscv_store(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                              uint64_t value);
/* For the decoder: false where nothing executable is. */
bool riscv_code_half(const struct riscv_cpu *cpu, uint64_t address, uint16_t *half);

/* ---- csr.c ---- */
/* False: no such CSR, not at this privilege, or read-only. `write` NULL: read only. */
bool riscv_csr_access(struct riscv_cpu *cpu, uint32_t number, uint64_t *old, const uint64_t *write);
/* A look and a change by a debugger, without privilege; false when there is none. */
bool riscv_csr_peek(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value);
/* Of trap set-up, trap handling and counters: some cores drain the pipeline for an access. */
bool riscv_csr_is_slow(uint32_t number);
uint64_t riscv_misa(const struct riscv_cpu *cpu);
/* All counters to 0, mcountinhibit as at reset. */
void riscv_csr_reset_counters(struct riscv_cpu *cpu);

/* ---- fcsr.c ---- */
/* False: no such register here. */
bool riscv_fcsr_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value);
bool riscv_fcsr_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value);
/* The modes of cores/fp for a rounding mode (RISCV_FRM_*; an invalid one counts as RNE). */
uint32_t riscv_fp_mode(uint32_t mode);

/* ---- trap.c ---- */
/* The exception in cpu->cause and tval; and the most urgent enabled interrupt, false when none. */
void riscv_take_exception(struct riscv_cpu *cpu);
bool riscv_take_interrupt(struct riscv_cpu *cpu);
/* VexRiscv: machine external is any line of its array that the mask lets through. */
void riscv_update_external(struct riscv_cpu *cpu);
void riscv_set_interrupt(struct riscv_cpu *cpu, uint32_t bit, bool level);
/* Asks for attention when an interrupt may be taken; after changes of mstatus, mie, mip. */
void riscv_check_interrupts(struct riscv_cpu *cpu);
enum riscv_result riscv_mret(struct riscv_cpu *cpu, const struct riscv_insn *insn);
enum riscv_result riscv_wfi(struct riscv_cpu *cpu, const struct riscv_insn *insn);
enum riscv_result riscv_ecall(struct riscv_cpu *cpu, const struct riscv_insn *insn);
enum riscv_result riscv_ebreak(struct riscv_cpu *cpu, const struct riscv_insn *insn);
/* A trap handler for an exception that only goes round in circles is where firmware stops for good:
 * ends the run when the block, which has just led back to its own start, does nothing else. */
void riscv_check_parked(struct riscv_cpu *cpu, const struct riscv_block *block);
void riscv_describe_fault(const struct mote_core *core, char *text, size_t bytes);

/* ---- time.c ---- */
uint64_t riscv_now_ps(const struct riscv_cpu *cpu);
void riscv_update_deadline(struct riscv_cpu *cpu);
void riscv_clock_changed(struct riscv_cpu *cpu);
/* Whether the hart is awake; goes to sleep or wakes when it is time. */
bool riscv_awake(struct riscv_cpu *cpu);

/* ---- run.c ---- */
/* Executes the block's instructions from number `from`, at cpu->pc, up to `limit`, or to the first
 * boundary where the deadline is reached, attention is set, or an instruction raised (its trap is
 * then taken) or returned RISCV_EVENT. RISCV_OK: all were executed and nothing else happened;
 * RISCV_EVENT as the last one did; RISCV_RAISED also when it was cut short. */
enum riscv_result riscv_run_block(struct riscv_cpu *cpu, struct riscv_block *block, uint32_t from,
                                  uint32_t limit);
bool riscv_breakpoint_in(const struct riscv_cpu *cpu, uint64_t start, uint64_t end);
extern const struct mote_core_ops riscv_core_ops;

/* ---- registers.c ---- */
/* The table of the registers that this hart has, in cpu->ops. */
void riscv_make_registers(struct riscv_cpu *cpu);
uint64_t riscv_read_register(const struct mote_core *core, size_t index);
void riscv_write_register(struct mote_core *core, size_t index, uint64_t value);
size_t riscv_call_chain(const struct mote_core *core, uint64_t *addresses, size_t max);
size_t riscv_disassemble(const struct mote_core *core, uint64_t address, char *text, size_t bytes);

/* ---- build.c ---- */
/* The name of the first extension in a set of RISCV_HAS_*; NULL: none of it has a name. */
const char *riscv_extension_name(uint32_t features);
bool riscv_accepts_build(const struct mote_core *core,
                         const struct mote_build_attribute *attributes, size_t count, char *text,
                         size_t bytes);

/* ---- models.c ---- */
const struct riscv_model *riscv_model_find(const char *compatible);
/* Features of an ISA string ("rv32imac_zba_zbb"); `lacking` gets what is named but not modelled. */
bool riscv_parse_isa(const char *isa, uint32_t *features, char *lacking, size_t bytes);

/* ---- cores/isa/rv/_decode.c ---- */
extern const struct riscv_row_table *const riscv_row_tables[]; /* NULL-terminated, generated */
struct riscv_decoder *riscv_decoder_new(uint32_t features);
void riscv_decoder_free(struct riscv_decoder *decoder);
/* Adds a row; false when its opcode has too many. The row must live as long as the decoder. */
bool riscv_decoder_add(struct riscv_decoder *decoder, const struct riscv_row *row);
/* A row that some instruction matches as well as `row`, or NULL. */
const struct riscv_row *riscv_decoder_overlap(const struct riscv_decoder *decoder,
                                              const struct riscv_row *row);
/* Decodes one instruction; false: illegal (insn then raises that when executed). */
bool riscv_decode(const struct riscv_decoder *decoder, uint32_t raw, struct riscv_insn *insn);
/* What a hart of this width needs (RISCV_HAS_*) to have it; 0: the base, or none has it. */
uint32_t riscv_decode_needs(const struct riscv_decoder *decoder, uint32_t raw);
/* How many rows accept it: more than one is a mistake in the tables (tested). */
uint32_t riscv_decode_candidates(const struct riscv_decoder *decoder, uint32_t raw);
/* The instruction as text. */
void riscv_format(const struct riscv_insn *insn, uint64_t pc, char *text, size_t bytes);

/* ---- blocks.c ---- */
struct riscv_blocks *riscv_blocks_new(void);
void riscv_blocks_free(struct riscv_blocks *blocks);
/* The block at pc; never NULL (a fetch that faults gives a block of one instruction that raises).
 */
struct riscv_block *riscv_block_at(struct riscv_cpu *cpu, uint64_t pc);
/* The same if it is there and known to be up to date, else NULL. */
struct riscv_block *riscv_block_known(const struct riscv_cpu *cpu, uint64_t pc);
/* All blocks in order of address. */
void riscv_blocks_visit(struct riscv_blocks *blocks,
                        void (*visit)(void *user, const struct mote_block_totals *block),
                        void *user);

#endif
