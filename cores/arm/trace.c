/* Data watchpoint and trace (cycle counter), instrumentation trace, trace port.
 *
 * Documents: Armv7-M ARM (DDI 0403E) C1.7 (ITM), C1.8 (DWT), C1.10 (TPIU).
 * Modelled: CYCCNT, exactly the core's cycle count; SLEEPCNT; ITM stimulus port 0 as a console, and
 * ports 1-31 as markers (a word store of 0xE0000000 begins, a halfword store of 0 ends marker n).
 * The ITM resets as a debugger with trace would leave it: ITMENA and port 0 on. Not modelled: DWT
 * comparators, CPICNT, EXCCNT, LSUCNT, FOLDCNT, PC sampling, trace packets, TPIU formats, time
 * stamps, FPB. */
#include "core.h"

enum {
    DWT_CTRL,
    DWT_CYCCNT,
    DWT_COUNTERS,
    DWT_SLEEPCNT,
    DWT_COUNTERS2,
    DWT_PCSR,
    DWT_COMP,
    DWT_LAR,
    DWT_LSR
};
enum { CYCCNTENA = 1 };

/* ---- DWT --------------------------------------------------------------------------------------
 */

static uint32_t cyccnt(const struct arm_core *core)
{
    return core->cyccnt_base + (core->cyccnt_runs ? (uint32_t)core->cpu.cycles : 0);
}

static void set_cyccnt(struct arm_core *core, uint32_t value)
{
    bool trace = mote_reg(core->debug, DEBUG_DEMCR) & ARM_DEMCR_TRCENA;
    core->cyccnt_runs = trace && (mote_reg(core->dwt, DWT_CTRL) & CYCCNTENA);
    core->cyccnt_base = value - (core->cyccnt_runs ? (uint32_t)core->cpu.cycles : 0);
}

void arm_store_demcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct arm_core *core = arm_core_of_child(dev);
    if (core->dwt != NULL)
        set_cyccnt(core, cyccnt(core));
}

static void store_dwt_ctrl(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct arm_core *core = arm_core_of_child(dev);
    set_cyccnt(core, cyccnt(core));
}

static uint32_t load_cyccnt(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return cyccnt(arm_core_of_child(dev));
}

static void store_cyccnt(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    set_cyccnt(arm_core_of_child(dev), written);
}

static uint32_t load_sleepcnt(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)arm_core_of_child(dev)->sleep_ticks & 0xFF;
}

static const struct mote_reg dwt_regs[] = {
    /* NUMCOMP says 4 as on silicon; see above. */
    [DWT_CTRL] = {.name = "DWT_CTRL",
                  .offset = 0x00,
                  .reset = 0x40000000u,
                  .rw = 0x007F1FFFu,
                  .ro = 0xFF000000u,
                  .unmodelled = 0x007F1FFEu,
                  .keep = 1,
                  .store = store_dwt_ctrl},
    [DWT_CYCCNT] = {.name = "DWT_CYCCNT",
                    .offset = 0x04,
                    .rw = ~0u,
                    .keep = 1,
                    .load = load_cyccnt,
                    .store = store_cyccnt},
    [DWT_COUNTERS] =
        {.name = "DWT_COUNT[%u]", .offset = 0x08, .rw = 0xFF, .unmodelled = 0xFF, .count = 2},
    [DWT_SLEEPCNT] = {.name = "DWT_SLEEPCNT",
                      .offset = 0x10,
                      .rw = 0xFF,
                      .unmodelled = 0xFF,
                      .load = load_sleepcnt},
    [DWT_COUNTERS2] =
        {.name = "DWT_COUNT2[%u]", .offset = 0x14, .rw = 0xFF, .unmodelled = 0xFF, .count = 2},
    [DWT_PCSR] = {.name = "DWT_PCSR", .offset = 0x1C, .ro = ~0u},
    [DWT_COMP] =
        {.name = "DWT_COMP[%u]", .offset = 0x20, .rw = ~0u, .unmodelled = ~0u, .count = 16},
    [DWT_LAR] = {.name = "DWT_LAR", .offset = 0xFB0, .wo = ~0u}, /* no lock: always open */
    [DWT_LSR] = {.name = "DWT_LSR", .offset = 0xFB4, .ro = ~0u},
};

const struct mote_device_class arm_class_dwt = {
    .name = "arm_dwt",
    .summary = "data watchpoint and trace unit of an M-profile core",
    .regs = dwt_regs,
    .reg_count = sizeof dwt_regs / sizeof *dwt_regs,
    .window_bytes = 0x1000,
};

/* ---- ITM --------------------------------------------------------------------------------------
 */

enum { ITM_TER, ITM_TPR, ITM_TCR, ITM_LAR, ITM_LSR };
enum { PORT_BYTES = 32 * 4, ITMENA = 1 };
#define MARK_BEGIN 0xE0000000u

static void console_store(struct mote_device *dev, const struct mote_access *access)
{
    if (!(mote_reg(dev, ITM_TCR) & ITMENA) || !(mote_reg(dev, ITM_TER) & 1))
        return;
    char bytes[4];
    for (uint32_t i = 0; i < access->bytes; i++)
        bytes[i] = (char)(access->value >> (8 * i));
    mote_debug_console(dev->sys, bytes, access->bytes);
}

static bool itm_window(struct mote_device *dev, struct mote_access *access)
{
    if (access->offset >= PORT_BYTES) {
        access->value = 0;
        return true;
    }
    if (!access->store) {
        access->value = 1; /* FIFOREADY */
        return true;
    }
    uint32_t port = access->offset / 4;
    uint64_t cycles = arm_core_of_child(dev)->cpu.cycles;
    if (port == 0)
        console_store(dev, access);
    else if (access->bytes == 4 && access->value == MARK_BEGIN)
        mote_marker(dev->sys, port, true, cycles);
    else if (access->bytes == 2 && (uint16_t)access->value == (uint16_t)MARK_BEGIN)
        mote_marker(dev->sys, port, false, cycles);
    return true;
}

static const struct mote_reg itm_regs[] = {
    [ITM_TER] = {.name = "ITM_TER", .offset = 0xE00, .reset = 1, .rw = ~0u},
    [ITM_TPR] = {.name = "ITM_TPR", .offset = 0xE40, .rw = 0xF},
    [ITM_TCR] = {.name = "ITM_TCR", .offset = 0xE80, .reset = ITMENA, .rw = 0x007F0F1Fu},
    [ITM_LAR] = {.name = "ITM_LAR", .offset = 0xFB0, .wo = ~0u},
    [ITM_LSR] = {.name = "ITM_LSR", .offset = 0xFB4, .ro = ~0u},
};

const struct mote_device_class arm_class_itm = {
    .name = "arm_itm",
    .summary = "instrumentation trace of an M-profile core: console and markers",
    .regs = itm_regs,
    .reg_count = sizeof itm_regs / sizeof *itm_regs,
    .window_bytes = 0x1000,
    .window = itm_window,
};

/* ---- TPIU -------------------------------------------------------------------------------------
 */

static const struct mote_reg tpiu_regs[] = {
    {.name = "TPIU_SSPSR", .offset = 0x000, .reset = 0xB, .ro = ~0u},
    {.name = "TPIU_CSPSR", .offset = 0x004, .reset = 1, .rw = ~0u},
    {.name = "TPIU_ACPR", .offset = 0x010, .rw = 0x1FFF},
    {.name = "TPIU_SPPR", .offset = 0x0F0, .reset = 1, .rw = 3},
    {.name = "TPIU_FFSR", .offset = 0x300, .reset = 8, .ro = ~0u},
    {.name = "TPIU_FFCR", .offset = 0x304, .reset = 0x102, .rw = 0x102},
};

const struct mote_device_class arm_class_tpiu = {
    .name = "arm_tpiu",
    .summary = "trace port of an M-profile core: registers only",
    .regs = tpiu_regs,
    .reg_count = sizeof tpiu_regs / sizeof *tpiu_regs,
    .window_bytes = 0x1000,
};
