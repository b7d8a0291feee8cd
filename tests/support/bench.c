#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bench.h"
#include <stdlib.h>
#include <string.h>

#define BENCH_MAX_CLOCKS 8
#define BENCH_TEXT_BYTES 65536

struct bench {
    struct mote_system *sys;
    struct mote_device *clock_source;
    struct mote_clock *clocks[BENCH_MAX_CLOCKS];
    size_t clock_count;
    char text[BENCH_TEXT_BYTES], shown[BENCH_TEXT_BYTES];
    size_t text_bytes;
    uint8_t prop_bytes[16][256]; /* big-endian copies of properties, in turn */
    size_t prop_next;
};

static const struct mote_device_class clock_source_class = {.name = "bench_clock_source"};

/* Properties of the bench's devices: `node` is a struct node. */
struct node {
    struct bench *bench;
    const struct bench_prop *props;
};

static const void *get_prop(const void *user, const char *name, size_t *bytes)
{
    const struct node *node = user;
    const struct bench_prop *prop = node->props;
    while (prop != NULL && prop->name != NULL && strcmp(prop->name, name) != 0)
        prop++;
    if (prop == NULL || prop->name == NULL)
        return NULL;
    if (prop->text != NULL) {
        *bytes = strlen(prop->text) + 1;
        return prop->text;
    }
    struct bench *bench = node->bench;
    uint8_t *out = bench->prop_bytes[bench->prop_next++ % 16];
    assert_true(prop->count <= 64);
    for (size_t i = 0; i < prop->count; i++)
        for (size_t k = 0; k < 4; k++)
            out[4 * i + k] = (uint8_t)(prop->cells[i] >> (24 - 8 * k));
    *bytes = 4 * prop->count;
    return out;
}

static const struct mote_prop_source prop_source = {get_prop};

static struct mote_device *make(struct bench *bench, const struct mote_device_spec *given,
                                const struct bench_prop *props)
{
    struct mote_err err = {""};
    struct node *node = test_calloc(1, sizeof *node);
    *node = (struct node){bench, props};
    struct mote_device_spec spec = *given;
    spec.props = &prop_source;
    spec.node = node;
    struct mote_device *dev = mote_device_new(bench->sys, &spec, &err);
    if (dev == NULL)
        fail_msg("making %s: %s", spec.name, err.text);
    for (size_t i = 0; i < bench->clock_count; i++)
        assert_true(mote_clock_connect(dev, bench->clocks[i]));
    if (!mote_device_attach(dev, &err))
        fail_msg("attaching %s: %s", spec.name, err.text);
    mote_device_reset(dev);
    test_free(node);
    return dev;
}

struct bench *bench_new(void)
{
    struct bench *bench = test_calloc(1, sizeof *bench);
    bench->sys = mote_system_new();
    assert_non_null(bench->sys);
    bench->clock_source =
        make(bench, &(struct mote_device_spec){.cls = &clock_source_class, .name = "clocks"}, NULL);
    return bench;
}

void bench_free(struct bench *bench)
{
    mote_system_free(bench->sys);
    test_free(bench);
}

struct mote_system *bench_system(struct bench *bench)
{
    return bench->sys;
}

struct mote_clock *bench_clock(struct bench *bench, uint64_t hz)
{
    assert_true(bench->clock_count < BENCH_MAX_CLOCKS);
    struct mote_clock *clock = mote_clock_add(bench->clock_source, "bench");
    assert_non_null(clock);
    mote_clock_set_hz(clock, hz);
    bench->clocks[bench->clock_count++] = clock;
    return clock;
}

void bench_no_clocks(struct bench *bench)
{
    bench->clock_count = 0;
}

struct mote_device *bench_add_class(struct bench *bench, const struct mote_device_class *cls,
                                    struct mote_device *controller, const char *name, uint64_t base,
                                    uint32_t bus_address, const struct bench_prop *props)
{
    struct mote_device_spec spec = {
        .cls = cls,
        .name = name,
        .parent = controller,
        .base = base,
        .bus_address = bus_address,
        .window_bytes = controller == NULL && cls->window_bytes == 0 && base != 0 ? 0x400 : 0,
    };
    return make(bench, &spec, props);
}

static const struct mote_device_class *find(const char *cls)
{
    const struct mote_device_class *found = mote_class_by_name(cls);
    if (found == NULL)
        fail_msg("no device class %s", cls);
    return found;
}

struct mote_device *bench_add(struct bench *bench, const char *cls, const char *name, uint64_t base,
                              const struct bench_prop *props)
{
    return bench_add_class(bench, find(cls), NULL, name, base, 0, props);
}

struct mote_device *bench_add_child(struct bench *bench, struct mote_device *controller,
                                    const char *cls, const char *name, uint32_t bus_address,
                                    const struct bench_prop *props)
{
    return bench_add_class(bench, find(cls), controller, name, 0, bus_address, props);
}

struct mote_region *bench_ram(struct bench *bench, uint64_t base, uint64_t bytes)
{
    struct mote_err err = {""};
    struct mote_region *region =
        mote_region_add(bench->sys, "ram", base, bytes, true, true, 0, NULL, &err);
    if (region == NULL)
        fail_msg("%s", err.text);
    return region;
}

static void store(struct bench *bench, uint64_t address, uint32_t bytes, uint32_t value)
{
    if (!mote_bus_store(bench->sys, address, bytes, value))
        fail_msg("bus error: store of %u bytes at 0x%llx", bytes, (unsigned long long)address);
}

static uint32_t load(struct bench *bench, uint64_t address, uint32_t bytes)
{
    uint32_t value = 0;
    if (!mote_bus_load(bench->sys, address, bytes, &value))
        fail_msg("bus error: load of %u bytes at 0x%llx", bytes, (unsigned long long)address);
    return value;
}

void bench_write32(struct bench *bench, uint64_t address, uint32_t value)
{
    store(bench, address, 4, value);
}

void bench_write16(struct bench *bench, uint64_t address, uint16_t value)
{
    store(bench, address, 2, value);
}

void bench_write8(struct bench *bench, uint64_t address, uint8_t value)
{
    store(bench, address, 1, value);
}

uint32_t bench_read32(struct bench *bench, uint64_t address)
{
    return load(bench, address, 4);
}

uint16_t bench_read16(struct bench *bench, uint64_t address)
{
    return (uint16_t)load(bench, address, 2);
}

uint8_t bench_read8(struct bench *bench, uint64_t address)
{
    return (uint8_t)load(bench, address, 1);
}

void bench_run_ps(struct bench *bench, uint64_t delta_ps)
{
    mote_run_events(bench->sys, mote_now_ps(bench->sys) + delta_ps);
}

int bench_level(const struct mote_device *dev, const char *group, uint32_t number)
{
    int index = mote_output_index(dev->cls, group, number);
    if (index < 0)
        fail_msg("%s has no output %s[%u]", dev->name, group, number);
    return mote_wire_output(dev, (uint32_t)index);
}

void bench_drive(struct mote_device *dev, const char *group, uint32_t number, int level)
{
    int index = mote_input_index(dev->cls, group, number);
    if (index < 0)
        fail_msg("%s has no input %s[%u]", dev->name, group, number);
    mote_wire_drive(dev, (uint32_t)index, level);
}

static void collect(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    struct bench *bench = user;
    if (bench->text_bytes + 1 < BENCH_TEXT_BYTES)
        bench->text[bench->text_bytes++] = (char)byte;
}

const char *bench_uart_text(struct bench *bench)
{
    memcpy(bench->shown, bench->text, bench->text_bytes);
    bench->shown[bench->text_bytes] = '\0';
    bench->text_bytes = 0;
    return bench->shown;
}

void bench_watch_uart(struct bench *bench, struct mote_device *uart)
{
    assert_true(mote_uart_add_sink(uart, collect, bench));
}
