/* From Thumb instructions to x86-64, shared by the families (one file each, as in cores/isa/thumb).
 *
 * The guest's flags are in eax: N, Z and the inverse of C where LAHF puts SF, ZF and CF, V in al.
 * The inverse, since x86 subtracts with a borrow; "the host's form" below is this one. Only flags
 * that something can see are computed: `live` says which of them are seen after the instruction. */
#ifndef CORES_ENGINE_THUMB_LOWER_H
#define CORES_ENGINE_THUMB_LOWER_H

#include "../../isa/thumb/_data.h"
#include "../../isa/thumb/_memory.h"
#include "engine/native.h"
#include "guest.h"

enum { FLAG_V = 1, FLAG_C = 2, FLAG_Z = 4, FLAG_N = 8, FLAG_NZ = 12, FLAG_ALL = 15 };
enum { EAX_N = 0x8000, EAX_Z = 0x4000, EAX_NOT_C = 0x100, EAX_V = 1 };
enum { AL = 0, AH = 4, DL = 2 };

struct thumb_build {
    struct native_build *b;
    struct x86_emit *e;
    const struct learned *learned; /* of the block being lowered */
    struct exact *exact;           /* costs are computed (exact.h); NULL: learned */
    bool aligned;                  /* accesses that are not trap, and are not for this code */
    const struct arm_insn *insn;
    uint32_t index, pc; /* of the instruction */
    uint32_t live;
    uint32_t host_flags; /* guest flags that the host's flags hold now, in the host's form */
    bool ended;          /* the instruction has passed control on */
};

/* Lowers t->insn, whose condition holds; false: it cannot (nothing was emitted). */
typedef bool thumb_lower(struct thumb_build *t);
thumb_lower thumb_lower_data, thumb_lower_immediate, thumb_lower_shift_register;
thumb_lower thumb_lower_load, thumb_lower_store, thumb_lower_multiple, thumb_lower_vfp_transfer;
thumb_lower thumb_lower_multiply, thumb_lower_dsp, thumb_lower_extend, thumb_lower_parallel;
thumb_lower thumb_lower_saturate, thumb_lower_branch;

static inline struct x86_place guest(const struct thumb_build *t, unsigned reg)
{
    return t->b->guest[reg];
}

/* The register to compute a result in: its own, unless that is in memory or still needed. */
static inline unsigned result_reg(const struct thumb_build *t, unsigned rd)
{
    return guest(t, rd).kind == X86_IN_REG ? guest(t, rd).reg : (unsigned)X86_RDI;
}

static inline void put_result(struct thumb_build *t, unsigned rd, unsigned host)
{
    x86_store(t->e, guest(t, rd), host, 4);
}

/* A guest register in a host register: its own, or `scratch` loaded with it. */
static inline unsigned in_register(struct thumb_build *t, unsigned reg, unsigned scratch)
{
    if (guest(t, reg).kind == X86_IN_REG)
        return guest(t, reg).reg;
    x86_load(t->e, scratch, guest(t, reg));
    return scratch;
}

/* ---- flags.c ---- */
void thumb_flags_subtracted(struct thumb_build *t); /* the host's flags are those of SUB */
void thumb_flags_added(struct thumb_build *t);      /* of ADD */
/* N and Z by testing a register; C and V stay. Destroys edx. */
void thumb_flags_nz(struct thumb_build *t, unsigned host);
/* A condition: emits what is missing and gives the host's condition. */
enum x86_cond thumb_condition(struct thumb_build *t, uint32_t cond);
uint32_t thumb_flags_read(const struct arm_insn *insn);
uint32_t thumb_flags_written(const struct arm_insn *insn); /* those it always writes */
void thumb_flags_to_cpu(struct thumb_build *t);
void thumb_flags_from_cpu(struct thumb_build *t);

/* ---- memory.c ---- */
struct x86_place thumb_access(struct thumb_build *t, const struct native_access *access);

#endif
