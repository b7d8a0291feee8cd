/* What a hart checks of an access before it is made: physical memory protection and debug triggers.
 * Both are folded into one span of addresses per kind of access that is known to be open, so that
 * the common access costs one comparison. Internal to cores/. */
#ifndef CORES_RISCV_GUARD_H
#define CORES_RISCV_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct riscv_cpu;

enum riscv_access { RISCV_ACCESS_LOAD, RISCV_ACCESS_STORE, RISCV_ACCESS_FETCH };

#define RISCV_PMP_MAX     64
#define RISCV_TRIGGER_MAX 8

/* Addresses first to first + reach, both included; none while `any` is false. */
struct riscv_span {
    uint64_t first, reach;
    bool any;
};

struct riscv_pmp {
    uint32_t entries; /* 0: no PMP */
    uint32_t grain;   /* G: regions are multiples of 2^(G + 2) bytes */
    bool locked;      /* some entry is, so machine mode is checked too */
    uint8_t cfg[RISCV_PMP_MAX];
    uint64_t addr[RISCV_PMP_MAX];
    uint64_t first[RISCV_PMP_MAX], last[RISCV_PMP_MAX]; /* what an entry that is on matches */
};

struct riscv_trigger {
    uint32_t control; /* of mcontrol: match, chain, modes and accesses, at its bits */
    uint64_t address;
};

/* Why an access was not made, for people. */
enum riscv_refusal_reason { RISCV_NOT_REFUSED, RISCV_REFUSED_BY_PMP, RISCV_REFUSED_BY_TRIGGER };
struct riscv_refusal {
    enum riscv_refusal_reason reason;
    uint32_t mode; /* that the access had */
    int entry;     /* of the PMP; -1: none matches */
};

struct riscv_guard {
    struct riscv_span open[3]; /* by enum riscv_access */
    struct riscv_pmp pmp;
    struct riscv_trigger trigger[RISCV_TRIGGER_MAX];
    uint32_t triggers, tselect;
    bool armed; /* some trigger looks at something */
    bool idle; /* nothing can be refused at present, whatever its address: all of `open` is whole */
    struct riscv_refusal refusal; /* of the present instruction */
    bool triggers_of_debugger;    /* they belong to debug mode, which is not modelled */
};

/* ---- guard.c ---- */
/* After a change of mode, mstatus, PMP or trigger registers. */
void riscv_guard_changed(struct riscv_cpu *cpu);
/* The check itself; false with cpu->cause and cpu->tval set. */
bool riscv_guard_check(struct riscv_cpu *cpu, enum riscv_access access, uint64_t address,
                       uint32_t bytes);

/* Whether an access is known to be allowed. */
static inline bool riscv_guard_open(const struct riscv_guard *guard, enum riscv_access access,
                                    uint64_t address, uint32_t bytes)
{
    const struct riscv_span *span = &guard->open[access];
    uint64_t offset = address - span->first;
    return guard->idle || (span->any && offset <= span->reach && bytes - 1 <= span->reach - offset);
}

/* ---- pmp.c ---- */
void riscv_pmp_reset(struct riscv_pmp *pmp);
/* Whether an access in `mode` that touches these bytes is allowed, and by which entry that was
 * decided (-1: none matches). `span` gets the addresses around an allowed one that the same rule
 * decides. */
bool riscv_pmp_allows(const struct riscv_pmp *pmp, enum riscv_access access, uint32_t mode,
                      uint64_t address, uint32_t bytes, struct riscv_span *span, int *entry);
/* False: no such register. */
bool riscv_pmp_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value);
bool riscv_pmp_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value);

/* ---- trigger.c ---- */
void riscv_trigger_reset(struct riscv_guard *guard);
/* Whether any trigger looks at this kind of access in `mode`. */
bool riscv_trigger_armed(const struct riscv_guard *guard, enum riscv_access access, uint32_t mode);
bool riscv_trigger_fires(const struct riscv_guard *guard, enum riscv_access access, uint32_t mode,
                         uint64_t address, uint32_t bytes);
bool riscv_trigger_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value);
bool riscv_trigger_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value);

#endif
