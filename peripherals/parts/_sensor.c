#include "_sensor.h"

#include <math.h>

#define MILLIHZ_PS                                                                                 \
    1000000000000000ull /* picoseconds in 1000 seconds: period = this / millihertz                 \
                         */

/* Takes the address byte of a transaction. */
static void take_address(struct part_port *port, uint8_t byte, enum part_increment kind, bool spi)
{
    bool by_bit = kind == PART_INCREMENT_BY_BIT;

    port->addressed = 1;
    if (spi) {
        port->read = (byte >> 7) & 1u;
        port->increment = by_bit ? (byte >> 6) & 1u : 1u;
        port->sub = byte & (by_bit ? 0x3Fu : 0x7Fu);
    } else {
        port->increment = by_bit ? (byte >> 7) & 1u : 1u;
        port->sub = byte & 0x7Fu;
    }
}

bool part_i2c_start(struct part_port *port, bool read)
{
    port->read = read;
    if (!read)
        port->addressed = 0;
    return true;
}

static void write_byte(struct mote_device *dev, struct part_port *port, part_before *before,
                       part_next *next, uint8_t byte)
{
    before(dev);
    part_store(dev, port->sub, byte);
    port->sub = next(dev, port);
}

bool part_i2c_write(struct mote_device *dev, struct part_port *port, enum part_increment kind,
                    part_before *before, part_next *next, uint8_t byte)
{
    if (port->addressed)
        write_byte(dev, port, before, next, byte);
    else
        take_address(port, byte, kind, false);
    return true;
}

uint8_t part_read(struct mote_device *dev, struct part_port *port, part_next *next)
{
    uint8_t value = part_load(dev, port->sub);

    port->sub = next(dev, port);
    return value;
}

uint32_t part_spi_transfer(struct mote_device *dev, struct part_port *port,
                           enum part_increment kind, part_before *before, part_next *next,
                           uint32_t out)
{
    if (!port->addressed)
        take_address(port, (uint8_t)out, kind, true);
    else if (port->read)
        return part_read(dev, port, next);
    else
        write_byte(dev, port, before, next, (uint8_t)out);
    return 0xFF;
}

uint8_t part_load(struct mote_device *dev, uint8_t address)
{
    struct mote_access access = {.offset = address, .bytes = 1};

    (void)mote_reg_access(dev, &access);
    return (uint8_t)access.value;
}

void part_store(struct mote_device *dev, uint8_t address, uint8_t value)
{
    struct mote_access access = {.offset = address, .bytes = 1, .store = true, .value = value};

    (void)mote_reg_access(dev, &access);
}

void part_reset_registers(struct mote_device *dev)
{
    for (uint32_t id = 0; id < dev->cls->reg_count; id++) {
        const struct mote_reg *reg = &dev->cls->regs[id];
        uint32_t count = reg->count ? reg->count : 1;

        for (uint32_t element = 0; element < count; element++)
            mote_reg_at(dev, id, element) = reg->reset;
    }
}

uint64_t part_sampler_count(const struct part_sampler *sampler, uint64_t now_ps)
{
    if (sampler->millihz == 0 || now_ps < sampler->start_ps)
        return 0;
    unsigned __int128 product = (unsigned __int128)(now_ps - sampler->start_ps) * sampler->millihz;
    return (uint64_t)(product / MILLIHZ_PS);
}

uint64_t part_sampler_time_ps(const struct part_sampler *sampler, uint64_t k)
{
    if (sampler->millihz == 0)
        return MOTE_NEVER_PS;
    /* Rounded up, so that the count at this very time already includes the sample. */
    unsigned __int128 span =
        ((unsigned __int128)k * MILLIHZ_PS + sampler->millihz - 1) / sampler->millihz;
    unsigned __int128 when = span + sampler->start_ps;

    return when >= MOTE_NEVER_PS ? MOTE_NEVER_PS : (uint64_t)when;
}

int32_t part_quantise(double value, double step, unsigned bits)
{
    double limit = ldexp(1.0, (int)bits - 1);
    double steps = floor(value / step + 0.5);

    if (!(steps > -limit)) /* also NaN */
        return (int32_t)-limit;
    return steps > limit - 1.0 ? (int32_t)(limit - 1.0) : (int32_t)steps;
}
