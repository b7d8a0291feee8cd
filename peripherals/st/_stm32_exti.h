/* What the EXTI of STM32 families have in common: lines whose edges become pending, interrupts for
 * groups of lines, events, and the choice of a port for each pin's line. The families' files have
 * the register tables and say which lines there are. */
#ifndef PERIPHERALS_ST_STM32_EXTI_H
#define PERIPHERALS_ST_STM32_EXTI_H

#include <mote/device.h>

enum { STM32_EXTI_PIN_LINES = 16 };

/* Rows of the register table, of lines 0 to 31; those of lines from 32 on are `bank` rows further.
 */
struct stm32_exti_chip {
    uint8_t rtsr, ftsr, swier;
    uint8_t rising, falling; /* pending; the same row where there is one for both */
    uint8_t imr, emr;
    uint8_t bank;            /* 0: no lines from 32 on */
    uint8_t vector_count;    /* outputs from 0 on; the next is "event" */
    const uint64_t *vectors; /* the lines of each */
    uint8_t input_count;     /* lines that are input wires, for stm32_exti_reset() */
};

/* The first member of the device's state. */
struct stm32_exti {
    const struct stm32_exti_chip *chip; /* set in attach, then constant */
    uint64_t levels;                    /* last level of each line */
};

/* Interrupts and event of the lines that are pending. */
void stm32_exti_update(struct mote_device *dev);
void stm32_exti_trigger(struct mote_device *dev, uint32_t line, bool rising);
/* A line has this level now: an edge that is asked for makes it pending. */
void stm32_exti_level(struct mote_device *dev, uint32_t line, bool level);

/* `input` and `reset` of a class whose input wires are its lines, input 0 the first of at most 64.
 */
void stm32_exti_input(struct mote_device *dev, uint32_t line, int level);
void stm32_exti_reset(struct mote_device *dev);

/* Store hooks: of masks and pending bits; of a SWIER of bank 1 whose bits read 0 again at once. */
void stm32_exti_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_exti_store_swier(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
/* For SWIER and PR of the older kind, in hooks of bank 0 or 1: a software trigger needs the line's
 * interrupt or event enabled and the bit at 0 before, and lasts until the pending bit is cleared.
 */
void stm32_exti_store_latched(struct mote_device *dev, uint32_t bank, uint32_t old);
void stm32_exti_store_pending(struct mote_device *dev, uint32_t bank, uint32_t written);

/* Level of a pin's line by EXTICR: `exticr` is the first of four words with four fields of `bits`,
 * inputs from 0 on are sixteen pins a port. -1: there is no such port. */
int stm32_exticr_level(const struct mote_device *dev, const uint32_t *exticr, uint32_t bits,
                       uint32_t ports, uint32_t line);
/* For a SYSCFG: outputs 0 to 15 are the levels that EXTICR (fields of four bits) chooses. */
void stm32_exticr_drive(struct mote_device *dev, const uint32_t *exticr, uint32_t ports,
                        uint32_t line);

#endif
