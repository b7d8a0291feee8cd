/* PSoC 6 (CAT1A) inter-processor communication: locks, notifications, and the ROM's system calls.
 *
 * Infineon 002-24529, chapter "Inter-processor communication"; registers as in Infineon's SVD of
 * psoc6_02 (IPC, version 2); system calls: the same manual, "Nonvolatile memory programming".
 * Modelled: sixteen structures with lock and data, sixteen interrupts with release and notify
 * causes. A notification of interrupt 0 by structure 0, 1 or 2 is a system call of the Cortex-M0+,
 * the Cortex-M4 or the debugger: the boot ROM would execute it on the Cortex-M0+. Of the calls,
 * "silicon id", "read fuse byte" (unprogrammed: 0) and "configure region bulk" (the voltage bit of
 * the flash, without effect) are answered, all others fail with "invalid opcode" and are reported.
 * A call takes no time. Not modelled: protection contexts (an owner is master and privilege only),
 * the Cortex-M0+'s own use of the structures once the Cortex-M4 runs. Properties: mote,silicon-id =
 * <family silicon>. Outputs: irq[16]. */
#include <mote/device.h>
#include <mote/space.h>

enum { CHANNELS = 16, SYSCALL_CHANNELS = 3 };

enum {
    ACQUIRE,
    RELEASE,
    NOTIFY,
    DATA0,
    DATA1,
    LOCK_STATUS,
    INTR,
    INTR_SET,
    INTR_MASK,
    INTR_MASKED,
    REG_COUNT,
};

#define ACQUIRED        (1u << 31)
#define OWNER_P         1u
#define MASTER_CM4      14u
#define OPCODE_SILICON  0x00u
#define OPCODE_FUSE     0x03u
#define OPCODE_REGION   0x0Cu
#define STATUS_SUCCESS  0xA0000000u
#define STATUS_INVALID  0xF0000004u /* SRAM address or opcode invalid */
#define DATA_HOLDS_CALL 1u

struct ipc_state {
    uint32_t silicon[2];
};

static void update_irq(struct mote_device *dev, uint32_t interrupt)
{
    uint32_t masked = mote_reg_at(dev, INTR, interrupt) & mote_reg_at(dev, INTR_MASK, interrupt);
    mote_reg_at(dev, INTR_MASKED, interrupt) = masked;
    mote_wire_set(dev, interrupt, masked != 0);
}

static void raise(struct mote_device *dev, uint32_t interrupts, uint32_t cause)
{
    for (uint32_t i = 0; i < CHANNELS; i++)
        if (interrupts >> i & 1) {
            mote_reg_at(dev, INTR, i) |= cause;
            update_irq(dev, i);
        }
}

/* ---- system calls ------------------------------------------------------------------------------
 */

static uint32_t execute(struct mote_device *dev, uint32_t call)
{
    const struct ipc_state *ipc = dev->state;
    switch (call >> 24) {
    case OPCODE_SILICON: /* type 0: family; type 1: silicon and revision */
        return STATUS_SUCCESS | ipc->silicon[call >> 8 & 1];
    case OPCODE_FUSE:
    case OPCODE_REGION:
        return STATUS_SUCCESS;
    default:
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "system call 0x%02x", call >> 24);
        return STATUS_INVALID;
    }
}

/* DATA0 is the call itself (bit 0 set) or points to it; the answer takes its place. */
static void system_call(struct mote_device *dev, uint32_t channel)
{
    uint32_t data = mote_reg_at(dev, DATA0, channel), call;
    if (data & DATA_HOLDS_CALL)
        mote_reg_at(dev, DATA0, channel) = execute(dev, data);
    else if (mote_mem_read(dev->sys, data, &call, sizeof call)) {
        uint32_t status = execute(dev, call);
        mote_mem_write(dev->sys, data, &status, sizeof status);
    } else {
        mote_reg_at(dev, DATA0, channel) = STATUS_INVALID;
    }
    mote_reg_at(dev, LOCK_STATUS, channel) = 0;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static uint32_t load_acquire(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    uint32_t *lock = &mote_reg_at(dev, LOCK_STATUS, element);
    uint32_t owner = OWNER_P | MASTER_CM4 << 8;
    if (*lock & ACQUIRED)
        return owner;
    *lock = ACQUIRED | owner;
    return ACQUIRED | owner;
}

static void store_release(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    uint32_t *lock = &mote_reg_at(dev, LOCK_STATUS, element);
    if (!(*lock & ACQUIRED))
        return;
    *lock = 0;
    raise(dev, written & 0xFFFF, 1u << element);
}

static void store_notify(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    raise(dev, written & 0xFFFF, 0x10000u << element);
    if ((written & 1) && element < SYSCALL_CHANNELS) {
        mote_reg_at(dev, INTR, 0) &= ~(0x10000u << element); /* the ROM's handler clears it */
        update_irq(dev, 0);
        system_call(dev, element);
    }
}

static void store_intr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)written;
    update_irq(dev, element);
}

static void store_intr_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)old;
    raise(dev, 1u << element, written);
}

static const struct mote_reg regs[REG_COUNT] = {
    [ACQUIRE] = {.name = "STRUCT[%u].ACQUIRE",
                 .offset = 0x00,
                 .count = CHANNELS,
                 .stride = 0x20,
                 .ro = 0x80000FF3,
                 .load = load_acquire},
    [RELEASE] = {.name = "STRUCT[%u].RELEASE",
                 .offset = 0x04,
                 .count = CHANNELS,
                 .stride = 0x20,
                 .wo = 0xFFFF,
                 .store = store_release},
    [NOTIFY] = {.name = "STRUCT[%u].NOTIFY",
                .offset = 0x08,
                .count = CHANNELS,
                .stride = 0x20,
                .wo = 0xFFFF,
                .store = store_notify},
    [DATA0] = {.name = "STRUCT[%u].DATA0",
               .offset = 0x0C,
               .count = CHANNELS,
               .stride = 0x20,
               .rw = 0xFFFFFFFF},
    [DATA1] = {.name = "STRUCT[%u].DATA1",
               .offset = 0x10,
               .count = CHANNELS,
               .stride = 0x20,
               .rw = 0xFFFFFFFF},
    [LOCK_STATUS] = {.name = "STRUCT[%u].LOCK_STATUS",
                     .offset = 0x1C,
                     .count = CHANNELS,
                     .stride = 0x20,
                     .ro = 0x80000FF3},
    [INTR] = {.name = "INTR_STRUCT[%u].INTR",
              .offset = 0x1000,
              .count = CHANNELS,
              .stride = 0x20,
              .w1c = 0xFFFFFFFF,
              .store = store_intr},
    [INTR_SET] = {.name = "INTR_STRUCT[%u].INTR_SET",
                  .offset = 0x1004,
                  .count = CHANNELS,
                  .stride = 0x20,
                  .wo = 0xFFFFFFFF,
                  .store = store_intr_set},
    [INTR_MASK] = {.name = "INTR_STRUCT[%u].INTR_MASK",
                   .offset = 0x1008,
                   .count = CHANNELS,
                   .stride = 0x20,
                   .rw = 0xFFFFFFFF,
                   .store = store_intr},
    [INTR_MASKED] = {.name = "INTR_STRUCT[%u].INTR_MASKED",
                     .offset = 0x100C,
                     .count = CHANNELS,
                     .stride = 0x20,
                     .ro = 0xFFFFFFFF},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct ipc_state *ipc = dev->state;
    mote_prop_cells(dev, "mote,silicon-id", ipc->silicon, 2);
    return true;
}

const struct mote_device_class mote_class_psoc6_ipc = {
    .name = "psoc6_ipc",
    .summary = "PSoC 6 inter-processor communication and the ROM's system calls",
    .compatibles = {"infineon,cat1a-ipc"},
    .state_bytes = sizeof(struct ipc_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .outputs = {{"irq", CHANNELS}},
    .attach = attach,
};
