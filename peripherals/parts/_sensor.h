/* What register-mapped sensors share: the sub-address protocol of their I2C and SPI ports, an
 * output data rate counted by virtual time instead of being stepped, and quantisation.
 *
 * Internal to peripherals/parts. Units: rates in millihertz, times in picoseconds. */
#ifndef MOTE_PARTS_SENSOR_H
#define MOTE_PARTS_SENSOR_H

#include <mote/bus.h>
#include <mote/device.h>

/* One serial port: where the next byte goes. Lives in the device's state. */
struct part_port {
    uint8_t sub;       /* register address of the next byte */
    uint8_t addressed; /* the sub-address byte has been received */
    uint8_t increment; /* the address advances after each byte, as the sub-address byte asked */
    uint8_t read;      /* SPI: direction of the transaction */
};

/* How the address byte asks for auto-increment. */
enum part_increment {
    PART_INCREMENT_BY_BIT,     /* by its most significant address bit (I2C bit 7, SPI bit 6) */
    PART_INCREMENT_BY_REGISTER /* not at all: a control register of the part decides */
};

/* One byte of a register, with the effects of a bus access. */
uint8_t part_load(struct mote_device *dev, uint8_t address);
void part_store(struct mote_device *dev, uint8_t address, uint8_t value);

/* The bytes of a transaction. `before` brings the device's samples up to now, so that a write never
 * changes the scale of samples that were due before it; `next` gives the following address. */
typedef void part_before(struct mote_device *dev);
typedef uint8_t part_next(struct mote_device *dev, const struct part_port *port);
bool part_i2c_start(struct part_port *port, bool read);
bool part_i2c_write(struct mote_device *dev, struct part_port *port, enum part_increment kind,
                    part_before *before, part_next *next, uint8_t byte);
uint8_t part_read(struct mote_device *dev, struct part_port *port, part_next *next);
uint32_t part_spi_transfer(struct mote_device *dev, struct part_port *port,
                           enum part_increment kind, part_before *before, part_next *next,
                           uint32_t out);

/* Defines i2c_ops and spi_ops of a class whose state `type` has a member `port`. */
#define PART_PORT_OPS(type, kind, before, next)                                                    \
    static bool i2c_start(struct mote_device *dev, bool read)                                      \
    {                                                                                              \
        return part_i2c_start(&((type *)dev->state)->port, read);                                  \
    }                                                                                              \
    static bool i2c_write(struct mote_device *dev, uint8_t byte)                                   \
    {                                                                                              \
        return part_i2c_write(dev, &((type *)dev->state)->port, (kind), (before), (next), byte);   \
    }                                                                                              \
    static uint8_t i2c_read(struct mote_device *dev)                                               \
    {                                                                                              \
        return part_read(dev, &((type *)dev->state)->port, (next));                                \
    }                                                                                              \
    static void i2c_stop(struct mote_device *dev)                                                  \
    {                                                                                              \
        (void)dev; /* the address survives: a later read goes on from it */                        \
    }                                                                                              \
    static void spi_select(struct mote_device *dev, bool selected)                                 \
    {                                                                                              \
        (void)selected;                                                                            \
        ((type *)dev->state)->port.addressed = 0;                                                  \
    }                                                                                              \
    static uint32_t spi_transfer(struct mote_device *dev, uint32_t out, uint32_t bits)             \
    {                                                                                              \
        (void)bits;                                                                                \
        return part_spi_transfer(dev, &((type *)dev->state)->port, (kind), (before), (next), out); \
    }                                                                                              \
    static const struct mote_i2c_ops i2c_ops = {i2c_start, i2c_write, i2c_read, i2c_stop};         \
    static const struct mote_spi_ops spi_ops = {spi_select, spi_transfer};

/* Puts all registers back to their reset values (software reset bits of parts). */
void part_reset_registers(struct mote_device *dev);

/* Samples at a fixed rate: sample k (from 1) is ready k periods after start_ps. */
struct part_sampler {
    uint64_t start_ps;
    uint64_t millihz; /* 0 = stopped */
};
/* Number of samples that are ready at `now_ps`. */
uint64_t part_sampler_count(const struct part_sampler *sampler, uint64_t now_ps);
/* Time at which sample `k` is ready; MOTE_NEVER_PS when stopped. */
uint64_t part_sampler_time_ps(const struct part_sampler *sampler, uint64_t k);

/* `value` in steps of `step`, rounded to nearest and limited to a signed number of `bits`. */
int32_t part_quantise(double value, double step, unsigned bits);

#endif
