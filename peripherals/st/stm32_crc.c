/* CRC calculation unit of STM32L4/L4+ (programmable polynomial). ST RM0432 Rev 9.
 *
 * Modelled: polynomial and its size (32, 16, 8, 7 bits), initial value, input and output
 * reversal, data of 8, 16 and 32 bits, RESET. Property mote,idr-bits tells the width of IDR (8
 * on STM32L4, 32 on newer parts).
 *
 * Not modelled: the bus stall while a calculation runs (a few AHB cycles). */
#include <mote/device.h>

enum { IDR, CR, INIT, POL };

#define DR_OFFSET  0x00u
#define CR_RESET   (1u << 0)
#define CR_REV_OUT (1u << 7)

struct crc {
    uint32_t value;
    uint32_t idr_mask;
};

static uint32_t poly_bits(struct mote_device *dev)
{
    static const uint8_t bits[4] = {32, 16, 8, 7};
    return bits[mote_reg(dev, CR) >> 3 & 3];
}

static uint32_t low_bits(uint32_t count)
{
    return count >= 32 ? UINT32_MAX : (1u << count) - 1;
}

static uint32_t reverse(uint32_t value, uint32_t bits)
{
    uint32_t turned = 0;
    for (uint32_t i = 0; i < bits; i++, value >>= 1)
        turned = turned << 1 | (value & 1);
    return turned;
}

/* REV_IN: bits reversed within each byte, half-word or word of the data. */
static uint32_t reverse_input(uint32_t data, uint32_t bits, uint32_t mode)
{
    uint32_t unit = mode == 1 ? 8 : mode == 2 ? 16 : 32;
    if (mode == 0)
        return data;
    unit = unit > bits ? bits : unit;
    uint32_t result = 0;
    for (uint32_t at = 0; at < bits; at += unit)
        result |= reverse(data >> at & low_bits(unit), unit) << at;
    return result;
}

static void feed(struct mote_device *dev, uint32_t data, uint32_t bits)
{
    struct crc *crc = dev->state;
    uint32_t size = poly_bits(dev);
    uint32_t polynomial = mote_reg(dev, POL) & low_bits(size);
    data = reverse_input(data, bits, mote_reg(dev, CR) >> 5 & 3);
    uint32_t value = crc->value;
    for (uint32_t i = bits; i-- > 0;) {
        uint32_t out = (value >> (size - 1) ^ data >> i) & 1;
        value = (value << 1 & low_bits(size)) ^ (out ? polynomial : 0);
    }
    crc->value = value;
}

/* DR: what is written depends on the width of the access, so it has no row. */
static bool window(struct mote_device *dev, struct mote_access *access)
{
    struct crc *crc = dev->state;
    if (access->offset >= DR_OFFSET + 4)
        return true; /* nothing there: reads 0 */
    if (access->store) {
        uint32_t bits = 8 * access->bytes;
        feed(dev, access->value & low_bits(bits), bits);
        return true;
    }
    uint32_t value = crc->value;
    if (mote_reg(dev, CR) & CR_REV_OUT)
        value = reverse(value, poly_bits(dev));
    access->value = value >> (8 * access->offset) & low_bits(8 * access->bytes);
    return true;
}

static void restart(struct mote_device *dev)
{
    struct crc *crc = dev->state;
    crc->value = mote_reg(dev, INIT) & low_bits(poly_bits(dev));
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    if (written & CR_RESET)
        restart(dev);
}

static void store_init(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    restart(dev); /* writing INIT loads it into DR as well */
}

static void store_idr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    const struct crc *crc = dev->state;
    mote_reg(dev, IDR) &= crc->idr_mask;
}

static const struct mote_reg regs[] = {
    [IDR] = {.name = "IDR", .offset = 0x04, .rw = 0xFFFFFFFF, .store = store_idr},
    [CR] = {.name = "CR", .offset = 0x08, .rw = 0x000000F8, .wo = CR_RESET, .store = store_cr},
    [INIT] = {.name = "INIT",
              .offset = 0x10,
              .reset = 0xFFFFFFFF,
              .rw = 0xFFFFFFFF,
              .store = store_init},
    [POL] = {.name = "POL", .offset = 0x14, .reset = 0x04C11DB7, .rw = 0xFFFFFFFF},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct crc *crc = dev->state;
    crc->idr_mask = low_bits(mote_prop_u32(dev, "mote,idr-bits", 32));
    return true;
}

static void reset(struct mote_device *dev)
{
    restart(dev);
}

const struct mote_device_class mote_class_stm32_crc = {
    .name = "stm32_crc",
    .summary = "STM32 CRC unit",
    .compatibles = {"st,stm32-crc"},
    .state_bytes = sizeof(struct crc),
    .gated_access = true,
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x400,
    .power_states = {"idle"},
    .attach = attach,
    .reset = reset,
    .window = window,
};
