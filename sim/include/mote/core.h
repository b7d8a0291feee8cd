/* A core: a processor as the machine, the debugger and the reports see it.
 *
 * A core is also a device (its inputs are interrupt lines, its clock input 0 is its clock); this
 * table is what it offers beyond that. Architecture never shows: a caller asks the tables. */
#ifndef MOTE_CORE_H
#define MOTE_CORE_H

#include <mote/device.h>
#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_core;
struct mote_code_block;
struct mote_extension;

/* What an image says it was built for: one of an ELF's build attributes, by the tag's number in the
 * architecture's ABI. Text is NULL for a number. */
struct mote_build_attribute {
    uint32_t tag;
    uint64_t number;
    const char *text;
};

enum mote_accuracy { MOTE_ACCURACY_EXACT, MOTE_ACCURACY_FAST };

enum mote_core_state { MOTE_CORE_RUNNING, MOTE_CORE_SLEEPING, MOTE_CORE_LOCKED_UP };

/* One register of the core, in the order of gdb's target description. */
struct mote_core_register {
    const char *name;    /* as in the architecture manual, lower case */
    const char *feature; /* gdb feature, e.g. "org.gnu.gdb.arm.m-profile" */
    uint8_t bits;
    uint8_t gdb_number;
};

/* Execution totals. `cycles` counts core clock cycles while not sleeping. */
struct mote_core_totals {
    uint64_t cycles;
    uint64_t instructions;
    uint64_t sleep_ps;
    bool estimated;        /* some cycles are learned means (fast): */
    uint64_t error_cycles; /* by how much `cycles` may be off by that: two standard errors */
};

/* Totals of one decoded block of code, for profiles: read them through blocks(). Address ranges may
 * overlap where code was entered at different places. */
struct mote_block_totals {
    uint64_t address;
    uint32_t bytes;
    uint32_t instructions; /* in one execution to its end */
    uint64_t entries;      /* times entered at its first instruction */
    uint64_t cycles;
    uint64_t executed;   /* instructions executed in it */
    uint64_t dynamic_fj; /* energy of its activity (activity.h), without per-cycle energy */
};

struct mote_core_ops {
    const char *name;     /* "cortex-m4" */
    uint16_t elf_machine; /* EM_ARM, EM_RISCV */
    void (*reset)(struct mote_core *core);
    /* Runs until the next event is due, a stop is requested, or the core sleeps or locks up. Time
     * (mote_now_ps) is then at an instruction boundary at or after the due time. */
    enum mote_core_state (*run)(struct mote_core *core);
    /* Where the next reset starts: the vector table (Arm) or first instruction (RISC-V). */
    void (*set_boot_address)(struct mote_core *core, uint64_t address);
    /* Resets the core alone and starts it at `address`, once (mote_request_core_start). NULL: it
     * cannot. */
    void (*start_at)(struct mote_core *core, uint64_t address);
    /* True: the boot address is an instruction, so an image may be started at its entry point;
     * false: a vector table, which the image brings. */
    bool boots_by_instruction;
    void (*set_accuracy)(struct mote_core *core, enum mote_accuracy accuracy);
    /* Adds a user's instructions, which live as long as the core, before the first reset. NULL:
     * this architecture has no room for them. False after filling err. */
    bool (*add_extension)(struct mote_core *core, const struct mote_extension *extension,
                          struct mote_err *err);
    /* Whether an image with these attributes may run here; if not, `text` says for what it was
     * built and what this core has. NULL: cannot tell. */
    bool (*accepts_build)(const struct mote_core *core,
                          const struct mote_build_attribute *attributes, size_t count, char *text,
                          size_t bytes);
    /* Executes one instruction (or takes one exception). */
    enum mote_core_state (*step)(struct mote_core *core);

    const struct mote_core_register *registers;
    size_t register_count;
    uint64_t (*read_register)(const struct mote_core *core, size_t index);
    void (*write_register)(struct mote_core *core, size_t index, uint64_t value);

    /* Breakpoints on instruction addresses: run() stops before them with MOTE_STOP_DEBUG. */
    bool (*set_breakpoint)(struct mote_core *core, uint64_t address, bool on);

    void (*totals)(const struct mote_core *core, struct mote_core_totals *totals);
    /* Calls `visit` for every block, in order of address. */
    void (*blocks)(struct mote_core *core,
                   void (*visit)(void *user, const struct mote_block_totals *block), void *user);

    /* Return addresses from the innermost frame outwards as well as the core can tell without debug
     * information, for a backtrace; returns how many. */
    size_t (*call_chain)(const struct mote_core *core, uint64_t *addresses, size_t max);
    /* Describes the present fault state in words (fault registers decoded), "" when none. */
    void (*describe_fault)(const struct mote_core *core, char *text, size_t bytes);
    /* One instruction as text at an address (Capstone or our rows); returns its length, 0 unknown.
     */
    size_t (*disassemble)(const struct mote_core *core, uint64_t address, char *text, size_t bytes);
};

/* What the host offers to semihosting calls of the firmware. */
struct mote_semihosting {
    const char *directory;    /* files may be opened inside this one only; NULL: no files */
    const char *command_line; /* NULL: empty */
    bool debugger;            /* the core says that a debugger is attached (DHCSR.C_DEBUGEN) */
    /* Text typed at the firmware; returns how many bytes were read, 0 at the end. NULL: none. */
    size_t (*input)(void *user, char *bytes, size_t max);
    void *user;
};

struct mote_core {
    const struct mote_core_ops *ops;
    struct mote_device *device;
    struct mote_semihosting *semihosting; /* in the core's state; NULL: it has no semihosting */
    /* For mote_mem_timing functions: the core cycle in which the data phase of this access begins,
     * for memories whose wait depends on when they are asked; of a core with more than one bus, the
     * cycle in which the instruction began that makes it. NULL: the core does not tell. */
    const uint64_t *cycles;
};

/* The core that the device is, or NULL when it is no core. Set by the core's class in attach. */
struct mote_core *mote_core_of(const struct mote_device *dev);
void mote_core_register(struct mote_device *dev, struct mote_core *core);
/* The first core of the system (NULL when there is none): this generation has one. */
struct mote_core *mote_system_core(const struct mote_system *sys);

/* A marker in the firmware's code (mote_mark.h of the samples): told by the core as it happens. */
typedef void mote_marker_sink(void *user, uint32_t id, bool begin, uint64_t cycles);
void mote_set_marker_sink(struct mote_system *sys, mote_marker_sink *sink, void *user);
void mote_marker(struct mote_system *sys, uint32_t id, bool begin, uint64_t cycles);

/* Text the firmware writes to the debug channel (ITM port 0, semihosting, RTT). */
typedef void mote_console_sink(void *user, const char *bytes, size_t count);
void mote_set_debug_console(struct mote_system *sys, mote_console_sink *sink, void *user);
void mote_debug_console(struct mote_system *sys, const char *bytes, size_t count);

#endif
