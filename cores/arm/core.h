/* What the files of cores/arm share: the state of a core beyond struct arm_cpu, the NVIC, and the
 * internal devices that stand for the private peripheral bus. Nobody else includes this.
 *
 * Exceptions are numbered as architected: 1-15 system, 16 + n external interrupt n. Where the
 * Security Extension gives an exception two instances, the maps of struct arm_nvic hold the Secure
 * one at ARM_EXC_SECURE + n: arm_slot() and arm_number() convert. */
#ifndef CORES_ARM_CORE_H
#define CORES_ARM_CORE_H

#include "../semihosting.h"
#include "arm.h"
#include "port.h"
#include "queue.h"
#include <mote/clock.h>
#include <mote/device.h>

enum {
    ARM_EXC_RESET = 1,
    ARM_EXC_NMI = 2,
    ARM_EXC_HARDFAULT = 3,
    ARM_EXC_MEMMANAGE = 4,
    ARM_EXC_BUSFAULT = 5,
    ARM_EXC_USAGEFAULT = 6,
    ARM_EXC_SECUREFAULT = 7,
    ARM_EXC_SVCALL = 11,
    ARM_EXC_DEBUGMONITOR = 12,
    ARM_EXC_PENDSV = 14,
    ARM_EXC_SYSTICK = 15,
    ARM_EXC_EXTERNAL = 16,
    ARM_EXC_SECURE = 496, /* behind all interrupts: Secure instances of banked exceptions */
};

#define ARM_MAX_LINES       480
#define ARM_EXCEPTION_WORDS 16 /* bitmaps over exception numbers */
#define ARM_MAX_EXCEPTIONS  (ARM_EXCEPTION_WORDS * 32)
#define ARM_LOWEST_PRIORITY 256 /* of thread mode with nothing masked */
#define ARM_MAX_BREAKPOINTS 64
#define ARM_MAX_MPU_REGIONS 16
#define ARM_DATA_GRANULES   16
#define ARM_NS_ALIAS        0x20000u /* the Non-secure view of the SCS for Secure code */

struct arm_nvic {
    uint32_t pending[ARM_EXCEPTION_WORDS];
    uint32_t active[ARM_EXCEPTION_WORDS];
    uint32_t enabled[ARM_EXCEPTION_WORDS];
    uint32_t level[ARM_EXCEPTION_WORDS]; /* input lines */
    uint8_t priority[ARM_MAX_EXCEPTIONS];
    uint32_t lines;         /* external interrupts */
    uint32_t priority_mask; /* implemented bits of a priority byte */
    uint32_t prigroup[2];   /* [1]: of the Secure state */
    uint32_t best;       /* slot of the most urgent exception that is pending and enabled, 0 none */
    bool event_register; /* of WFE */
};

enum arm_phase {
    ARM_PHASE_NONE,
    ARM_PHASE_ENTRY,   /* stacked; the vector is fetched when the stacking time is over */
    ARM_PHASE_CHAIN,   /* between handlers: as ENTRY, with the stack frame of before */
    ARM_PHASE_UNSTACK, /* returning; until the time is over, an exception tail-chains */
};

enum arm_sleep {
    ARM_AWAKE,
    ARM_SLEEP_DUE, /* WFI or WFE was executed; asleep from the next boundary on */
    ARM_ASLEEP,
};

/* What a core implements beyond ARM_HAS_*; one row per compatible (models.c). */
struct arm_core_model {
    const char *compatible;
    const char *name; /* also names the timing data */
    uint32_t features;
    uint32_t cpuid;
    uint32_t mpu_regions;         /* default; the devicetree may say otherwise */
    uint32_t priority_bits;       /* likewise */
    const uint32_t *id_registers; /* ID_PFR0 .. ID_ISAR4: 13 words from 0xE000ED40 */
    uint32_t mvfr[3];
    uint32_t ccr_reset;
};
const struct arm_core_model *arm_model_find(const char *compatible);

struct arm_core {
    struct arm_cpu cpu; /* first: arm_core_of() */
    bool exact_tried;   /* cpu.exact was made, or cannot be */
    struct arm_nvic nvic;
    struct mote_core_ops ops; /* arm_core_ops with this core's name and registers */
    struct mote_device *dev;
    struct mote_device *nvic_dev, *scb, *systick, *mpu, *debug, *fpu, *dwt, *itm;
    /* Of a core with Security Extension those above are the Secure instances. */
    struct mote_device *nvic_ns, *scb_ns, *systick_ns, *mpu_ns, *fpu_ns, *sau;

    /* Time: `clock` counts the ticks of the core clock, which go on while asleep:
     * ticks = cpu.cycles + sleep_ticks. */
    struct mote_counter clock;
    uint64_t sleep_ticks;
    uint64_t due_ps; /* the event time that cpu.deadline was computed from */
    uint64_t sleep_started_ps, sleep_ps;

    enum arm_phase phase;
    uint32_t phase_exception; /* slot of the one that caused it */
    uint32_t exc_return;      /* value in LR during and after the phase; of a return to be done */
    bool return_pending;      /* the instruction wrote EXC_RETURN to the pc */
    bool vectors_due;         /* SP and PC come from the vector table at the next run */
    enum arm_sleep sleep;
    uint32_t fault, fault_pc; /* the last one since reset: enum arm_fault, and where */
    bool sleep_is_wfe, locked_up, fast;
    uint32_t init_vtor;
    /* What was found allowed holds until access_epoch rises: 32 bytes of code last asked about (~0:
     * none), and of data for loads and stores. */
    uint32_t access_epoch, code_granule;
    struct {
        uint32_t granule, epoch;
    } data_granule[2][ARM_DATA_GRANULES];
    uint32_t mpu_regions;
    uint32_t systick_divider; /* of the reference clock; 0: there is none */
    bool systick_stops_in_sleep;
    uint32_t systick_calib;
    uint32_t cyccnt_base; /* CYCCNT = cycles + this while it runs */
    bool cyccnt_runs;

    uint32_t breakpoint[ARM_MAX_BREAKPOINTS];
    uint32_t breakpoint_count;
    struct mote_device *active_device; /* being accessed */

    struct arm_port port; /* of a core with only one */
    struct arm_queue queue;

    struct arm_security *security;      /* while the Security Extension is active, else NULL */
    struct arm_security *security_unit; /* active or not; NULL: the core has none */
    uint64_t hidden_places; /* by ARM_PLACE_SHIFT: where nothing is while it is switched off */

    struct semihosting semihosting;
};

static inline struct arm_core *arm_core_of(const struct arm_cpu *cpu)
{
    return (struct arm_core *)(uintptr_t)cpu;
}
/* What an access may do has changed: MPU, attribution, privilege, priority, Security state. */
static inline void arm_forget_access(struct arm_core *core)
{
    core->access_epoch++;
    core->code_granule = ~0u;
}
static inline struct arm_core *arm_core_of_child(const struct mote_device *dev)
{
    return dev->parent->state;
}

/* ---- the two instances of what the Security Extension banks ---- */
static inline struct mote_device *arm_scb_of(const struct arm_core *core, bool secure)
{
    return secure || core->security == NULL ? core->scb : core->scb_ns;
}
static inline struct mote_device *arm_fpu_of(const struct arm_core *core, bool secure)
{
    return secure || core->security == NULL ? core->fpu : core->fpu_ns;
}
static inline struct mote_device *arm_mpu_of(const struct arm_core *core, bool secure)
{
    return secure || core->security == NULL ? core->mpu : core->mpu_ns;
}
/* Whether a device of the SCS is what Secure code sees at its usual address. */
static inline bool arm_secure_view(const struct mote_device *dev)
{
    return arm_core_of_child(dev)->security != NULL && !(dev->base & ARM_NS_ALIAS);
}
static inline bool arm_is_banked(uint32_t n)
{
    const uint32_t banked = 1u << ARM_EXC_HARDFAULT | 1u << ARM_EXC_MEMMANAGE |
                            1u << ARM_EXC_USAGEFAULT | 1u << ARM_EXC_SVCALL | 1u << ARM_EXC_PENDSV |
                            1u << ARM_EXC_SYSTICK;
    return n < ARM_EXC_EXTERNAL && (banked >> n & 1);
}
static inline uint32_t arm_slot(const struct arm_core *core, uint32_t n, bool secure)
{
    return core->security != NULL && secure && arm_is_banked(n) ? ARM_EXC_SECURE + n : n;
}
static inline uint32_t arm_number(uint32_t slot)
{
    return slot >= ARM_EXC_SECURE ? slot - ARM_EXC_SECURE : slot;
}

/* Secure aliases of memory and devices while the Security Extension is switched off. */
#define ARM_PLACE_SHIFT 26
static inline bool arm_is_hidden(const struct arm_cpu *cpu, uint32_t address)
{
    return arm_core_of(cpu)->hidden_places >> (address >> ARM_PLACE_SHIFT) & 1;
}

/* ---- bit maps ---- */
static inline bool arm_bit(const uint32_t *map, uint32_t n)
{
    return map[n / 32] >> (n % 32) & 1;
}
static inline void arm_bit_set(uint32_t *map, uint32_t n)
{
    map[n / 32] |= 1u << (n % 32);
}
static inline void arm_bit_clear(uint32_t *map, uint32_t n)
{
    map[n / 32] &= ~(1u << (n % 32));
}

/* ---- registers of the internal devices that other files need: row ids ---- */
enum {
    SCB_ICTR,
    SCB_ACTLR,
    SCB_CPUID,
    SCB_ICSR,
    SCB_VTOR,
    SCB_AIRCR,
    SCB_SCR,
    SCB_CCR,
    SCB_SHPR,
    SCB_SHCSR,
    SCB_CFSR,
    SCB_HFSR,
    SCB_DFSR,
    SCB_MMFAR,
    SCB_BFAR,
    SCB_AFSR,
    SCB_ID,
    SCB_CLIDR,
    SCB_CTR,
    SCB_CCSIDR,
    SCB_CSSELR,
    SCB_CPACR,
    SCB_NSACR,
    SCB_ROWS
};
enum { FPU_FPCCR, FPU_FPCAR, FPU_FPDSCR, FPU_MVFR, FPU_ROWS };
enum { DEBUG_DHCSR, DEBUG_DCRSR, DEBUG_DCRDR, DEBUG_DEMCR, DEBUG_ROWS };

enum {
    ARM_SCR_SLEEPONEXIT = 1 << 1,
    ARM_SCR_SLEEPDEEP = 1 << 2,
    ARM_SCR_SLEEPDEEPS = 1 << 3,
    ARM_SCR_SEVONPEND = 1 << 4,
    ARM_CONTROL_NPRIV = 1 << 0,
    ARM_CONTROL_SPSEL = 1 << 1,
    ARM_CONTROL_FPCA = 1 << 2,
    ARM_CONTROL_SFPA = 1 << 3, /* Secure state only */
    ARM_DEMCR_MON_EN = 1 << 16,
    ARM_DEMCR_TRCENA = 1 << 24,
};
enum {
    ARM_FPCCR_LSPACT = 1 << 0,
    ARM_FPCCR_USER = 1 << 1,
    ARM_FPCCR_S = 1 << 2,
    ARM_FPCCR_THREAD = 1 << 3,
    ARM_FPCCR_HFRDY = 1 << 4,
    ARM_FPCCR_MMRDY = 1 << 5,
    ARM_FPCCR_BFRDY = 1 << 6,
    ARM_FPCCR_SFRDY = 1 << 7,
    ARM_FPCCR_MONRDY = 1 << 8,
    ARM_FPCCR_SPLIMVIOL = 1 << 9,
    ARM_FPCCR_UFRDY = 1 << 10,
    ARM_FPCCR_TS = 1 << 26,
    ARM_FPCCR_CLRONRETS = 1 << 27,
    ARM_FPCCR_CLRONRET = 1 << 28,
    ARM_FPCCR_LSPENS = 1 << 29,
};
#define ARM_FPCCR_ASPEN   (1u << 31)
#define ARM_FPCCR_LSPEN   (1u << 30)
#define ARM_HFSR_VECTTBL  (1u << 1)
#define ARM_HFSR_FORCED   (1u << 30)
#define ARM_HFSR_DEBUGEVT (1u << 31)

/* Bits of CFSR. */
enum {
    ARM_CFSR_IACCVIOL = 1 << 0,
    ARM_CFSR_DACCVIOL = 1 << 1,
    ARM_CFSR_MUNSTKERR = 1 << 3,
    ARM_CFSR_MSTKERR = 1 << 4,
    ARM_CFSR_MLSPERR = 1 << 5,
    ARM_CFSR_MMARVALID = 1 << 7,
    ARM_CFSR_IBUSERR = 1 << 8,
    ARM_CFSR_PRECISERR = 1 << 9,
    ARM_CFSR_IMPRECISERR = 1 << 10,
    ARM_CFSR_UNSTKERR = 1 << 11,
    ARM_CFSR_STKERR = 1 << 12,
    ARM_CFSR_LSPERR = 1 << 13,
    ARM_CFSR_BFARVALID = 1 << 15,
    ARM_CFSR_UNDEFINSTR = 1 << 16,
    ARM_CFSR_INVSTATE = 1 << 17,
    ARM_CFSR_INVPC = 1 << 18,
    ARM_CFSR_NOCP = 1 << 19,
    ARM_CFSR_STKOF = 1 << 20,
    ARM_CFSR_UNALIGNED = 1 << 24,
    ARM_CFSR_DIVBYZERO = 1 << 25,
};

/* Bits of SFSR. */
enum {
    ARM_SFSR_INVEP = 1 << 0,
    ARM_SFSR_INVIS = 1 << 1,
    ARM_SFSR_INVER = 1 << 2,
    ARM_SFSR_AUVIOL = 1 << 3,
    ARM_SFSR_INVTRAN = 1 << 4,
    ARM_SFSR_LSPERR = 1 << 5,
    ARM_SFSR_SFARVALID = 1 << 6,
    ARM_SFSR_LSERR = 1 << 7,
};

/* Bits of EXC_RETURN. */
enum {
    ARM_EXC_RETURN_ES = 1 << 0,
    ARM_EXC_RETURN_SPSEL = 1 << 2,
    ARM_EXC_RETURN_MODE = 1 << 3,
    ARM_EXC_RETURN_FTYPE = 1 << 4,
    ARM_EXC_RETURN_DCRS = 1 << 5,
    ARM_EXC_RETURN_S = 1 << 6,
};

/* ---- inputs (beside interrupts) and outputs of the core device, by index ---- */
enum { ARM_IN_NMI = ARM_MAX_LINES, ARM_IN_SECURITY };
enum { ARM_OUT_SLEEP, ARM_OUT_SLEEPDEEP, ARM_OUT_SYSRESETREQ, ARM_OUT_LOCKUP };

/* ---- internal device classes (not in the registry) ---- */
extern const struct mote_device_class arm_class_nvic, arm_class_scb, arm_class_systick,
    arm_class_mpu, arm_class_debug, arm_class_fpu, arm_class_sau, arm_class_dwt, arm_class_itm,
    arm_class_tpiu;

/* ---- nvic.c: priorities and pending state; exceptions by slot ---- */
/* Full priority of an exception: -4 reset, -3 Secure HardFault with BFHFNMINS, -2 NMI, -1
 * HardFault, else its byte. */
int arm_exception_priority(const struct arm_cpu *cpu, uint32_t n);
/* What the core executes at. `ignore_primask`: as WFI's wake-up rule looks at it. */
int arm_execution_priority(const struct arm_cpu *cpu, bool ignore_primask);
/* The same for one Security state. */
bool arm_negative_priority_of(const struct arm_cpu *cpu, bool secure);
/* Inside HardFault or NMI, or with FAULTMASK set. */
static inline bool arm_negative_priority(const struct arm_cpu *cpu)
{
    const uint32_t hard = 1u << ARM_EXC_NMI | 1u << ARM_EXC_HARDFAULT;
    if (arm_core_of(cpu)->security != NULL)
        return arm_negative_priority_of(cpu, cpu->secure);
    return cpu->faultmask || (cpu->nvic->active[0] & hard);
}
/* Whether a pending exception would be taken now. */
bool arm_would_preempt(const struct arm_cpu *cpu, uint32_t n, bool ignore_primask);
/* Finds the best pending exception again and asks for attention when it can be taken. To be called
 * after every change of pending, enabled, priority, active or a mask register. */
void arm_nvic_update(struct arm_cpu *cpu);
void arm_set_pending(struct arm_cpu *cpu, uint32_t n);
void arm_clear_pending(struct arm_cpu *cpu, uint32_t n);
void arm_set_line(struct arm_cpu *cpu, uint32_t n, bool level);
void arm_deactivate(struct arm_cpu *cpu, uint32_t n);
uint32_t arm_active_count(const struct arm_cpu *cpu);
void arm_nvic_reset(struct arm_core *core);
/* When every device has been reset: lines that are still asserted are pending. */
void arm_nvic_start(struct arm_core *core);

/* ---- exceptions.c ---- */
/* After the instruction that wrote EXC_RETURN: checks it and begins the return. */
void arm_exception_return(struct arm_cpu *cpu);
void arm_load_vectors(struct arm_core *core);
/* A store or load of a frame failed with cpu->fault: the derived exception is pended beside the
 * first one. The bits are of CFSR. */
void arm_frame_fault(struct arm_cpu *cpu, uint32_t memmanage_bit, uint32_t busfault_bit);
/* ---- faults.c ---- */
/* Pends a synchronous exception, escalated to HardFault when it cannot be taken now, or locks up.
 * `n`: as architected, of the present Security state where there are two. `fsr`: bits to set, of
 * SFSR for SecureFault, else of CFSR. */
void arm_raise_exception(struct arm_cpu *cpu, uint32_t n, uint32_t fsr);
void arm_raise_exception_in(struct arm_cpu *cpu, uint32_t n, bool secure, uint32_t fsr);
/* ---- build.c ---- */
bool arm_accepts_build(const struct mote_core *core, const struct mote_build_attribute *attributes,
                       size_t count, char *text, size_t bytes);
/* Says of an undefined instruction at `pc` what a core needs to have it; "" when none would. */
void arm_describe_undefined(struct arm_cpu *cpu, uint32_t pc, char *text, size_t bytes);
void arm_lock_up(struct arm_cpu *cpu, const char *why);
/* Text of the fault registers in words. */
void arm_describe_fault(const struct mote_core *core, char *text, size_t bytes);
const char *arm_exception_name(uint32_t n, char *text, size_t bytes);

/* ---- state.c: registers with banks ---- */
static inline bool arm_handler_mode(const struct arm_cpu *cpu)
{
    return cpu->exception != 0;
}
static inline bool arm_privileged(const struct arm_cpu *cpu)
{
    return cpu->exception != 0 || !(cpu->control & ARM_CONTROL_NPRIV);
}
static inline bool arm_has_fp(const struct arm_cpu *cpu)
{
    return (cpu->features & ARM_HAS_FPSP) != 0;
}
bool arm_uses_psp(const struct arm_cpu *cpu);
/* Armv8-M: whether a value of the main or the process stack pointer violates its limit now. */
bool arm_below_limit(const struct arm_cpu *cpu, bool process, uint32_t sp);
uint32_t arm_get_sp(const struct arm_cpu *cpu, bool process);
void arm_set_sp(struct arm_cpu *cpu, bool process, uint32_t value);
/* Changes mode and SPSEL, keeping both stack pointers where they belong. */
void arm_set_mode(struct arm_cpu *cpu, uint32_t exception, uint32_t control);
uint32_t arm_xpsr(const struct arm_cpu *cpu);
/* APSR, GE and EPSR bits from a stacked xPSR (not IPSR). */
void arm_set_psr(struct arm_cpu *cpu, uint32_t psr);
/* Recomputes cpu->fp_ready and cpu->check_access after a change of what they depend on. */
void arm_update_access(struct arm_cpu *cpu);

/* ---- fp_state.c: floating-point context ---- */
/* Whether CPACR lets code of this state and privilege use the FPU. */
bool arm_fp_enabled(const struct arm_cpu *cpu, bool secure, bool privileged);
/* Whether an FP instruction has nothing to do before itself. */
bool arm_fp_is_ready(const struct arm_cpu *cpu);
/* The room that an extended frame takes beyond the basic one, of the present state's code. */
uint32_t arm_fp_frame_bytes(const struct arm_cpu *cpu);
/* Exception entry: stores the state at an address or notes that it is to be stored there. False:
 * cpu->fault says why not. */
bool arm_fp_push(struct arm_cpu *cpu, uint32_t address);
struct arm_fp_frame {
    uint32_t s[32], fpscr;
};
/* Exception return: loads the frame, likewise; then takes the state from it. */
bool arm_fp_load(struct arm_cpu *cpu, uint32_t address, struct arm_fp_frame *frame);
void arm_fp_restore(struct arm_cpu *cpu, const struct arm_fp_frame *frame);

/* ---- mpu.c ---- */
/* ARM_FAULT_NONE, or what forbids the access: DACCVIOL of the MPU, AUVIOL of the attribution. */
enum arm_fault arm_data_check(struct arm_cpu *cpu, uint32_t address, bool store);
/* The same for fetching an instruction of this length at cpu->pc. `is_sg`: it is SG. */
enum arm_fault arm_fetch_check(const struct arm_cpu *cpu, uint32_t bytes, bool is_sg);
/* Whether all code in [pc, end) may be fetched, no SG into Secure memory included. */
bool arm_may_fetch(const struct arm_cpu *cpu, uint32_t pc, uint32_t end);
/* What the MPU of one state (and the default map) says: ARM_FAULT_NONE, DACCVIOL or IACCVIOL. */
enum arm_fault arm_mpu_check(const struct arm_cpu *cpu, bool secure, uint32_t address, bool store,
                             bool fetch, bool privileged);

/* ---- memory.c ---- */
/* One naturally aligned word by the bus, no MPU: vector fetch. */
bool arm_bus_word(struct arm_cpu *cpu, uint32_t address, uint32_t *value);

/* ---- time.c ---- */
/* Ticks of the core clock now (mote_now_ps), asleep or awake, and the time of a tick. */
uint64_t arm_ticks(const struct arm_core *core);
uint64_t arm_tick_ps(const struct arm_core *core, uint64_t tick);
void arm_clock_changed(struct arm_core *core);
/* WFI, WFE, SLEEPONEXIT: asleep from the end of this instruction. */
void arm_sleep_begin(struct arm_cpu *cpu, bool wfe);
/* Whether the core is awake; goes to sleep or wakes when it is time. */
bool arm_awake(struct arm_cpu *cpu);

/* ---- run.c ---- */
/* Blocks until the deadline is reached or attention is set. */
void arm_exact_run(struct arm_cpu *cpu);
extern const struct mote_core_ops arm_core_ops;
/* ---- registers.c ---- */
extern const struct mote_core_register arm_registers[];
extern const size_t arm_register_count, arm_register_count_fp;
uint64_t arm_read_register(const struct mote_core *core, size_t index);
void arm_write_register(struct mote_core *core, size_t index, uint64_t value);
size_t arm_call_chain(const struct mote_core *core, uint64_t *addresses, size_t max);
size_t arm_disassemble(const struct mote_core *core, uint64_t address, char *text, size_t bytes);

/* ---- trace.c: DWT, ITM, TPIU ---- */
void arm_store_demcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);

/* ---- scb.c ---- */
/* CCR of the present Security state. */
uint32_t arm_present_ccr(const struct arm_core *core);

/* ---- systick.c ---- */
/* After a change of the core clock's rate or of sleep: arms its event anew. */
void arm_systick_rearm(struct arm_core *core);

#endif
