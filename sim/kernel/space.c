/* The address space: regions, device windows, and access by address. */
#include "kernel.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CODE_GRANULE_BYTES 64
#define HOST_PAGE_BYTES    4096

static size_t granules(uint64_t size_bytes)
{
    return (size_t)((size_bytes + CODE_GRANULE_BYTES - 1) / CODE_GRANULE_BYTES);
}

/* ---- regions ----------------------------------------------------------------------------------
 */

static bool ranges_meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a <= b + (b_bytes - 1) && b <= a + (a_bytes - 1);
}

static bool check_free(const struct mote_system *sys, const char *name, uint64_t base,
                       uint64_t size_bytes, struct mote_err *err)
{
    if (size_bytes == 0 || base + (size_bytes - 1) < base)
        return mote_err_set(err, "%s: 0x%llx bytes at 0x%llx are no address range", name,
                            (unsigned long long)size_bytes, (unsigned long long)base);
    for (size_t i = 0; i < sys->regions.count; i++) {
        const struct mote_region *other = sys->regions.item[i];
        if (ranges_meet(base, size_bytes, other->base, other->size_bytes))
            return mote_err_set(err, "%s at 0x%llx overlaps memory %s at 0x%llx", name,
                                (unsigned long long)base, other->name,
                                (unsigned long long)other->base);
    }
    for (size_t i = 0; i < sys->windows.count; i++) {
        const struct window *other = sys->windows.item[i];
        if (ranges_meet(base, size_bytes, other->base, other->size_bytes))
            return mote_err_set(err, "%s at 0x%llx overlaps device %s at 0x%llx", name,
                                (unsigned long long)base, other->dev->name,
                                (unsigned long long)other->base);
    }
    return true;
}

static uint32_t region_activity(struct mote_system *sys, const char *name, const char *what)
{
    char text[80];
    snprintf(text, sizeof text, "%s.%s", name, what);
    return mote_activity_id(sys, text);
}

static size_t whole_pages(uint64_t bytes)
{
    return (size_t)((bytes + HOST_PAGE_BYTES - 1) / HOST_PAGE_BYTES * HOST_PAGE_BYTES);
}

/* Whole host pages, so that an engine may map the memory as it is; a page that nobody writes to
 * costs the host nothing. Behind them lies a page that no mistake of ours reads or writes
 * unnoticed. NULL when there is no room. */
static uint8_t *allocate(uint64_t bytes, uint8_t fill)
{
    size_t size = whole_pages(bytes);
    uint8_t *host = mmap(NULL, size + HOST_PAGE_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (host == MAP_FAILED)
        return NULL;
    mprotect(host + size, HOST_PAGE_BYTES, PROT_NONE);
    if (fill != 0)
        memset(host, fill, size);
    return host;
}

static void release(uint8_t *host, uint64_t bytes)
{
    if (host != NULL)
        munmap(host, whole_pages(bytes) + HOST_PAGE_BYTES);
}

void kernel_free_region(struct mote_region *region)
{
    if (region->alias_of == NULL) {
        release(region->host, region->size_bytes);
        free(region->code);
    }
    free((void *)(uintptr_t)region->name);
    free(region);
}

struct mote_region *mote_region_add(struct mote_system *sys, const char *name, uint64_t base,
                                    uint64_t size_bytes, bool writable, bool executable,
                                    uint8_t fill, struct mote_region *alias_of,
                                    struct mote_err *err)
{
    if (!check_free(sys, name, base, size_bytes, err))
        return NULL;
    struct mote_region *region = calloc(1, sizeof *region);
    uint8_t *host = alias_of != NULL ? alias_of->host : allocate(size_bytes, fill);
    uint8_t *code = alias_of != NULL ? alias_of->code : calloc(granules(size_bytes), 1);
    char *copy = strdup(name);
    if (region == NULL || host == NULL || code == NULL || copy == NULL ||
        !list_add(&sys->regions, region)) {
        free(region);
        free(copy);
        if (alias_of == NULL) {
            release(host, size_bytes);
            free(code);
        }
        mote_err_set(err, "out of memory for %s (%llu bytes)", name,
                     (unsigned long long)size_bytes);
        return NULL;
    }
    const char *counted = alias_of != NULL ? alias_of->name : name;
    *region = (struct mote_region){
        .name = copy,
        .base = base,
        .size_bytes = size_bytes,
        .host = host,
        .code = code,
        .sys = sys,
        .writable = writable,
        .executable = executable,
        .activity_fetch = region_activity(sys, counted, "fetch"),
        .activity_load = region_activity(sys, counted, "load"),
        .activity_store = region_activity(sys, counted, "store"),
        .index = (uint32_t)(sys->regions.count - 1),
        .alias_of = alias_of,
    };
    return region;
}

size_t mote_region_count(const struct mote_system *sys)
{
    return sys->regions.count;
}

struct mote_region *mote_region_at_index(const struct mote_system *sys, size_t index)
{
    return index < sys->regions.count ? sys->regions.item[index] : NULL;
}

struct mote_region *mote_region_find(const struct mote_system *sys, uint64_t address)
{
    for (size_t i = 0; i < sys->regions.count; i++) {
        struct mote_region *region = sys->regions.item[i];
        if (address >= region->base && address - region->base < region->size_bytes)
            return region;
    }
    return NULL;
}

struct mote_region *mote_region_by_name(const struct mote_system *sys, const char *name)
{
    for (size_t i = 0; i < sys->regions.count; i++) {
        struct mote_region *region = sys->regions.item[i];
        if (strcmp(region->name, name) == 0)
            return region;
    }
    return NULL;
}

struct mote_region *mote_region_owned(const struct mote_device *dev, size_t index)
{
    for (size_t i = 0; i < dev->sys->regions.count; i++) {
        struct mote_region *region = dev->sys->regions.item[i];
        if (region->owner == dev && index-- == 0)
            return region;
    }
    return NULL;
}

void mote_region_changed(struct mote_region *region, uint64_t offset, uint64_t bytes)
{
    if (bytes == 0)
        return;
    uint64_t last = (offset + bytes - 1) / CODE_GRANULE_BYTES;
    for (uint64_t i = offset / CODE_GRANULE_BYTES; i <= last; i++)
        if (region->code[i] & MOTE_GRANULE_CODE) {
            for (uint64_t k = 0; k < granules(region->size_bytes); k++)
                region->code[k] &= MOTE_GRANULE_WATCHED;
            region->sys->code_generation++;
            return;
        }
}

void mote_region_mark_code(struct mote_region *region, uint64_t offset, uint64_t bytes)
{
    if (bytes == 0)
        return;
    uint64_t last = (offset + bytes - 1) / CODE_GRANULE_BYTES;
    for (uint64_t i = offset / CODE_GRANULE_BYTES; i <= last; i++)
        region->code[i] |= MOTE_GRANULE_CODE;
}

struct store_watch {
    const struct mote_region *region;
    uint64_t offset, bytes;
    mote_store_watch *watch;
    void *user;
};

bool mote_store_watch_add(struct mote_system *sys, uint64_t address, uint64_t bytes,
                          mote_store_watch *watch, void *user)
{
    const struct mote_region *region = mote_region_find(sys, address);
    struct store_watch *added = region != NULL && bytes > 0 ? malloc(sizeof *added) : NULL;
    if (added == NULL)
        return false;
    *added = (struct store_watch){region, address - region->base, bytes, watch, user};
    uint64_t last = (added->offset + bytes - 1) / CODE_GRANULE_BYTES;
    if (last >= granules(region->size_bytes) || !list_add(&sys->store_watches, added)) {
        free(added);
        return false;
    }
    for (uint64_t i = added->offset / CODE_GRANULE_BYTES; i <= last; i++)
        region->code[i] |= MOTE_GRANULE_WATCHED;
    return true;
}

void mote_region_stored(struct mote_region *region, uint64_t offset, uint32_t bytes)
{
    const struct list *watches = &region->sys->store_watches;
    for (size_t i = 0; i < watches->count; i++) {
        const struct store_watch *watch = watches->item[i];
        if (watch->region->host == region->host && offset < watch->offset + watch->bytes &&
            watch->offset < offset + bytes)
            watch->watch(watch->user, watch->region->base + offset, bytes);
    }
}

const uint64_t *mote_code_generation(const struct mote_system *sys)
{
    return &sys->code_generation;
}

/* ---- windows ----------------------------------------------------------------------------------
 */

bool mote_window_add(struct mote_device *dev, uint64_t base, uint64_t size_bytes,
                     uint32_t first_offset, struct mote_err *err)
{
    struct mote_system *sys = dev->sys;
    if (!check_free(sys, dev->name, base, size_bytes, err))
        return false;
    struct window *window = malloc(sizeof *window);
    if (window == NULL || !list_add(&sys->windows, window)) {
        free(window);
        return mote_err_set(err, "out of memory for the window of %s", dev->name);
    }
    *window = (struct window){base, size_bytes, dev, first_offset};
    /* Keep them sorted by address for the search below. */
    size_t i = sys->windows.count - 1;
    for (; i > 0 && ((struct window *)sys->windows.item[i - 1])->base > base; i--)
        sys->windows.item[i] = sys->windows.item[i - 1];
    sys->windows.item[i] = window;
    return true;
}

struct mote_device *mote_window_find(const struct mote_system *sys, uint64_t address,
                                     uint32_t *offset)
{
    size_t low = 0, high = sys->windows.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct window *window = sys->windows.item[middle];
        if (address < window->base) {
            high = middle;
        } else if (address - window->base >= window->size_bytes) {
            low = middle + 1;
        } else {
            *offset = window->first_offset + (uint32_t)(address - window->base);
            return window->dev;
        }
    }
    return NULL;
}

size_t mote_window_count(const struct mote_system *sys)
{
    return sys->windows.count;
}

bool mote_window_at_index(const struct mote_system *sys, size_t index, uint64_t *base,
                          uint64_t *size_bytes)
{
    if (index >= sys->windows.count)
        return false;
    const struct window *window = sys->windows.item[index];
    *base = window->base;
    *size_bytes = window->size_bytes;
    return true;
}

/* ---- access by address ------------------------------------------------------------------------
 */

static bool access_window(struct mote_system *sys, uint64_t address, struct mote_access *access)
{
    struct mote_device *dev = mote_window_find(sys, address, &access->offset);
    return dev != NULL && mote_reg_access(dev, access);
}

bool mote_bus_load(struct mote_system *sys, uint64_t address, uint32_t bytes, uint32_t *value)
{
    struct mote_region *region = mote_region_find(sys, address);
    *value = 0;
    if (region != NULL) {
        uint64_t offset = address - region->base;
        if (bytes > region->size_bytes - offset)
            return false;
        memcpy(value, region->host + offset, bytes);
        return true;
    }
    struct mote_access access = {.bytes = bytes};
    bool ok = access_window(sys, address, &access);
    *value = access.value;
    return ok;
}

bool mote_bus_store(struct mote_system *sys, uint64_t address, uint32_t bytes, uint32_t value)
{
    struct mote_region *region = mote_region_find(sys, address);
    if (region == NULL) {
        struct mote_access access = {.bytes = bytes, .store = true, .value = value};
        return access_window(sys, address, &access);
    }
    uint64_t offset = address - region->base;
    if (bytes > region->size_bytes - offset)
        return false;
    if (!region->writable)
        return region->owner != NULL && region->owner->cls->region_store != NULL &&
               region->owner->cls->region_store(region->owner, region, (uint32_t)offset, value,
                                                bytes);
    memcpy(region->host + offset, &value, bytes);
    mote_region_changed(region, offset, bytes);
    return true;
}

/* Whether [address, +bytes) is memory throughout; a range may span adjacent regions. */
static bool all_memory(struct mote_system *sys, uint64_t address, size_t bytes, bool writable)
{
    while (bytes > 0) {
        const struct mote_region *region = mote_region_find(sys, address);
        if (region == NULL || (writable && !region->writable))
            return false;
        uint64_t here = region->size_bytes - (address - region->base);
        if (here >= bytes)
            return true;
        bytes -= (size_t)here;
        address += here;
    }
    return true;
}

static void copy_in(struct mote_system *sys, uint64_t address, const uint8_t *from, size_t bytes)
{
    while (bytes > 0) {
        struct mote_region *region = mote_region_find(sys, address);
        uint64_t offset = address - region->base;
        size_t here = bytes;
        if (here > region->size_bytes - offset)
            here = (size_t)(region->size_bytes - offset);
        memcpy(region->host + offset, from, here);
        mote_region_changed(region, offset, here);
        from += here;
        address += here;
        bytes -= here;
    }
}

bool mote_mem_read(struct mote_system *sys, uint64_t address, void *to, size_t bytes)
{
    if (!all_memory(sys, address, bytes, false))
        return false;
    uint8_t *out = to;
    while (bytes > 0) {
        const struct mote_region *region = mote_region_find(sys, address);
        uint64_t offset = address - region->base;
        size_t here = bytes;
        if (here > region->size_bytes - offset)
            here = (size_t)(region->size_bytes - offset);
        memcpy(out, region->host + offset, here);
        out += here;
        address += here;
        bytes -= here;
    }
    return true;
}

bool mote_mem_write(struct mote_system *sys, uint64_t address, const void *from, size_t bytes)
{
    if (!all_memory(sys, address, bytes, true))
        return false;
    copy_in(sys, address, from, bytes);
    return true;
}

bool mote_mem_load_image(struct mote_system *sys, uint64_t address, const void *from, size_t bytes)
{
    if (!all_memory(sys, address, bytes, false))
        return false;
    copy_in(sys, address, from, bytes);
    return true;
}
