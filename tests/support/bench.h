/* A machine without a core, for tests of devices: make devices from classes, poke registers, let
 * virtual time pass, watch wires. Every failure inside ends the test with a message. */
#ifndef TESTS_SUPPORT_BENCH_H
#define TESTS_SUPPORT_BENCH_H

#include <mote/activity.h>
#include <mote/bus.h>
#include <mote/channel.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>

struct bench;

/* A property: `cells` of `count` u32, or a string when `text` is set, or a flag when neither. */
struct bench_prop {
    const char *name;
    const uint32_t *cells;
    size_t count;
    const char *text;
};

struct bench *bench_new(void);
void bench_free(struct bench *bench);
struct mote_system *bench_system(struct bench *bench);

/* A clock of this rate feeds every device added from now on, as its next clock input. */
struct mote_clock *bench_clock(struct bench *bench, uint64_t hz);
/* Devices added from now on have no clock inputs. */
void bench_no_clocks(struct bench *bench);

/* A device of the class, attached and reset. `props` ends with a NULL name; may be NULL and must
 * live as long as the bench. `base` 0 and a class without a window: no window. */
struct mote_device *bench_add(struct bench *bench, const char *cls, const char *name, uint64_t base,
                              const struct bench_prop *props);
/* The same as a child of a controller, at an address of its bus. */
struct mote_device *bench_add_child(struct bench *bench, struct mote_device *controller,
                                    const char *cls, const char *name, uint32_t bus_address,
                                    const struct bench_prop *props);
/* The same for a class that is not in the registry. */
struct mote_device *bench_add_class(struct bench *bench, const struct mote_device_class *cls,
                                    struct mote_device *controller, const char *name, uint64_t base,
                                    uint32_t bus_address, const struct bench_prop *props);
/* RAM at an address. */
struct mote_region *bench_ram(struct bench *bench, uint64_t base, uint64_t bytes);

void bench_write32(struct bench *bench, uint64_t address, uint32_t value);
void bench_write16(struct bench *bench, uint64_t address, uint16_t value);
void bench_write8(struct bench *bench, uint64_t address, uint8_t value);
uint32_t bench_read32(struct bench *bench, uint64_t address);
uint16_t bench_read16(struct bench *bench, uint64_t address);
uint8_t bench_read8(struct bench *bench, uint64_t address);

/* Lets virtual time pass, running events. */
void bench_run_ps(struct bench *bench, uint64_t delta_ps);

/* Level of wire `number` of an output group; and driving an input from outside. */
int bench_level(const struct mote_device *dev, const char *group, uint32_t number);
void bench_drive(struct mote_device *dev, const char *group, uint32_t number, int level);

/* Collects what UARTs send; the text so far, and reading clears it. */
void bench_watch_uart(struct bench *bench, struct mote_device *uart);
const char *bench_uart_text(struct bench *bench);

#endif
