/* State of an M-profile core, and the seams between its four parts:
 *   cores/isa/thumb  decodes and executes instructions (rows),
 *   cores/arm        exceptions, NVIC, system registers, the run loop,
 *   cores/timing     what an instruction costs (pipeline.h),
 *   cores/engine     runs hot blocks on Unicorn in the fast accuracy.
 * Internal to cores/. Names are those of the Armv7-M and Armv8-M architecture manuals. */
#ifndef CORES_ARM_ARM_H
#define CORES_ARM_ARM_H

#include <mote/activity.h>
#include <mote/core.h>
#include <mote/insn.h>
#include <mote/space.h>
#include <stdbool.h>
#include <stdint.h>

struct arm_cpu;
struct arm_insn;

/* What a particular core implements; from the devicetree compatible ("arm,cortex-m4f", ...). */
enum {
    ARM_HAS_THUMB2 = 1 << 0, /* all of Armv7-M; without it Armv6-M */
    ARM_HAS_DSP = 1 << 1,
    ARM_HAS_FPSP = 1 << 2, /* FPv4-SP or the single part of FPv5 */
    ARM_HAS_FPDP = 1 << 3,
    ARM_HAS_FPV5 = 1 << 4, /* VSEL, VMAXNM, VRINT, VCVTA */
    ARM_HAS_V8M = 1 << 5,  /* Armv8-M instructions: LDA/STL, SG, TT, BXNS, MOVW on baseline */
    ARM_HAS_DIV = 1 << 6,
    ARM_HAS_BITBAND = 1 << 7,
    ARM_HAS_SECURITY = 1 << 8, /* Armv8-M Security Extension: BXNS, BLXNS, TTA, VLSTM */
    ARM_HAS_NONE = 1 << 30,    /* what no core here has */
};

/* Faults that executing an instruction can raise; arm_fault() turns them into exceptions. */
enum arm_fault {
    ARM_FAULT_NONE,
    ARM_FAULT_UNDEFINED, /* UFSR.UNDEFINSTR */
    ARM_FAULT_INVSTATE,  /* UFSR.INVSTATE */
    ARM_FAULT_INVPC,     /* UFSR.INVPC */
    ARM_FAULT_NOCP,      /* UFSR.NOCP */
    ARM_FAULT_UNALIGNED, /* UFSR.UNALIGNED */
    ARM_FAULT_DIVBYZERO, /* UFSR.DIVBYZERO */
    ARM_FAULT_STKOF,     /* UFSR.STKOF: Armv8-M, the stack pointer below its limit */
    ARM_FAULT_IBUSERR,   /* BFSR.IBUSERR: fetch from nowhere */
    ARM_FAULT_PRECISERR, /* BFSR.PRECISERR, address in fault_address */
    ARM_FAULT_IACCVIOL,  /* MMFSR.IACCVIOL */
    ARM_FAULT_DACCVIOL,  /* MMFSR.DACCVIOL, address in fault_address */
    ARM_FAULT_NOCP_S,    /* UFSR.NOCP of the Secure state: NSACR forbids it */
    ARM_FAULT_INVEP,     /* SFSR.INVEP: Non-secure code enters Secure memory without SG */
    ARM_FAULT_INVTRAN,   /* SFSR.INVTRAN: Secure code branches to Non-secure memory */
    ARM_FAULT_AUVIOL,    /* SFSR.AUVIOL: Non-secure access of Secure memory, at fault_address */
    ARM_FAULT_LSERR,     /* SFSR.LSERR: lazy floating-point state in the way */
    ARM_FAULT_INVIS,     /* SFSR.INVIS: a frame without the integrity signature */
};

/* CCR bits that instructions depend on. */
enum {
    ARM_CCR_NONBASETHRDENA = 1 << 0,
    ARM_CCR_USERSETMPEND = 1 << 1,
    ARM_CCR_UNALIGN_TRP = 1 << 3,
    ARM_CCR_DIV_0_TRP = 1 << 4,
    ARM_CCR_BFHFNMIGN = 1 << 8,
    ARM_CCR_STKALIGN = 1 << 9,
    ARM_CCR_STKOFHFNMIGN = 1 << 10,
};

/* Outcome of executing one instruction. */
enum arm_result {
    ARM_OK,     /* go on at cpu->next_pc */
    ARM_RAISED, /* a fault is in cpu->fault: no register was changed (LDM may have changed some) */
    ARM_EVENT,  /* done, but the run loop must look: sleep, exception, flags of arm_cpu changed */
};

typedef enum arm_result arm_exec(struct arm_cpu *cpu, const struct arm_insn *insn);

/* A decoded instruction. Operand fields mean what the row's decoder and exec agree on. */
struct arm_insn {
    arm_exec *exec;
    const struct arm_row *row;
    uint32_t raw; /* 32-bit encodings: first halfword in the upper half */
    uint32_t imm;
    uint8_t rd, rn, rm, ra; /* ra: also Rt2, RdHi */
    uint8_t shift_type, shift_amount;
    uint8_t cond;      /* 0xE always; else of a conditional branch or of the IT block around it */
    uint8_t set_flags; /* final: a 16-bit ADD in an IT block has none */
    uint8_t form;      /* addressing or operand form, of the row's own numbering */
    bool in_it;        /* inside an IT block; set before `decode` is called */
    uint8_t it_next;   /* ITSTATE after this instruction, executed or not */
    struct mote_insn t;
};

/* One encoding. The first row in file order that matches, whose `needs` the core has and whose
 * `decode` accepts, is the instruction. */
struct arm_row {
    uint32_t mask, match; /* 16-bit encodings in the low half with a zero upper half */
    uint32_t needs;       /* ARM_HAS_* */
    uint8_t cls;          /* default timing class; decode may refine it */
    const char *text;     /* UAL mnemonic and operand pattern */
    uint8_t op;           /* for `decode`: which operation of its family */
    /* Fills the operands and t, may replace exec; false: not this one (UNPREDICTABLE). `insn` comes
     * zeroed but for row, raw, exec, cond, in_it and t's cls, bytes and flags (MOTE_INSN_ENGINE).
     */
    bool (*decode)(uint32_t raw, struct arm_insn *insn);
    arm_exec *exec;
};
struct arm_row_table {
    const struct arm_row *rows;
    size_t count;
};

/* Straight-line code from its first instruction to the first that writes the pc or has a system
 * effect, to a 1 KiB boundary, or ARM_BLOCK_MAX instructions. IT state at entry is part of the key.
 */
#define ARM_BLOCK_MAX 64
struct arm_block {
    uint32_t pc, end;
    uint32_t count;
    uint8_t itstate;
    bool engine;         /* every instruction may run on the fast engine */
    bool touches_device; /* seen to access a device window so often that it is interpreted */
    struct arm_insn *insns;
    uint64_t code_generation;
    bool stale;       /* its bytes may have changed: verified at the next arm_block_at */
    uint32_t version; /* rises when the block was decoded anew from changed bytes */
    /* totals since reset (exact: direct; fast: count x learned) */
    uint64_t entries, cycles, executed, dynamic_fj;
    struct learned *learned; /* cores/engine's; NULL until used */
    struct arm_plan *plan;   /* plan.c's, likewise */
};

/* Bits of FPSCR that exist: NZCV, AHP, DN, FZ, RMode, IDC and the five others. */
#define ARM_FPSCR_BITS 0xF7C0009Fu

struct arm_cpu {
    uint32_t r[16];         /* r[13]: the active SP; r[15] is not used, see pc */
    uint32_t pc;            /* of the instruction being executed, bit 0 clear */
    uint32_t next_pc;       /* exec may change it; bit 0 clear */
    uint32_t n, z, c, v, q; /* APSR flags, 0 or 1 each */
    uint32_t ge;            /* APSR.GE[3:0] */
    uint8_t itstate;        /* ITSTATE as architected; 0 outside an IT block */
    bool thumb;             /* EPSR.T */
    bool secure;            /* in Secure state: false without the Security Extension */
    uint32_t exception;     /* IPSR */
    uint32_t other_sp;      /* the banked SP that is not active */
    uint32_t control, primask, faultmask, basepri;
    uint32_t s[64]; /* s0-s31 (d0-d15); the upper half unused without D32 */
    uint32_t fpscr;
    uint32_t sp_limit[2]; /* Armv8-M: MSPLIM, PSPLIM */
    uint32_t ccr;         /* CCR: ARM_CCR_*; rows look at UNALIGN_TRP and DIV_0_TRP */
    bool fp_ready;        /* FP may execute at once: arm_fp_begin() would do nothing */

    enum arm_fault fault;
    uint32_t fault_address;

    /* Time. `cycles` counts executed cycles; deadline is in cycles, recomputed when it must be. */
    uint64_t cycles;
    uint64_t instructions;
    uint64_t settled_fj;   /* energy that settling booked on blocks; see arm_present_fj() */
    uint32_t data_address; /* of the last data access, on a core with L1 caches */
    bool data_unaligned;   /* the present instruction's */
    uint32_t stall;        /* extra cycles of the present instruction from memory (space.h) */
    uint64_t deadline;     /* in cycles: leave the loop at or after */
    bool attention;        /* leave the loop at the next boundary: pending exception, stop, sleep */
    bool check_access;     /* each access takes the slow path: MPU on, a stack limit, LDRT and STRT,
                              Security Extension */
    bool unprivileged;     /* LDRT, STRT: the access of an unprivileged thread */
    bool breakpoints;      /* some breakpoint is set: ask arm_breakpoint_in() before a block */
    bool touched_device;   /* set by each access to a device window; cleared by whoever asks */
    uint32_t review_warm_up; /* struct engine_view */
    uint8_t learned_run; /* enum engine_learned_run: accesses go to arm_learned_load(), _store() */

    bool exclusive; /* local monitor */
    uint32_t exclusive_address;

    uint32_t features;
    struct mote_system *sys;
    struct mote_activities *activities;
    struct mote_region **region_map; /* by address >> 20: the region last used there, or NULL */
    const uint8_t *code_pages;       /* arm_code_pages() of the block cache */
    uint64_t code_writes;            /* calls of arm_code_written() */
    uint64_t code_marks;             /* rises when code_pages does */
    uint32_t insn_activity[MOTE_CLASS_COUNT]; /* counters "insn.<class>" */
    uint32_t taken_branch_activity;           /* taken branches to another line of code */
    uint32_t fetch_line; /* address of the line that the last fetch came from, ~0: none */
    bool fetch_branch;   /* the next fetch follows a taken branch */
    const struct arm_core_model *model;
    struct arm_nvic *nvic;           /* exceptions, priorities, system control (cores/arm) */
    struct pipeline *pipeline;       /* cores/timing */
    struct arm_l1 *l1;               /* l1.c; NULL: the core has no caches */
    struct arm_port *port;           /* port.c; NULL: the core has more than one bus */
    struct arm_queue *queue;         /* queue.c; NULL: fetches do not meet data */
    uint32_t io_port, io_port_bytes; /* addresses behind the single-cycle I/O port */
    struct arm_blocks *blocks;       /* block cache (cores/isa) */
    struct arm_plan *plans, *unsettled_plans; /* plan.c */
    struct engine *engine;                    /* cores/engine; NULL in exact */
    struct exact *exact;                      /* likewise; NULL in fast, and where it cannot be */
    struct mote_core core;
};

/* ---- memory (cores/arm/memory.c); ARM_RAISED after setting cpu->fault and fault_address. They
 * check alignment rules, MPU, bit-band and PPB, count activity and add to cpu->stall. ---- */
enum arm_result arm_load(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t *value);
enum arm_result arm_store(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t value);
/* `aligned`: LDRD, LDM, exclusives, VLDR: an unaligned address faults always. */
enum arm_result arm_load_aligned(struct arm_cpu *cpu, uint32_t address, uint32_t *value);
enum arm_result arm_store_aligned(struct arm_cpu *cpu, uint32_t address, uint32_t value);
/* For an instruction at cpu->pc: the host's bytes of `count` units of `bytes` from the address on,
 * if loads or stores of them are nothing but time and counts beside the data; else NULL. */
uint8_t *arm_plain_memory(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t count,
                          bool store);
/* The time and counts of such accesses, after arm_plain_memory(). */
void arm_count_access(struct arm_cpu *cpu, uint32_t address, uint32_t bytes, uint32_t count,
                      bool store);
/* Extra cycles of an access that is split because it is not aligned. */
uint32_t arm_split_cycles(struct arm_cpu *cpu, uint32_t address, uint32_t bytes);
/* Code bytes at an address for the decoder: false where nothing executable is. No side effects. */
bool arm_code_half(const struct arm_cpu *cpu, uint32_t address, uint16_t *half);
/* What fetching there raises when arm_code_half() says false: IBUSERR or IACCVIOL. */
enum arm_fault arm_code_fault(const struct arm_cpu *cpu, uint32_t address);

/* ---- seams used by rows ---- */
/* Branch targets. BX-like writes handle bit 0 (INVSTATE) and EXC_RETURN in handler mode. */
enum arm_result arm_branch_to(struct arm_cpu *cpu, uint32_t address);
enum arm_result arm_bx_to(struct arm_cpu *cpu, uint32_t address);
/* Before every FP instruction unless cpu->fp_ready: CPACR, lazy state preservation, CONTROL.FPCA.
 */
enum arm_result arm_fp_begin(struct arm_cpu *cpu);
uint32_t arm_apsr(const struct arm_cpu *cpu);
void arm_set_apsr_nzcvq(struct arm_cpu *cpu, uint32_t value);
static inline enum arm_result arm_raise(struct arm_cpu *cpu, enum arm_fault fault)
{
    cpu->fault = fault;
    return ARM_RAISED;
}

/* System instructions; the exec of their rows are only calls of these. `sysm` and `mask` as in the
 * encoding. */
enum arm_result arm_sys_svc(struct arm_cpu *cpu, uint32_t imm);
enum arm_result arm_sys_bkpt(struct arm_cpu *cpu, uint32_t imm);
enum arm_result arm_sys_cps(struct arm_cpu *cpu, bool disable, bool primask, bool faultmask);
enum arm_result arm_sys_mrs(struct arm_cpu *cpu, uint32_t sysm, uint32_t *value);
enum arm_result arm_sys_msr(struct arm_cpu *cpu, uint32_t sysm, uint32_t mask, uint32_t value);
enum arm_result arm_sys_wfi(struct arm_cpu *cpu);
enum arm_result arm_sys_wfe(struct arm_cpu *cpu);
enum arm_result arm_sys_sev(struct arm_cpu *cpu);
enum arm_barrier { ARM_BARRIER_DSB = 4, ARM_BARRIER_DMB = 5, ARM_BARRIER_ISB = 6 };
enum arm_result arm_sys_barrier(struct arm_cpu *cpu, enum arm_barrier kind);
/* TT, TTT, TTA, TTAT (Armv8-M): what MPU, SAU and IDAU say about an address. `alternate`: as
 * Non-secure code would see it; for Secure state only. */
uint32_t arm_sys_tt(struct arm_cpu *cpu, uint32_t address, bool unprivileged, bool alternate);
/* Security Extension. SG; BXNS and BLXNS; VLSTM and VLLDM at an address. Without it, or in
 * Non-secure state, all but SG are undefined. */
enum arm_result arm_sys_sg(struct arm_cpu *cpu);
enum arm_result arm_sys_bxns(struct arm_cpu *cpu, uint32_t target);
enum arm_result arm_sys_blxns(struct arm_cpu *cpu, uint32_t target);
enum arm_result arm_sys_vlstm(struct arm_cpu *cpu, uint32_t address);
enum arm_result arm_sys_vlldm(struct arm_cpu *cpu, uint32_t address);
/* LDRT, STRT: as unprivileged code would access. */
enum arm_result arm_load_unprivileged(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                      uint32_t *value);
enum arm_result arm_store_unprivileged(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                       uint32_t value);

/* ---- decoding (cores/isa/decode.c) ---- */
extern const struct arm_row_table *const arm_row_tables[]; /* NULL-terminated, generated */
/* An index over the rows that a core with these features has. NULL when memory is exhausted. */
struct arm_decoder;
struct arm_decoder *arm_decoder_new(uint32_t features);
void arm_decoder_free(struct arm_decoder *decoder);
/* Decodes one instruction; false: undefined (insn then raises UNDEFINED when executed). */
bool arm_decode(const struct arm_decoder *decoder, uint32_t raw, bool in_it, struct arm_insn *insn);
/* What a core needs (ARM_HAS_*) to have this instruction; 0: nothing more than Armv6-M, or none has
 * it. */
uint32_t arm_decode_needs(uint32_t raw);
/* Fills t.issue and t.sum_reads of an instruction whose operands are decoded
 * (cores/isa/thumb/_issue.c). */
void arm_issue_traits(struct arm_insn *insn);
/* How many rows match and accept: more than one is a mistake in the tables (tested). */
uint32_t arm_decode_candidates(const struct arm_decoder *decoder, uint32_t raw);
static inline bool arm_is_wide(uint32_t first_half)
{
    return first_half >= 0xE800u;
}

/* ---- blocks (cores/isa/blocks.c) ----
 * A block ends after an instruction that writes the pc, before and after one that lacks
 * MOTE_INSN_ENGINE, at a 1 KiB boundary and after ARM_BLOCK_MAX instructions. IT conditions are
 * resolved: see arm_insn.cond and it_next. */
struct arm_blocks *arm_blocks_new(struct arm_cpu *cpu);
void arm_blocks_free(struct arm_blocks *blocks);
/* The block at pc, decoded once; never NULL (a fetch that faults gives a block of one instruction
 * that raises it). Pointers stay valid for the life of the cache; `insns` until the next call. */
struct arm_block *arm_block_at(struct arm_cpu *cpu, uint32_t pc, uint8_t itstate);
/* The same if it is there and known to be up to date, else NULL; IT state 0. */
struct arm_block *arm_block_known(const struct arm_cpu *cpu, uint32_t pc);
/* Zeroes the totals of all blocks (core reset). */
void arm_blocks_clear_totals(struct arm_blocks *blocks);
/* All blocks in order of address. */
void arm_blocks_visit(struct arm_blocks *blocks, void (*visit)(void *user, struct arm_block *block),
                      void *user);
/* One bit per KiB of the address space: set where code was decoded. A store by the core (or the
 * engine) to such a place must be told to arm_code_written(). */
const uint8_t *arm_code_pages(const struct arm_blocks *blocks);
static inline bool arm_is_code_page(const uint8_t *pages, uint32_t address)
{
    return pages[address >> 13] >> (address >> 10 & 7) & 1;
}
void arm_code_written(struct arm_cpu *cpu, uint32_t address, uint32_t bytes);

/* Whether a condition (0 EQ .. 13 LE, 14 and 15 always) holds. */
extern const uint16_t arm_condition_masks[16];
static inline bool arm_condition(const struct arm_cpu *cpu, uint32_t cond)
{
    return arm_condition_masks[cond] >> (cpu->n << 3 | cpu->z << 2 | cpu->c << 1 | cpu->v) & 1;
}

/* ---- running (cores/arm/run.c) ---- */
/* Executes the block from instruction `from`, at cpu->pc, to its end, or to the first boundary
 * where the deadline is reached, attention is set, or an instruction raised (the fault is then
 * pending) or returned ARM_EVENT. ARM_OK: the last instruction was executed and nothing else
 * happened; ARM_EVENT, ARM_RAISED: as the instruction did, ARM_RAISED also when it was cut short.
 */
enum arm_result arm_run_block(struct arm_cpu *cpu, struct arm_block *block, uint32_t from);
/* Goes on so with instruction `from` at cpu->pc, which may be fetched already, with that stall. */
enum arm_result arm_resume_block(struct arm_cpu *cpu, struct arm_block *block, uint32_t from,
                                 bool fetched, uint32_t fetch_stall);
/* One instruction, in exact. */
void arm_run_one(struct arm_cpu *cpu);
/* What an instruction that did not end with ARM_OK left for its boundary: fault, exception return.
 */
void arm_finish_insn(struct arm_cpu *cpu, enum arm_result result);
/* Whether instructions can be executed; otherwise INVSTATE is pending. */
bool arm_thumb_or_fault(struct arm_cpu *cpu);
/* Executes instruction `index` of a block, its timing and counting included. */
enum arm_result arm_run_insn(struct arm_cpu *cpu, struct arm_block *block, uint32_t index);
bool arm_breakpoint_in(const struct arm_cpu *cpu, uint32_t start, uint32_t end);
uint64_t arm_now_ps(const struct arm_cpu *cpu); /* time of cpu->cycles */
/* Recomputes cpu->deadline from the next event. */
void arm_update_deadline(struct arm_cpu *cpu);

/* Energy counted so far by what is executed now: its growth belongs to the present block. Settling
 * books energy of other blocks in between, which this leaves out. */
static inline uint64_t arm_present_fj(const struct arm_cpu *cpu)
{
    return cpu->activities->dynamic_fj - cpu->settled_fj;
}

/* ---- exceptions (cores/arm) ---- */
void arm_take_fault(struct arm_cpu *cpu);   /* pend by cpu->fault, escalate, lock up */
bool arm_take_pending(struct arm_cpu *cpu); /* exception entry when one may be taken now */

#endif
