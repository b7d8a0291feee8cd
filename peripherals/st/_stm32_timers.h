/* What the parts of the timer model share. The parts: stm32_timers.c (registers, variants),
 * _stm32_timers_count.c (counting without stepping), _stm32_timers_io.c (channels, triggers). */
#ifndef PERIPHERALS_ST_STM32_TIMERS_H
#define PERIPHERALS_ST_STM32_TIMERS_H

#include <mote/clock.h>
#include <mote/device.h>

enum timer_reg {
    CR1,
    CR2,
    SMCR,
    DIER,
    SR,
    EGR,
    CCMR1,
    CCMR2,
    CCER,
    CNT,
    PSC,
    ARR,
    RCR,
    CCR,
    BDTR,
    DCR,
    DMAR,
    OR1,
    CCMR3,
    CCR5,
    CCR6,
    OR2,
    OR3,
    TIMER_REGS
};

/* Output wires, in the order of the class's groups. */
enum timer_output {
    OUT_IRQ = 0,
    OUT_DMA_CC = 4,
    OUT_DMA_UP = 8,
    OUT_DMA_TRIG = 9,
    OUT_DMA_COM = 10,
    OUT_TRGO = 11,
    OUT_TRGO2 = 12,
    OUT_OC = 13,
    OUT_OCN = 17,
    OUT_OCREF = 20,
};
enum timer_input { IN_ITR = 0, IN_TI = 4, IN_ETR = 8, IN_BRK = 9, IN_BRK2 = 10 };

enum timer_kind { KIND_BASIC, KIND_ONE_CHANNEL, KIND_TWO_CHANNELS, KIND_GENERAL, KIND_ADVANCED };

#define CR1_CEN      (1u << 0)
#define CR1_UDIS     (1u << 1)
#define CR1_URS      (1u << 2)
#define CR1_OPM      (1u << 3)
#define CR1_DIR      (1u << 4)
#define CR1_CMS      (3u << 5)
#define CR1_ARPE     (1u << 7)
#define CR1_UIFREMAP (1u << 11)
#define SR_UIF       (1u << 0)
#define SR_COMIF     (1u << 5)
#define SR_TIF       (1u << 6)
#define SR_BIF       (1u << 7)
#define DIER_UDE     (1u << 8)
#define DIER_COMDE   (1u << 13)
#define DIER_TDE     (1u << 14)
#define BDTR_AOE     (1u << 14)
#define BDTR_MOE     (1u << 15)

#define TIMER_CHANNELS 6 /* 5 and 6 have no pin */
#define TIMER_PINS     4

struct timers {
    struct mote_counter clock; /* cycles of the timer clock */
    uint64_t done;             /* cycles of it that have been counted */
    uint32_t cnt;
    uint32_t prescaled;           /* cycles since the last count */
    uint32_t psc, arr;            /* shadow registers, as the counter uses them */
    uint32_t ccr[TIMER_CHANNELS]; /* the same */
    uint32_t repeat;              /* overflows left until the next update event */
    uint32_t mask;                /* 16 or 32 bits */
    uint8_t kind;
    uint8_t channels; /* of this kind, 5 and 6 included */
    uint8_t separate_irqs;
    uint8_t burst; /* position of a DMA burst through DMAR */
    uint8_t ocref[TIMER_CHANNELS];
    uint8_t captures[TIMER_PINS]; /* edges since the last capture (ICxPSC) */
    uint8_t etr_edges;
    uint8_t trigger; /* level of TRGI */
};

/* Counting. */
void timer_sync(struct mote_device *dev);   /* counts what has passed until now */
void timer_settle(struct mote_device *dev); /* levels of all outputs, and the next event */
void timer_advance(struct mote_device *dev, uint64_t cycles);
void timer_reinit(struct mote_device *dev); /* UG, or reset by the trigger */
void timer_clock(struct mote_device *dev);  /* takes over the clock's present rate */

/* Channels and triggers. */
bool timer_counts_clock(struct mote_device *dev);
bool timer_is_output(struct mote_device *dev, uint32_t channel);
void timer_matched(struct mote_device *dev, uint32_t channel, uint64_t times);
void timer_updated(struct mote_device *dev);
bool timer_needs_update(struct mote_device *dev);
bool timer_needs_match(struct mote_device *dev, uint32_t channel);
bool timer_needs_edges(struct mote_device *dev, uint32_t channel);
void timer_drive(struct mote_device *dev);
void timer_trgo_reset(struct mote_device *dev);
void timer_capture(struct mote_device *dev, uint32_t channel);
void timer_trigger(struct mote_device *dev); /* an active edge on TRGI */
void timer_select_trigger(struct mote_device *dev);
void timer_break(struct mote_device *dev, uint32_t flag);
void timer_input(struct mote_device *dev, uint32_t index, int level);

#endif
