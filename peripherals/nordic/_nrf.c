/* Tasks, events, interrupts and EasyDMA of nRF52 peripherals; see _nrf.h. */
#include "_nrf.h"
#include <string.h>

#define EVENTS_BASE 0x100u
#define EVENTS_END  0x200u
#define INTEN_BASE  0x300u
#define NO_ROW      0xffffu

static struct nrf_common *common_of(const struct mote_device *dev)
{
    return dev->state;
}

void nrf_attach(struct mote_device *dev)
{
    struct nrf_common *common = common_of(dev);
    const struct mote_device_class *cls = dev->cls;

    *common = (struct nrf_common){.inten = {NO_ROW, NO_ROW, NO_ROW}};
    for (size_t i = 0; i < cls->reg_count; i++) {
        uint32_t offset = cls->regs[i].offset;

        if (offset >= EVENTS_BASE && offset < EVENTS_END) {
            if (common->event_end == 0)
                common->event_first = (uint16_t)i;
            common->event_end = (uint16_t)(i + 1);
        } else if (offset >= INTEN_BASE && offset < INTEN_BASE + 12) {
            common->inten[(offset - INTEN_BASE) / 4] = (uint16_t)i;
        }
    }
}

uint32_t nrf_inten(struct mote_device *dev)
{
    return mote_reg(dev, common_of(dev)->inten[1]);
}

void nrf_update_irq(struct mote_device *dev)
{
    const struct nrf_common *common = common_of(dev);
    uint32_t enabled = nrf_inten(dev);
    uint32_t happened = 0;

    for (uint32_t row = common->event_first; enabled != 0 && row < common->event_end; row++) {
        const struct mote_reg *reg = &dev->cls->regs[row];
        uint32_t bit = (reg->offset - EVENTS_BASE) / 4;
        uint32_t count = reg->count ? reg->count : 1;

        for (uint32_t i = 0; i < count; i++)
            happened |= mote_reg_at(dev, row, i) << (bit + i);
    }
    mote_wire_set(dev, NRF_OUTPUT_IRQ, (happened & enabled) != 0);
}

void nrf_event_at(struct mote_device *dev, uint32_t row, uint32_t element)
{
    mote_reg_at(dev, row, element) = 1;
    nrf_update_irq(dev);
    mote_publish(dev, dev->cls->regs[row].offset + 4 * element);
}

void nrf_event(struct mote_device *dev, uint32_t row)
{
    nrf_event_at(dev, row, 0);
}

void nrf_event_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    nrf_update_irq(dev);
}

static void set_inten(struct mote_device *dev, uint32_t value)
{
    const struct nrf_common *common = common_of(dev);

    for (uint32_t i = 0; i < 3; i++)
        if (common->inten[i] != NO_ROW)
            mote_reg(dev, common->inten[i]) = value;
    nrf_update_irq(dev);
}

void nrf_inten_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_inten(dev, mote_reg(dev, common_of(dev)->inten[0]));
}

void nrf_intenset_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_inten(dev, mote_reg(dev, common_of(dev)->inten[1]));
}

void nrf_intenclr_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_inten(dev, mote_reg(dev, common_of(dev)->inten[2]));
}

static bool is_data_ram(const struct mote_system *sys, uint64_t address)
{
    const struct mote_region *region = mote_region_find(sys, address);

    /* The alias of RAM in the code space is out of EasyDMA's reach too. */
    return region != NULL && region->writable && region->alias_of == NULL;
}

static bool in_data_ram(struct mote_device *dev, uint32_t address, size_t bytes)
{
    struct nrf_common *common = common_of(dev);
    uint64_t last = (uint64_t)address + bytes - 1;

    if (is_data_ram(dev->sys, address) && is_data_ram(dev->sys, last))
        return true;
    /* A transfer that goes on where the last one was refused is the same mistake. */
    if (common->dma_refused_end != address || address == 0)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "EasyDMA reaches data RAM only, not 0x%08x",
                 address);
    common->dma_refused_end = (uint32_t)(last + 1);
    return false;
}

bool nrf_dma_read(struct mote_device *dev, uint32_t address, void *to, size_t bytes)
{
    if (bytes == 0)
        return true;
    if (in_data_ram(dev, address, bytes) && mote_mem_read(dev->sys, address, to, bytes))
        return true;
    memset(to, 0, bytes);
    return false;
}

bool nrf_dma_write(struct mote_device *dev, uint32_t address, const void *from, size_t bytes)
{
    return bytes == 0 ||
           (in_data_ram(dev, address, bytes) && mote_mem_write(dev->sys, address, from, bytes));
}

uint64_t nrf_pclk_hz(const struct mote_device *dev)
{
    return mote_clock_inputs(dev) > 0 ? mote_clock_hz(dev, 0) : NRF_NOMINAL_PCLK16M_HZ;
}

void nrf_pins_attach(struct mote_device *dev, struct nrf_pins *pins)
{
    size_t listed = mote_prop_cells(dev, "mote,pins", pins->pin, NRF_MAX_PINS);

    pins->count = (uint32_t)(listed < NRF_MAX_PINS ? listed : NRF_MAX_PINS);
}

bool nrf_pins_match(struct mote_device *dev, const struct nrf_pins *pins, uint32_t row,
                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t psel = mote_reg(dev, row + i);

        if (!nrf_psel_connected(psel))
            return false;
        if (i < pins->count && nrf_psel_pin(psel) != pins->pin[i]) {
            mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s selects P%u.%02u; the board has P%u.%02u",
                     dev->cls->regs[row + i].name, nrf_psel_pin(psel) / 32, psel & 31u,
                     pins->pin[i] / 32, pins->pin[i] % 32);
            return false;
        }
    }
    return true;
}
