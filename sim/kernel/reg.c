/* The register engine. */
#include "kernel.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t row_count(const struct mote_reg *row)
{
    return row->count ? row->count : 1;
}

static uint32_t row_stride(const struct mote_reg *row)
{
    return row->stride ? row->stride : 4;
}

static uint32_t row_bytes(const struct mote_reg *row)
{
    return row->bytes ? row->bytes : 4;
}

static uint32_t lane_mask(uint32_t bytes)
{
    return bytes >= 4 ? UINT32_MAX : (1u << (8 * bytes)) - 1;
}

static uint32_t known_bits(const struct mote_reg *row)
{
    return row->rw | row->ro | row->w1c | row->w0c | row->rc | row->w1s | row->wo;
}

bool kernel_regs_build(struct mote_device *dev)
{
    const struct mote_device_class *cls = dev->cls;
    struct mote_device_priv *priv = dev->priv;
    uint32_t end = 0;
    priv->row_first = calloc(cls->reg_count + 1, sizeof *priv->row_first);
    if (priv->row_first == NULL)
        return false;
    for (size_t i = 0; i < cls->reg_count; i++) {
        const struct mote_reg *row = &cls->regs[i];
        uint32_t last = row->offset + (row_count(row) - 1) * row_stride(row) + row_bytes(row);
        end = last > end ? last : end;
        priv->row_first[i] = priv->element_count;
        priv->element_count += row_count(row);
    }
    priv->elements = calloc(priv->element_count + 1, sizeof *priv->elements);
    dev->regs = calloc(priv->element_count + 1, sizeof *dev->regs);
    priv->map = calloc(end + 1, sizeof *priv->map);
    priv->map_bytes = end;
    if (priv->elements == NULL || dev->regs == NULL || priv->map == NULL)
        return false;
    for (size_t i = 0; i < cls->reg_count; i++) {
        const struct mote_reg *row = &cls->regs[i];
        for (uint32_t k = 0; k < row_count(row); k++) {
            uint32_t index = priv->row_first[i] + k;
            priv->elements[index] = (struct reg_element){(uint16_t)i, (uint16_t)k, false};
            for (uint32_t b = 0; b < row_bytes(row); b++)
                priv->map[row->offset + k * row_stride(row) + b] = (uint16_t)(index + 1);
        }
    }
    return true;
}

void kernel_regs_reset(struct mote_device *dev, bool power_on)
{
    for (uint32_t i = 0; i < dev->priv->element_count; i++) {
        const struct mote_reg *row = &dev->cls->regs[dev->priv->elements[i].row];
        if (power_on || !row->keep)
            dev->regs[i] = row->reset;
    }
}

uint32_t *mote_reg_ptr(struct mote_device *dev, uint32_t id, uint32_t element)
{
    assert(id < dev->cls->reg_count && element < row_count(&dev->cls->regs[id]));
    return &dev->regs[dev->priv->row_first[id] + element];
}

/* ---- reports ----------------------------------------------------------------------------------
 */

static void note_unmodelled(struct mote_device *dev, uint32_t offset, uint32_t bits, bool store)
{
    struct mote_system *sys = dev->sys;
    struct mote_unmodelled_entry *entry = NULL;
    for (size_t i = 0; i < sys->unmodelled_count && entry == NULL; i++)
        if (sys->unmodelled[i].dev == dev && sys->unmodelled[i].offset == offset)
            entry = &sys->unmodelled[i];
    if (entry == NULL) {
        if (sys->unmodelled_count == KERNEL_MAX_UNMODELLED)
            return; /* a firmware that sweeps over an empty window; the first ones tell enough */
        if (sys->unmodelled_count == sys->unmodelled_room) {
            size_t room = sys->unmodelled_room ? 2 * sys->unmodelled_room : 16;
            void *grown = realloc(sys->unmodelled, room * sizeof *sys->unmodelled);
            if (grown == NULL)
                return;
            sys->unmodelled = grown;
            sys->unmodelled_room = room;
        }
        entry = &sys->unmodelled[sys->unmodelled_count++];
        *entry = (struct mote_unmodelled_entry){.dev = dev, .offset = offset};
    }
    if (entry->loads + entry->stores == 0 || (bits & ~entry->unmodelled_bits) != 0)
        mote_log(sys, dev, MOTE_LOG_UNMODELLED, "%s of offset 0x%x%s", store ? "store" : "load",
                 offset, bits ? " changes bits whose function is not modelled" : ": no register");
    entry->unmodelled_bits |= bits;
    entry->loads += !store;
    entry->stores += store;
}

size_t mote_unmodelled_count(const struct mote_system *sys)
{
    return sys->unmodelled_count;
}

const struct mote_unmodelled_entry *mote_unmodelled(const struct mote_system *sys, size_t index)
{
    return index < sys->unmodelled_count ? &sys->unmodelled[index] : NULL;
}

static void report_reserved(struct mote_device *dev, struct reg_element *element, uint32_t bits)
{
    if (element->reserved_reported)
        return;
    element->reserved_reported = true;
    char name[48];
    const struct mote_reg *row = &dev->cls->regs[element->row];
    snprintf(name, sizeof name, "%s", row->name);
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store changes reserved bits 0x%x of %s (element %u)",
             bits, name, element->element);
}

/* ---- access -----------------------------------------------------------------------------------
 */

static uint32_t load_element(struct mote_device *dev, uint32_t index, uint32_t lanes)
{
    const struct reg_element *element = &dev->priv->elements[index];
    const struct mote_reg *row = &dev->cls->regs[element->row];
    uint32_t value = dev->regs[index] & ~row->wo;
    if (row->load != NULL)
        value = row->load(dev, element->element, value);
    dev->regs[index] &= ~(row->rc & lanes);
    return value;
}

/* Whether a store is of the kind by which vendors' code clears flags, ones in reserved bits and
 * all: all ones where ones clear, all ones but the flags where zeros do. */
static bool clears_flags(const struct mote_reg *row, uint32_t written, uint32_t lanes,
                         uint32_t unknown)
{
    if (row->w0c != 0 && (written & unknown) == unknown)
        return true;
    return (row->w1c | row->wo) != 0 && written == lanes;
}

static void store_element(struct mote_device *dev, uint32_t index, uint32_t lanes, uint32_t written)
{
    struct reg_element *element = &dev->priv->elements[index];
    const struct mote_reg *row = &dev->cls->regs[element->row];
    uint32_t old = dev->regs[index];
    uint32_t value = (old & ~(row->rw & lanes)) | (written & row->rw);
    value &= ~(written & row->w1c);
    value &= ~(~written & lanes & row->w0c);
    value |= written & row->w1s;
    uint32_t unknown = lanes & ~known_bits(row) & lane_mask(row_bytes(row));
    uint32_t reserved = (written ^ old) & unknown;
    if (reserved != 0 && !clears_flags(row, written, lanes, unknown))
        report_reserved(dev, element, reserved);
    uint32_t unmodelled = (value ^ old) & row->unmodelled;
    if (unmodelled != 0)
        note_unmodelled(dev, row->offset + element->element * row_stride(row), unmodelled, true);
    dev->regs[index] = value;
    if (row->store != NULL)
        row->store(dev, element->element, old, written);
}

/* The part of an access that one register takes; returns how many bytes it took. */
static uint32_t access_element(struct mote_device *dev, struct mote_access *access, uint32_t done,
                               uint32_t index)
{
    const struct reg_element *element = &dev->priv->elements[index];
    const struct mote_reg *row = &dev->cls->regs[element->row];
    uint32_t start = row->offset + element->element * row_stride(row);
    uint32_t lane = access->offset + done - start;
    uint32_t bytes = row_bytes(row) - lane;
    if (bytes > access->bytes - done)
        bytes = access->bytes - done;
    uint32_t lanes = lane_mask(bytes) << (8 * lane);
    if (access->store) {
        store_element(dev, index, lanes, ((access->value >> (8 * done)) << (8 * lane)) & lanes);
    } else {
        uint32_t value = (load_element(dev, index, lanes) & lanes) >> (8 * lane);
        access->value |= value << (8 * done);
    }
    return bytes;
}

static bool gate_closed(struct mote_device *dev, const struct mote_access *access)
{
    if (!dev->cls->gated_access || mote_clock_inputs(dev) == 0 || mote_clock_hz(dev, 0) != 0)
        return false;
    if (!dev->priv->gate_reported)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                 "%s of offset 0x%x while the bus clock is off: reads 0, stores are lost",
                 access->store ? "store" : "load", access->offset);
    dev->priv->gate_reported = true;
    return true;
}

bool mote_reg_access(struct mote_device *dev, struct mote_access *access)
{
    struct mote_device_priv *priv = dev->priv;
    if (!access->store)
        access->value = 0;
    if (gate_closed(dev, access))
        return true;
    for (uint32_t done = 0; done < access->bytes;) {
        uint32_t offset = access->offset + done;
        uint32_t index = offset < priv->map_bytes ? priv->map[offset] : 0;
        if (index != 0) {
            done += access_element(dev, access, done, index - 1);
        } else if (dev->cls->window != NULL && done == 0) {
            return dev->cls->window(dev, access);
        } else {
            note_unmodelled(dev, offset & ~3u, 0, access->store);
            done += 4 - offset % 4;
        }
    }
    return true;
}

uint32_t mote_reg_peek(const struct mote_device *dev, uint32_t offset, bool *known)
{
    const struct mote_device_priv *priv = dev->priv;
    uint32_t index = offset < priv->map_bytes ? priv->map[offset] : 0;
    bool plain = index != 0 && dev->cls->regs[priv->elements[index - 1].row].load == NULL;
    if (known != NULL)
        *known = plain;
    return plain ? dev->regs[index - 1] : 0;
}

static const char *check_bits(const struct mote_reg *row)
{
    const uint32_t masks[] = {row->rw, row->ro, row->w1c, row->w0c, row->rc, row->w1s, row->wo};
    uint32_t seen = 0;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        if (seen & masks[i])
            return "a bit is in two masks";
        seen |= masks[i];
    }
    if (row->unmodelled & ~seen)
        return "an unmodelled bit is in no mask";
    if ((seen | row->reset) & ~lane_mask(row_bytes(row)))
        return "a bit lies beyond the register's width";
    if (row->wo & row->reset)
        return "a write-only bit has a reset value";
    return NULL;
}

static bool overlap(const struct mote_reg *a, const struct mote_reg *b)
{
    for (uint32_t i = 0; i < row_count(a); i++)
        for (uint32_t k = 0; k < row_count(b); k++) {
            uint32_t first = a->offset + i * row_stride(a);
            uint32_t second = b->offset + k * row_stride(b);
            if (first < second + row_bytes(b) && second < first + row_bytes(a))
                return true;
        }
    return false;
}

const char *mote_reg_check(const struct mote_reg *regs, size_t count)
{
    static _Thread_local char text[128];
    for (size_t i = 0; i < count; i++) {
        const char *wrong = regs[i].name == NULL ? "a row has no name" : check_bits(&regs[i]);
        for (size_t k = 0; wrong == NULL && k < i; k++)
            if (overlap(&regs[i], &regs[k]))
                wrong = "two rows overlap";
        if (wrong == NULL)
            continue;
        snprintf(text, sizeof text, "row %zu (%s): %s", i, regs[i].name ? regs[i].name : "?",
                 wrong);
        return text;
    }
    return NULL;
}
