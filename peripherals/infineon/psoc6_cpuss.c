/* PSoC 6 (CAT1A) CPU subsystem: start of the Cortex-M4, CPU and peripheral clocks.
 *
 * Infineon 002-24529 (PSoC 6 CY8C6xx8/xxA architecture TRM), chapters "CPU subsystem" and "Device
 * boot"; registers as in Infineon's SVD of psoc6_02 (CPUSS, version 2).
 * The chip boots on its Cortex-M0+, whose application starts the Cortex-M4: it writes
 * CM4_VECTOR_TABLE_BASE and then enables the core in CM4_PWR_CTL. Mote has one core. It runs the
 * Cortex-M0+'s code first, which is a subset of the Cortex-M4's; when that enables the Cortex-M4,
 * the core leaves it where it is and starts as the Cortex-M4, and the Cortex-M0+ counts as asleep
 * from then on (CM0_STATUS), which is what Infineon's prebuilt image CM0P_SLEEP does.
 * Modelled: that; CM4_STATUS and CM0_STATUS; the dividers of clk_fast, clk_peri and clk_slow; keys
 * of the power registers; RAM and ROM wait state fields with readback, without effect on time.
 * Not modelled: the Cortex-M0+ beside the Cortex-M4 (interrupts to it, CM0_SYSTEM_INT_CTL; the
 * ROM's system calls are psoc6_ipc's), its pipeline, stopping the Cortex-M4 again, SysTick's other
 * clock sources, the FPU's exceptions, protection, power of the RAMs.
 * Clock input 0: clk_hf0. Clocks: 0 the core's (clk_slow, then clk_fast), 1 clk_peri, 2 clk_slow,
 * 3 clk_fast. */
#include <mote/clock.h>
#include <mote/device.h>

enum {
    IDENTITY,
    CM4_STATUS,
    CM4_CLOCK_CTL,
    CM4_CTL,
    CM4_VECTOR_TABLE_BASE,
    CM4_NMI_CTL,
    CM0_CTL,
    CM0_STATUS,
    CM0_CLOCK_CTL,
    CM0_VECTOR_TABLE_BASE,
    CM0_NMI_CTL,
    CM4_PWR_CTL,
    CM4_PWR_DELAY_CTL,
    RAM0_CTL0,
    RAM0_STATUS,
    RAM0_PWR_MACRO_CTL,
    RAM1_CTL0,
    RAM1_STATUS,
    RAM1_PWR_CTL,
    RAM2_CTL0,
    RAM2_STATUS,
    RAM2_PWR_CTL,
    RAM_PWR_DELAY_CTL,
    ROM_CTL,
    ECC_CTL,
    PRODUCT_ID,
    DP_STATUS,
    AP_CTL,
    BUFF_CTL,
    SYSTICK_CTL,
    CM0_PC_CTL,
    CM0_PC0_HANDLER,
    CM0_PC1_HANDLER,
    CM0_PC2_HANDLER,
    CM0_PC3_HANDLER,
    PROTECTION,
    TRIM_ROM_CTL,
    TRIM_RAM_CTL,
    CM0_SYSTEM_INT_CTL,
    REG_COUNT,
};
enum { CLK_CORE, CLK_PERI, CLK_SLOW, CLK_FAST, CLK_COUNT };

#define KEY              0x05FAu
#define PWR_MODE         3u
#define PWR_RESET        1u
#define PWR_ENABLED      3u
#define STATUS_SLEEPING  1u
#define STATUS_SLEEPDEEP 2u
#define STATUS_PWR_DONE  (1u << 4)
#define IDENTITY_P       1u
#define MASTER_CM4       14u

struct cpuss_state {
    struct mote_clock *clock[CLK_COUNT];
    bool cm4; /* the core is the Cortex-M4 */
};

static void update_clocks(struct mote_device *dev)
{
    const struct cpuss_state *cpuss = dev->state;
    uint64_t hf0 = mote_clock_hz(dev, 0);
    uint32_t cm0 = mote_reg(dev, CM0_CLOCK_CTL);
    uint64_t fast = hf0 / ((mote_reg(dev, CM4_CLOCK_CTL) >> 8 & 0xFF) + 1);
    uint64_t peri = hf0 / ((cm0 >> 24) + 1);
    uint64_t slow = peri / ((cm0 >> 8 & 0xFF) + 1);
    mote_clock_set_hz(cpuss->clock[CLK_PERI], peri);
    mote_clock_set_hz(cpuss->clock[CLK_SLOW], slow);
    mote_clock_set_hz(cpuss->clock[CLK_FAST], fast);
    mote_clock_set_hz(cpuss->clock[CLK_CORE], cpuss->cm4 ? fast : slow);
}

static void store_clock(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_clocks(dev);
}

/* A store without the key in its upper half changes nothing. */
static bool keyed(struct mote_device *dev, uint32_t id, uint32_t element, uint32_t old,
                  uint32_t written)
{
    if (written >> 16 == KEY)
        return true;
    mote_reg_at(dev, id, element) = old;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s written without its key: ignored",
             dev->cls->regs[id].name);
    return false;
}

static void store_cm4_power(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    struct cpuss_state *cpuss = dev->state;
    if (!keyed(dev, CM4_PWR_CTL, element, old, written))
        return;
    uint32_t mode = written & PWR_MODE;
    if (cpuss->cm4) {
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED,
                 "CM4_PWR_CTL: the Cortex-M4 cannot be stopped here");
    } else if (mode == PWR_ENABLED) {
        uint32_t vectors = mote_reg(dev, CM4_VECTOR_TABLE_BASE);
        mote_log(dev->sys, dev, MOTE_LOG_INFO, "the Cortex-M4 starts at 0x%08x", vectors);
        cpuss->cm4 = true;
        mote_reg(dev, CM4_STATUS) = STATUS_PWR_DONE;
        mote_reg(dev, CM0_STATUS) = STATUS_SLEEPING | STATUS_SLEEPDEEP;
        update_clocks(dev);
        mote_request_core_start(dev->sys, vectors);
    }
}

static void store_keyed_cm0(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    keyed(dev, CM0_CTL, element, old, written);
}

static void store_keyed_ram0(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    keyed(dev, RAM0_PWR_MACRO_CTL, element, old, written);
}

static void store_keyed_ram1(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    keyed(dev, RAM1_PWR_CTL, element, old, written);
}

static void store_keyed_ram2(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    keyed(dev, RAM2_PWR_CTL, element, old, written);
}

/* Who asks; every access counts as privileged and in protection context 0. */
static uint32_t load_identity(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    const struct cpuss_state *cpuss = dev->state;
    return IDENTITY_P | (cpuss->cm4 ? MASTER_CM4 << 8 : 0);
}

static const struct mote_reg regs[REG_COUNT] = {
    [IDENTITY] = {.name = "IDENTITY", .offset = 0x00, .ro = 0xFF3, .load = load_identity},
    [CM4_STATUS] = {.name = "CM4_STATUS", .offset = 0x04, .ro = 0x13, .reset = 0x13},
    [CM4_CLOCK_CTL] = {.name = "CM4_CLOCK_CTL", .offset = 0x08, .rw = 0xFF00, .store = store_clock},
    [CM4_CTL] = {.name = "CM4_CTL", .offset = 0x0C, .rw = 0x9F000000, .unmodelled = 0x9F000000},
    [CM4_VECTOR_TABLE_BASE] = {.name = "CM4_VECTOR_TABLE_BASE", .offset = 0x200, .rw = 0xFFFFFC00},
    [CM4_NMI_CTL] = {.name = "CM4_NMI_CTL[%u]",
                     .offset = 0x240,
                     .count = 4,
                     .reset = 0x3FF,
                     .rw = 0x3FF,
                     .unmodelled = 0x3FF},
    [CM0_CTL] = {.name = "CM0_CTL",
                 .offset = 0x1000,
                 .reset = 0xFA050002,
                 .rw = 0x3,
                 .ro = 0xFFFF0000,
                 .store = store_keyed_cm0},
    [CM0_STATUS] = {.name = "CM0_STATUS", .offset = 0x1004, .ro = 0x3},
    [CM0_CLOCK_CTL] = {.name = "CM0_CLOCK_CTL",
                       .offset = 0x1008,
                       .rw = 0xFF00FF00,
                       .store = store_clock},
    [CM0_VECTOR_TABLE_BASE] = {.name = "CM0_VECTOR_TABLE_BASE", .offset = 0x1120, .rw = 0xFFFFFF00},
    [CM0_NMI_CTL] = {.name = "CM0_NMI_CTL[%u]",
                     .offset = 0x1140,
                     .count = 4,
                     .reset = 0x3FF,
                     .rw = 0x3FF,
                     .unmodelled = 0x3FF},
    [CM4_PWR_CTL] = {.name = "CM4_PWR_CTL",
                     .offset = 0x1200,
                     .reset = 0xFA050001,
                     .rw = 0x3,
                     .ro = 0xFFFF0000,
                     .store = store_cm4_power},
    [CM4_PWR_DELAY_CTL] = {.name = "CM4_PWR_DELAY_CTL",
                           .offset = 0x1204,
                           .reset = 0x12C,
                           .rw = 0x3FF},
    [RAM0_CTL0] = {.name = "RAM0_CTL0", .offset = 0x1300, .reset = 0x30001, .rw = 0x70303},
    [RAM0_STATUS] = {.name = "RAM0_STATUS", .offset = 0x1304, .reset = 0x1, .ro = 0x1},
    [RAM0_PWR_MACRO_CTL] = {.name = "RAM0_PWR_MACRO_CTL[%u]",
                            .offset = 0x1340,
                            .count = 16,
                            .reset = 0xFA050003,
                            .rw = 0x3,
                            .ro = 0xFFFF0000,
                            .store = store_keyed_ram0},
    [RAM1_CTL0] = {.name = "RAM1_CTL0", .offset = 0x1380, .reset = 0x30001, .rw = 0x70303},
    [RAM1_STATUS] = {.name = "RAM1_STATUS", .offset = 0x1384, .reset = 0x1, .ro = 0x1},
    [RAM1_PWR_CTL] = {.name = "RAM1_PWR_CTL",
                      .offset = 0x1388,
                      .reset = 0xFA050003,
                      .rw = 0x3,
                      .ro = 0xFFFF0000,
                      .store = store_keyed_ram1},
    [RAM2_CTL0] = {.name = "RAM2_CTL0", .offset = 0x13A0, .reset = 0x30001, .rw = 0x70303},
    [RAM2_STATUS] = {.name = "RAM2_STATUS", .offset = 0x13A4, .reset = 0x1, .ro = 0x1},
    [RAM2_PWR_CTL] = {.name = "RAM2_PWR_CTL",
                      .offset = 0x13A8,
                      .reset = 0xFA050003,
                      .rw = 0x3,
                      .ro = 0xFFFF0000,
                      .store = store_keyed_ram2},
    [RAM_PWR_DELAY_CTL] = {.name = "RAM_PWR_DELAY_CTL",
                           .offset = 0x13C0,
                           .reset = 0x96,
                           .rw = 0x3FF},
    [ROM_CTL] = {.name = "ROM_CTL", .offset = 0x13C4, .reset = 0x1, .rw = 0x303},
    [ECC_CTL] = {.name = "ECC_CTL", .offset = 0x13C8, .rw = 0xFFFFFFFF, .unmodelled = 0xFFFFFFFF},
    [PRODUCT_ID] = {.name = "PRODUCT_ID", .offset = 0x1400, .ro = 0xFF0FFF},
    [DP_STATUS] = {.name = "DP_STATUS", .offset = 0x1410, .reset = 0x4, .ro = 0x7},
    [AP_CTL] = {.name = "AP_CTL", .offset = 0x1414, .rw = 0x70007, .unmodelled = 0x70007},
    [BUFF_CTL] = {.name = "BUFF_CTL", .offset = 0x1500, .reset = 0x1, .rw = 0x1},
    [SYSTICK_CTL] = {.name = "SYSTICK_CTL",
                     .offset = 0x1600,
                     .reset = 0x40000147,
                     .rw = 0xC3FFFFFF,
                     .unmodelled = 0xC3FFFFFF},
    [CM0_PC_CTL] = {.name = "CM0_PC_CTL", .offset = 0x2000, .rw = 0xF},
    [CM0_PC0_HANDLER] = {.name = "CM0_PC0_HANDLER", .offset = 0x2040, .rw = 0xFFFFFFFF},
    [CM0_PC1_HANDLER] = {.name = "CM0_PC1_HANDLER", .offset = 0x2044, .rw = 0xFFFFFFFF},
    [CM0_PC2_HANDLER] = {.name = "CM0_PC2_HANDLER", .offset = 0x2048, .rw = 0xFFFFFFFF},
    [CM0_PC3_HANDLER] = {.name = "CM0_PC3_HANDLER", .offset = 0x204C, .rw = 0xFFFFFFFF},
    [PROTECTION] = {.name = "PROTECTION", .offset = 0x20C4, .rw = 0x7, .unmodelled = 0x7},
    [TRIM_ROM_CTL] = {.name = "TRIM_ROM_CTL", .offset = 0x2100, .rw = 0xFFFFFFFF, .reset = 0x12},
    [TRIM_RAM_CTL] = {.name = "TRIM_RAM_CTL", .offset = 0x2104, .rw = 0xFFFFFFFF, .reset = 0x6012},
    [CM0_SYSTEM_INT_CTL] = {.name = "CM0_SYSTEM_INT_CTL[%u]",
                            .offset = 0x8000,
                            .rw = 0x80000007,
                            .count = 168},
};

static void reset(struct mote_device *dev)
{
    struct cpuss_state *cpuss = dev->state;
    cpuss->cm4 = false;
    mote_reg(dev, CM4_PWR_CTL) = (mote_reg(dev, CM4_PWR_CTL) & ~PWR_MODE) | PWR_RESET;
    mote_reg(dev, PRODUCT_ID) = mote_prop_u32(dev, "mote,product-id", 0);
    update_clocks(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    update_clocks(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    static const char *const names[CLK_COUNT] = {"core", "clk_peri", "clk_slow", "clk_fast"};
    struct cpuss_state *cpuss = dev->state;
    for (uint32_t i = 0; i < CLK_COUNT; i++) {
        cpuss->clock[i] = mote_clock_add(dev, names[i]);
        if (cpuss->clock[i] == NULL)
            return mote_err_set(err, "out of memory for clocks");
    }
    return true;
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct cpuss_state *cpuss = dev->state;
    return count == 1 && cells[0] < CLK_COUNT ? cpuss->clock[cells[0]] : NULL;
}

const struct mote_device_class mote_class_psoc6_cpuss = {
    .name = "psoc6_cpuss",
    .summary = "PSoC 6 CPU subsystem: start of the Cortex-M4, clocks",
    .compatibles = {"infineon,cat1a-cpuss"},
    .state_bytes = sizeof(struct cpuss_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
    .clock_of = clock_of,
};
