/* Nordic nRF52 ECB (AES-128 electronic codebook encryption).
 *
 * Source: nRF52840 Product Specification v1.7, ECB chapter; AES: FIPS 197.
 * Modelled: one block per STARTECB through the data structure in RAM (key, cleartext, ciphertext),
 * its duration, STOPECB aborting with ERRORECB.
 * Not modelled: arbitration with CCM and AAR (which are not modelled), so STARTECB never fails. */
#include "_nrf.h"
#include <string.h>

#define BLOCK  16u
#define ROUNDS 10u

enum {
    TASKS_STARTECB,
    TASKS_STOPECB,
    EVENTS_ENDECB,
    EVENTS_ERRORECB,
    INTENSET,
    INTENCLR,
    ECBDATAPTR,
    REG_COUNT
};
enum { DONE };
enum { OFF, RUNNING };

struct nrf_ecb {
    struct nrf_common common;
    uint64_t block_ps;
};

/* ---- AES-128 ----------------------------------------------------------------------------------
 */

static uint8_t times_two(uint8_t a)
{
    return (uint8_t)((a << 1) ^ ((a & 0x80u) ? 0x1b : 0));
}

static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (; b != 0; b >>= 1, a = times_two(a))
        if (b & 1u)
            product ^= a;
    return product;
}

static uint8_t rotate(uint8_t a, unsigned by)
{
    return (uint8_t)((a << by) | (a >> (8 - by)));
}

/* The S-box by its definition: the inverse in GF(2^8), a^254, and the affine map. */
static uint8_t substitute(uint8_t a)
{
    uint8_t power = a, inverse = 1;

    for (unsigned i = 0; i < 7; i++) {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    return (uint8_t)(inverse ^ rotate(inverse, 1) ^ rotate(inverse, 2) ^ rotate(inverse, 3) ^
                     rotate(inverse, 4) ^ 0x63);
}

static void next_round_key(uint8_t key[BLOCK], uint8_t *constant)
{
    for (unsigned i = 0; i < 4; i++)
        key[i] ^= substitute(key[12 + (i + 1) % 4]);
    key[0] ^= *constant;
    *constant = times_two(*constant);
    for (unsigned i = 4; i < BLOCK; i++)
        key[i] ^= key[i - 4];
}

static void substitute_and_shift(uint8_t block[BLOCK])
{
    uint8_t from[BLOCK];

    memcpy(from, block, BLOCK);
    for (unsigned i = 0; i < BLOCK; i++)
        block[i] = substitute(from[(i + 4 * (i % 4)) % BLOCK]);
}

static void mix_columns(uint8_t block[BLOCK])
{
    for (unsigned c = 0; c < BLOCK; c += 4) {
        uint8_t in[4];

        memcpy(in, &block[c], 4);
        for (unsigned r = 0; r < 4; r++)
            block[c + r] = (uint8_t)(multiply(in[r], 2) ^ multiply(in[(r + 1) % 4], 3) ^
                                     in[(r + 2) % 4] ^ in[(r + 3) % 4]);
    }
}

static void add(uint8_t block[BLOCK], const uint8_t key[BLOCK])
{
    for (unsigned i = 0; i < BLOCK; i++)
        block[i] ^= key[i];
}

static void encrypt(uint8_t block[BLOCK], uint8_t key[BLOCK])
{
    uint8_t constant = 1;

    add(block, key);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        substitute_and_shift(block);
        if (round < ROUNDS)
            mix_columns(block);
        next_round_key(key, &constant);
        add(block, key);
    }
}

/* ---- the device -------------------------------------------------------------------------------
 */

static void start(struct mote_device *dev)
{
    const struct nrf_ecb *ecb = dev->state;

    mote_power_state(dev, RUNNING);
    mote_event_after(dev, DONE, ecb->block_ps);
}

static void stop(struct mote_device *dev)
{
    if (!mote_event_armed(dev, DONE))
        return;
    mote_event_cancel(dev, DONE);
    mote_power_state(dev, OFF);
    nrf_event(dev, EVENTS_ERRORECB);
}

static void done(struct mote_device *dev)
{
    uint8_t data[2 * BLOCK];
    uint32_t address = mote_reg(dev, ECBDATAPTR);

    mote_power_state(dev, OFF);
    nrf_dma_read(dev, address, data, sizeof data);
    encrypt(&data[BLOCK], data);
    nrf_dma_write(dev, address + 2 * BLOCK, &data[BLOCK], BLOCK);
    nrf_event(dev, EVENTS_ENDECB);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_STARTECB] = NRF_TASK("TASKS_STARTECB", 0x000, task_start),
    [TASKS_STOPECB] = NRF_TASK("TASKS_STOPECB", 0x004, task_stop),
    [EVENTS_ENDECB] = NRF_EVENT("EVENTS_ENDECB", 0x100),
    [EVENTS_ERRORECB] = NRF_EVENT("EVENTS_ERRORECB", 0x104),
    [INTENSET] = NRF_INTENSET(3),
    [INTENCLR] = NRF_INTENCLR,
    [ECBDATAPTR] = {.name = "ECBDATAPTR", .offset = 0x504, .rw = UINT32_MAX},
};

static const struct mote_event_desc events[] = {[DONE] = {"done", done, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_ecb *ecb = dev->state;

    (void)err;
    nrf_attach(dev);
    ecb->block_ps = mote_prop_u32(dev, "mote,block-ns", 0) * NRF_PS_PER_NS;
    return true;
}

const struct mote_device_class mote_class_nrf_ecb = {
    .name = "nrf_ecb",
    .summary = "nRF52 AES-128 ECB encryption",
    .compatibles = {"nordic,nrf-ecb"},
    .state_bytes = sizeof(struct nrf_ecb),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "running"},
    .clocked_states = 1u << 1,
    .attach = attach,
};
