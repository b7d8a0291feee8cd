/* What nearly every nRF52 peripheral has in common: tasks at 0x000, events at 0x100, INTEN at
 * 0x300, and EasyDMA. Internal to peripherals/nordic.
 *
 * Source: nRF52840 Product Specification v1.7, "Peripheral interface" and "EasyDMA".
 * Rules. A class that uses this has `struct nrf_common` as the first member of its state and "irq"
 * as its first output; bit n of INTEN belongs to the event at 0x100 + 4n. */
#ifndef PERIPHERALS_NORDIC_NRF_H
#define PERIPHERALS_NORDIC_NRF_H

#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

#define NRF_OUTPUT_IRQ 0u

/* Rates of the nRF52's named clocks, used only where a board gives a node no `clocks` (a devicetree
 * that Zephyr made): the names themselves say them (PCLK16M, HFCLK64M, 32.768 kHz LFCLK). */
#define NRF_NOMINAL_PCLK16M_HZ  16000000u
#define NRF_NOMINAL_HFCLK64M_HZ 64000000u
#define NRF_NOMINAL_LFCLK_HZ    32768u

#define NRF_PS_PER_NS UINT64_C(1000)
#define NRF_PS_PER_US UINT64_C(1000000)
#define NRF_PS_PER_MS UINT64_C(1000000000)

/* Filled by nrf_attach() from the class's table; the rows are constant afterwards. */
struct nrf_common {
    uint16_t event_first, event_end; /* rows of the events */
    uint16_t inten[3];               /* rows of INTEN, INTENSET, INTENCLR; 0xFFFF = none */
    uint32_t dma_refused_end;        /* where the last EasyDMA access outside RAM ended */
};

#define NRF_TASK(text, at, hook)                                                                   \
    {                                                                                              \
        .name = (text), .offset = (at), .wo = 1, .store = (hook)                                   \
    }
#define NRF_TASKS(text, at, number, hook)                                                          \
    {                                                                                              \
        .name = (text), .offset = (at), .wo = 1, .count = (number), .store = (hook)                \
    }
#define NRF_EVENT(text, at)                                                                        \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = 1, .store = nrf_event_stored                         \
    }
#define NRF_EVENTS(text, at, number)                                                               \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = 1, .count = (number), .store = nrf_event_stored      \
    }
/* The three views of the interrupt enable. All bits of CLR accept ones: clearing what is not there
 * is what drivers do at start, and harmless. */
#define NRF_INTEN(bits)                                                                            \
    {                                                                                              \
        .name = "INTEN", .offset = 0x300, .rw = (bits), .store = nrf_inten_stored                  \
    }
#define NRF_INTENSET(bits)                                                                         \
    {                                                                                              \
        .name = "INTENSET", .offset = 0x304, .w1s = (bits), .store = nrf_intenset_stored           \
    }
#define NRF_INTENCLR                                                                               \
    {                                                                                              \
        .name = "INTENCLR", .offset = 0x308, .w1c = UINT32_MAX, .store = nrf_intenclr_stored       \
    }
/* A pin selection: hardware keeps all 32 bits; bits 4:0 pin, 5 port, 31 disconnected. */
#define NRF_PSEL(text, at)                                                                         \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = UINT32_MAX, .reset = UINT32_MAX                      \
    }

/* A task's store hook: only a one triggers. */
#define NRF_TASK_HOOK(hook, action)                                                                \
    static void hook(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)    \
    {                                                                                              \
        (void)element;                                                                             \
        (void)old;                                                                                 \
        if (written & 1u)                                                                          \
            action(dev);                                                                           \
    }

/* Finds the event and interrupt rows; call it first in attach(). */
void nrf_attach(struct mote_device *dev);

/* Sets an event register, raises the interrupt if enabled, tells PPI. */
void nrf_event(struct mote_device *dev, uint32_t row);
void nrf_event_at(struct mote_device *dev, uint32_t row, uint32_t element);
/* Drives the interrupt line by events and enables. */
void nrf_update_irq(struct mote_device *dev);
/* Interrupt enables (bit n = event at 0x100 + 4n). */
uint32_t nrf_inten(struct mote_device *dev);

/* Store hooks of the macros above. */
void nrf_event_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void nrf_inten_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void nrf_intenset_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void nrf_intenclr_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);

/* EasyDMA reaches data RAM only. A transfer that touches anything else moves nothing (reads zeros)
 * and is logged as a guest mistake. */
bool nrf_dma_read(struct mote_device *dev, uint32_t address, void *to, size_t bytes);
bool nrf_dma_write(struct mote_device *dev, uint32_t address, const void *from, size_t bytes);

/* PCLK16M as this device gets it: its clock input 0, or the nominal rate without one. */
uint64_t nrf_pclk_hz(const struct mote_device *dev);

/* A time after another; a delay beyond the end of time is never. */
static inline uint64_t nrf_later_ps(uint64_t start_ps, uint64_t delay_ps)
{
    return delay_ps < MOTE_NEVER_PS - start_ps ? start_ps + delay_ps : MOTE_NEVER_PS;
}

static inline bool nrf_psel_connected(uint32_t psel)
{
    return (psel >> 31) == 0;
}
/* Number of the pin in a line of both ports: P0.00 is 0, P1.00 is 32. */
static inline uint32_t nrf_psel_pin(uint32_t psel)
{
    return psel & 0x3fu;
}

/* The pins that the board's parts hang on: "mote,pins", one cell per pin selection in the order of
 * the registers, each 32 * port + pin. Read once in attach(). */
#define NRF_MAX_PINS 4
struct nrf_pins {
    uint32_t pin[NRF_MAX_PINS];
    uint32_t count; /* 0: the board does not say, every choice is taken as right */
};
void nrf_pins_attach(struct mote_device *dev, struct nrf_pins *pins);
/* True when `count` pin selections from `row` on are connected and select the board's pins. */
bool nrf_pins_match(struct mote_device *dev, const struct nrf_pins *pins, uint32_t row,
                    uint32_t count);

#endif
