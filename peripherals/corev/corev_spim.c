/* SPI master of the CORE-V-MCU's uDMA: carries out a sequence of 32-bit commands from memory.
 *
 * Source: openhwgroup/core-v-mcu @cf5be30, docs/doc-src/ip-blocks/udma_qspim.rst. Where that and
 * rtl/udma/udma_qspi differ, as the RTL and the register definitions have it: BITS_WORD is one less
 * than the bits, command data is aligned to the right, KEEP_CHIP_SELECT keeps when it is 1.
 *
 * Modelled: all commands but waiting for an event, with the time of their bits; four chip selects;
 * words packed into elements of memory; repetition of up to six commands, which a check that
 * matches ends.
 *
 * Not modelled: SPI_CMD_WAIT for an event (goes on at once), polarity and phase (parts see whole
 * words), quad mode beyond its time, reads of SADDR as the present address. SADDR is kept in 32
 * bits; SPI_CMD_SETUP_UCA takes the bits it lacks from CMD_SADDR.
 *
 * Clock input 0: the peripheral clock. Outputs: irq[4]: received buffer, transmitted buffer,
 * commands read, end of transfer; csn[4]. */
#include "_corev_udma.h"
#include <mote/bus.h>
#include <mote/clock.h>

enum {
    RX_SADDR,
    RX_SIZE,
    RX_CFG,
    TX_SADDR,
    TX_SIZE,
    TX_CFG,
    CMD_SADDR,
    CMD_SIZE,
    CMD_CFG,
    STATUS,
    ROWS
};
enum { EVENT_DONE };
enum { OUT_RX, OUT_TX, OUT_CMD, OUT_EOT, OUT_CSN };
enum { CHIP_SELECTS = 4, REPLAY_WORDS = 6, ELEMENT_32 = 2 << 1, UCA_BITS = 21, UCS_BITS = 20 };
enum { STAT_NONE, STAT_MATCHED, STAT_NOT_MATCHED };
enum { CHECK_ALL, CHECK_ONES, CHECK_ZEROS };

/* Commands, in bits 31 to 28. */
enum {
    SPI_CFG = 0x0,
    SPI_SOT = 0x1,
    SPI_SEND_CMD = 0x2,
    SPI_DUMMY = 0x4,
    SPI_WAIT = 0x5,
    SPI_TX_DATA = 0x6,
    SPI_RX_DATA = 0x7,
    SPI_RPT = 0x8,
    SPI_EOT = 0x9,
    SPI_RPT_END = 0xA,
    SPI_RX_CHECK = 0xB,
    SPI_FULL_DUPL = 0xC,
    SPI_SETUP_UCA = 0xD,
    SPI_SETUP_UCS = 0xE
};

#define COMMAND_QPI (1u << 27)
#define COMMAND_TX  (1u << 27) /* of SETUP_UCA and SETUP_UCS */
#define COMMAND_LSB (1u << 26)
#define EOT_EVENT   (1u << 0)
#define EOT_KEEP    (1u << 1)
#define WAIT_CYCLES 1u

struct corev_spim {
    struct udma_channel rx, tx, cmd;
    uint32_t command; /* under way */
    bool active;
    uint64_t cycles; /* of the word or wait under way; 0: waits for data */
    uint32_t words, part, element, received;
    uint8_t divider;
    uint32_t replay[REPLAY_WORDS];
    uint8_t replay_count, replay_at;
    uint32_t turns;
    bool collecting, replaying, matched;
};

/* ---- fields of commands -----------------------------------------------------------------------
 */

static uint32_t code(uint32_t command)
{
    return command >> 28;
}

static uint32_t word_bits(uint32_t command)
{
    return (command >> 16 & (code(command) == SPI_RX_CHECK ? 0xF : 0x1F)) + 1;
}

/* Words in an element of memory: WORD_PER_TRANSF. */
static uint32_t words_per_element(uint32_t command)
{
    static const uint8_t words[] = {1, 2, 4, 1};
    bool data = code(command) == SPI_TX_DATA || code(command) == SPI_RX_DATA ||
                code(command) == SPI_FULL_DUPL;
    return data ? words[command >> 21 & 3] : 1;
}

static bool takes_tx(uint32_t command)
{
    return code(command) == SPI_TX_DATA || code(command) == SPI_FULL_DUPL;
}

static bool gives_rx(uint32_t command)
{
    return code(command) == SPI_RX_DATA || code(command) == SPI_FULL_DUPL;
}

static uint32_t mask_of(uint32_t bits)
{
    return bits < 32 ? (1u << bits) - 1 : ~0u;
}

static uint32_t reversed(uint32_t word, uint32_t bits)
{
    uint32_t out = 0;
    for (uint32_t i = 0; i < bits; i++)
        out |= (word >> i & 1) << (bits - 1 - i);
    return out;
}

/* ---- time -------------------------------------------------------------------------------------
 */

static void arm(struct mote_device *dev)
{
    const struct corev_spim *spi = dev->state;
    uint64_t time_ps = mote_cycles_to_ps(spi->cycles, mote_clock_hz(dev, 0));
    mote_event_cancel(dev, EVENT_DONE);
    if (spi->cycles != 0 && time_ps != MOTE_NEVER_PS)
        mote_event_after(dev, EVENT_DONE, time_ps);
}

static void spend(struct mote_device *dev, uint64_t cycles)
{
    struct corev_spim *spi = dev->state;
    spi->active = true;
    spi->cycles = cycles;
    arm(dev);
}

static uint64_t word_cycles(const struct corev_spim *spi)
{
    uint32_t bits = word_bits(spi->command), lanes = 1;
    if (code(spi->command) != SPI_FULL_DUPL && (spi->command & COMMAND_QPI))
        lanes = 4;
    uint32_t clock = spi->divider ? 2u * spi->divider : 1;
    return (uint64_t)((bits + lanes - 1) / lanes) * clock;
}

/* ---- words ------------------------------------------------------------------------------------
 */

static void select_chip(struct mote_device *dev, uint32_t chip)
{
    for (uint32_t i = 0; i < CHIP_SELECTS; i++)
        mote_wire_set(dev, OUT_CSN + i, i != chip);
    for (size_t i = 0; i < mote_child_count(dev); i++) {
        struct mote_device *part = mote_child(dev, i);
        mote_spi_select(part, part->bus_address == chip);
    }
}

/* Starts the next word, unless what it sends is not in memory yet or what came has no room. */
static void next_word(struct mote_device *dev)
{
    struct corev_spim *spi = dev->state;
    bool fetch = takes_tx(spi->command) && spi->part == 0;
    bool store = gives_rx(spi->command) && spi->part + 1 == words_per_element(spi->command);
    if ((fetch && !udma_channel_runs(dev, &spi->tx, TX_SADDR)) ||
        (store && !udma_channel_runs(dev, &spi->rx, RX_SADDR))) {
        spend(dev, 0);
        return;
    }
    if (fetch && udma_channel_read(dev, &spi->tx, TX_SADDR, &spi->element))
        mote_wire_pulse(dev, OUT_TX);
    spend(dev, word_cycles(spi));
}

static uint32_t outgoing(const struct corev_spim *spi)
{
    uint32_t bits = word_bits(spi->command), each = words_per_element(spi->command), word = 0;
    if (code(spi->command) == SPI_SEND_CMD)
        word = spi->command & 0xFFFF;
    else if (takes_tx(spi->command))
        word = spi->element >> (spi->part * (each > 1 ? 32 / each : 0));
    word &= mask_of(bits);
    return takes_tx(spi->command) && (spi->command & COMMAND_LSB) ? reversed(word, bits) : word;
}

static void check(struct mote_device *dev, uint32_t word)
{
    struct corev_spim *spi = dev->state;
    uint32_t wanted = spi->command & 0xFFFF;
    switch (spi->command >> 24 & 3) {
    case CHECK_ALL:
        spi->matched = word == wanted;
        break;
    case CHECK_ONES:
        spi->matched = (word & wanted) == wanted;
        break;
    case CHECK_ZEROS:
        spi->matched = (word & ~wanted) == 0;
        break;
    default:
        spi->matched = (word & wanted) != wanted;
        break;
    }
    mote_reg(dev, STATUS) = spi->matched ? STAT_MATCHED : STAT_NOT_MATCHED;
}

static void incoming(struct mote_device *dev, uint32_t word)
{
    struct corev_spim *spi = dev->state;
    uint32_t bits = word_bits(spi->command), each = words_per_element(spi->command);
    word &= mask_of(bits);
    if (spi->command & COMMAND_LSB)
        word = reversed(word, bits);
    if (code(spi->command) == SPI_RX_CHECK)
        check(dev, word & 0xFFFF);
    if (!gives_rx(spi->command))
        return;
    uint32_t shift = spi->part * (each > 1 ? 32 / each : 0);
    spi->received = (spi->part == 0 ? 0 : spi->received) | word << shift;
    if (spi->part + 1 == each && udma_channel_write(dev, &spi->rx, RX_SADDR, spi->received))
        mote_wire_pulse(dev, OUT_RX);
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static void begin_words(struct mote_device *dev, uint32_t words)
{
    struct corev_spim *spi = dev->state;
    spi->words = words ? words : 1;
    spi->part = spi->element = spi->received = 0;
    next_word(dev);
}

static void wait(struct mote_device *dev, uint32_t command)
{
    if ((command >> 8 & 3) == WAIT_CYCLES)
        spend(dev, (command & 0xFF) + 1);
    else
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "SPI_CMD_WAIT for an event: no wait");
}

static void end_transfer(struct mote_device *dev, uint32_t command)
{
    if (command & EOT_EVENT)
        mote_wire_pulse(dev, OUT_EOT);
    if (!(command & EOT_KEEP))
        select_chip(dev, CHIP_SELECTS);
}

static void set_up_channel(struct mote_device *dev, uint32_t command)
{
    struct corev_spim *spi = dev->state;
    bool tx = command & COMMAND_TX;
    uint32_t start = tx ? TX_SADDR : RX_SADDR;
    if (code(command) == SPI_SETUP_UCA) {
        uint32_t low = (1u << UCA_BITS) - 1;
        mote_reg(dev, start) = (mote_reg(dev, CMD_SADDR) & ~low) | (command & low);
        return;
    }
    uint32_t size = (command >> 25 & 3) << 1;
    mote_reg(dev, start + 1) = command & ((1u << UCS_BITS) - 1);
    mote_reg(dev, start + 2) = (mote_reg(dev, start + 2) & ~UDMA_DATASIZE) | size;
    udma_channel_configure(dev, tx ? &spi->tx : &spi->rx, start, UDMA_EN);
}

static void begin(struct mote_device *dev, uint32_t command)
{
    struct corev_spim *spi = dev->state;
    spi->command = command;
    switch (code(command)) {
    case SPI_CFG:
        spi->divider = (uint8_t)command;
        spend(dev, 2);
        break;
    case SPI_SOT:
        select_chip(dev, command & 3);
        spend(dev, (command & 0xFF) + 1);
        break;
    case SPI_SEND_CMD:
    case SPI_DUMMY:
    case SPI_RX_CHECK:
        begin_words(dev, 1);
        break;
    case SPI_TX_DATA:
    case SPI_RX_DATA:
    case SPI_FULL_DUPL:
        begin_words(dev, command & 0xFFFF);
        break;
    case SPI_WAIT:
        wait(dev, command);
        break;
    case SPI_RPT:
        spi->collecting = true;
        spi->replaying = false; /* a repetition cannot hold another */
        spi->replay_count = 0;
        spi->matched = false;
        spi->turns = command & 0xFFFF;
        mote_reg(dev, STATUS) = STAT_NONE;
        break;
    case SPI_EOT:
        end_transfer(dev, command);
        break;
    case SPI_SETUP_UCA:
    case SPI_SETUP_UCS:
        set_up_channel(dev, command);
        break;
    default: /* undefined commands do nothing */
        break;
    }
}

static void collect(struct mote_device *dev, uint32_t command)
{
    struct corev_spim *spi = dev->state;
    if (code(command) == SPI_RPT_END) {
        spi->collecting = false;
        spi->replaying = spi->replay_count > 0;
        spi->replay_at = 0;
    } else if (spi->replay_count < REPLAY_WORDS) {
        spi->replay[spi->replay_count++] = command;
    } else {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "more than six commands to repeat: one is lost");
    }
}

/* The next command of the repetition; false when it has ended. */
static bool replay(struct mote_device *dev, uint32_t *command)
{
    struct corev_spim *spi = dev->state;
    if (spi->matched || (spi->replay_at == 0 && spi->turns == 0)) {
        mote_reg(dev, STATUS) = spi->matched ? STAT_MATCHED : STAT_NOT_MATCHED;
        spi->replaying = spi->matched = false;
        return false;
    }
    if (spi->replay_at == 0)
        spi->turns--;
    *command = spi->replay[spi->replay_at];
    spi->replay_at = (uint8_t)((spi->replay_at + 1) % spi->replay_count);
    return true;
}

/* Every command takes a cycle at least. */
static void go_on(struct mote_device *dev)
{
    struct corev_spim *spi = dev->state;
    uint32_t command;
    bool last = false;
    if (spi->active)
        return;
    if (spi->replaying && replay(dev, &command)) {
        begin(dev, command);
    } else if (udma_channel_runs(dev, &spi->cmd, CMD_SADDR)) {
        last = udma_channel_read(dev, &spi->cmd, CMD_SADDR, &command);
        if (spi->collecting)
            collect(dev, command);
        else
            begin(dev, command);
    } else {
        return;
    }
    if (!spi->active)
        spend(dev, 1);
    if (last)
        mote_wire_pulse(dev, OUT_CMD);
}

static void done(struct mote_device *dev)
{
    struct corev_spim *spi = dev->state;
    uint32_t each = words_per_element(spi->command);
    bool words = spi->words > 0;
    spi->active = false;
    spi->cycles = 0;
    if (words) {
        incoming(dev, mote_spi_transfer(dev, outgoing(spi), word_bits(spi->command)));
        spi->part = (spi->part + 1) % each;
        if (--spi->words > 0)
            next_word(dev);
    }
    go_on(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static void configure(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                      uint32_t written)
{
    struct corev_spim *spi = dev->state;
    udma_channel_configure(dev, channel, start, written);
    if (spi->active && spi->cycles == 0)
        next_word(dev);
    go_on(dev);
}

/* The hooks of one channel's CFG and SIZE. */
#define CHANNEL(channel, start)                                                                    \
    static void store_##channel(struct mote_device *dev, uint32_t element, uint32_t old,           \
                                uint32_t written)                                                  \
    {                                                                                              \
        struct corev_spim *spi = dev->state;                                                       \
        (void)element;                                                                             \
        (void)old;                                                                                 \
        configure(dev, &spi->channel, start, written);                                             \
    }                                                                                              \
    static uint32_t load_##channel(struct mote_device *dev, uint32_t element, uint32_t value)      \
    {                                                                                              \
        const struct corev_spim *spi = dev->state;                                                 \
        (void)element;                                                                             \
        (void)value;                                                                               \
        return spi->channel.left;                                                                  \
    }
CHANNEL(rx, RX_SADDR)
CHANNEL(tx, TX_SADDR)
CHANNEL(cmd, CMD_SADDR)

#define CONFIG_BITS (UDMA_CONTINUOUS | UDMA_EN)

static const struct mote_reg regs[ROWS] = {
    [RX_SADDR] = {.name = "RX_SADDR", .offset = 0x00, .rw = ~0u},
    [RX_SIZE] = {.name = "RX_SIZE", .offset = 0x04, .rw = 0xFFFFF, .load = load_rx},
    [RX_CFG] = {.name = "RX_CFG",
                .offset = 0x08,
                .reset = ELEMENT_32,
                .rw = CONFIG_BITS | UDMA_DATASIZE,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_rx},
    [TX_SADDR] = {.name = "TX_SADDR", .offset = 0x10, .rw = ~0u},
    [TX_SIZE] = {.name = "TX_SIZE", .offset = 0x14, .rw = 0xFFFFF, .load = load_tx},
    [TX_CFG] = {.name = "TX_CFG",
                .offset = 0x18,
                .reset = ELEMENT_32,
                .rw = CONFIG_BITS | UDMA_DATASIZE,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_tx},
    [CMD_SADDR] = {.name = "CMD_SADDR", .offset = 0x20, .rw = ~0u},
    [CMD_SIZE] = {.name = "CMD_SIZE", .offset = 0x24, .rw = 0xFFFFF, .load = load_cmd},
    [CMD_CFG] = {.name = "CMD_CFG",
                 .offset = 0x28,
                 .reset = ELEMENT_32,
                 .rw = CONFIG_BITS,
                 .ro = UDMA_PENDING | UDMA_DATASIZE,
                 .wo = UDMA_CLR,
                 .store = store_cmd},
    [STATUS] = {.name = "STATUS", .offset = 0x30, .ro = 3},
};

static void reset(struct mote_device *dev)
{
    struct corev_spim *spi = dev->state;
    *spi = (struct corev_spim){0};
    select_chip(dev, CHIP_SELECTS);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    arm(dev); /* the word begins anew */
}

static const struct mote_event_desc events[] = {[EVENT_DONE] = {"done", done, 0}};

const struct mote_device_class mote_class_corev_spim = {
    .name = "corev_spim",
    .summary = "CORE-V-MCU uDMA SPI master",
    .compatibles = {"openhwgroup,core-v-spim"},
    .state_bytes = sizeof(struct corev_spim),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x80,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 4}, {"csn", CHIP_SELECTS}},
    .reset = reset,
    .clock_changed = clock_changed,
};
