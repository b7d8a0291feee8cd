/* Buses between a controller on the chip and parts outside: I2C, SPI, UART, PDM.
 *
 * The controller's devicetree children are the targets. Calls are byte-wise and immediate; the
 * controller spends the bus time itself, with events, before or after the call. */
#ifndef MOTE_BUS_H
#define MOTE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;
struct mote_system;

/* ---- I2C: a target's side (in its class) and a controller's side ------------------------------
 */

struct mote_i2c_ops {
    bool (*start)(struct mote_device *dev, bool read);    /* addressed; returns ACK */
    bool (*write)(struct mote_device *dev, uint8_t byte); /* returns ACK */
    uint8_t (*read)(struct mote_device *dev);
    void (*stop)(struct mote_device *dev); /* also before a repeated start to another address */
};

/* START or repeated START and the address byte; true when a target acknowledged. */
bool mote_i2c_start(struct mote_device *controller, uint8_t address7, bool read);
bool mote_i2c_write(struct mote_device *controller, uint8_t byte);
uint8_t mote_i2c_read(struct mote_device *controller); /* 0xFF when nobody answers */
void mote_i2c_stop(struct mote_device *controller);

/* ---- SPI --------------------------------------------------------------------------------------
 */

struct mote_spi_ops {
    void (*select)(struct mote_device *dev, bool selected); /* may be NULL */
    uint32_t (*transfer)(struct mote_device *dev, uint32_t out, uint32_t bits);
};

/* One word to the selected targets; returns theirs, all ones when none drives. */
uint32_t mote_spi_transfer(struct mote_device *controller, uint32_t out, uint32_t bits);
/* Chip select by the target itself: the board loader connects `cs-gpios` to it. */
void mote_spi_select(struct mote_device *target, bool selected);

/* ---- UART -------------------------------------------------------------------------------------
 */

struct mote_uart_ops {
    /* A byte has arrived at RX (its stop bit is over). */
    void (*receive)(struct mote_device *dev, uint8_t byte);
    /* Whether a byte now would be taken without loss; asked by as-fast-as-drained mode. */
    bool (*ready)(const struct mote_device *dev);
};

/* The device's line: set whenever the firmware changes baud rate or frame; 0 = not running. Time
 * of one frame, start and stop bits included. */
void mote_uart_set_frame_ps(struct mote_device *dev, uint64_t frame_ps);
/* Puts a byte on TX; called by the device when the stop bit is over. */
void mote_uart_send(struct mote_device *dev, uint8_t byte);
/* Tells that ready() may have become true (a byte was read by the firmware). */
void mote_uart_drained(struct mote_device *dev);

/* The outside: a sink for what the firmware sends, and queued input. Input bytes reach receive()
 * one frame time apart, or in `drained` mode as soon as ready(). */
typedef void mote_uart_sink(void *user, struct mote_device *dev, uint8_t byte);
bool mote_uart_add_sink(struct mote_device *dev, mote_uart_sink *sink, void *user);
void mote_uart_feed(struct mote_device *dev, const uint8_t *bytes, size_t count);
/* Bytes fed that have not arrived yet. */
size_t mote_uart_pending(const struct mote_device *dev);
void mote_uart_set_drained_mode(struct mote_device *dev, bool drained);

/* ---- PDM --------------------------------------------------------------------------------------
 */

struct mote_pdm_ops {
    /* The PCM value that the microphone's bit stream stands for at time `at_ps`, as a fraction of
     * acoustic full scale, [-1, 1). */
    double (*sample)(struct mote_device *dev, uint64_t at_ps);
    /* The clock it gets; 0 = stopped (power down). */
    void (*clock_hz)(struct mote_device *dev, uint64_t hz);
};

/* The microphone on the left (falling edge, bus address 0) or right channel; 0.0 when none. */
double mote_pdm_sample(struct mote_device *controller, bool right, uint64_t at_ps);
void mote_pdm_set_clock_hz(struct mote_device *controller, uint64_t hz);

/* The children of a controller, for buses of other kinds. */
size_t mote_child_count(const struct mote_device *controller);
struct mote_device *mote_child(const struct mote_device *controller, size_t index);

#endif
