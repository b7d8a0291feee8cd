/* What stm32_usart.c and stm32_lpuart.c share: the same serial engine behind two register tables.
 */
#ifndef PERIPHERALS_ST_STM32_USART_H
#define PERIPHERALS_ST_STM32_USART_H

#include <mote/device.h>

/* Row ids of both tables; LPUART has no GTPR and RTOR, which therefore come last. */
enum usart_reg { CR1, CR2, CR3, BRR, RQR, ISR, ICR, RDR, TDR, PRESC, LPUART_REGS };
enum { GTPR = LPUART_REGS, RTOR, USART_REGS };

enum usart_output { OUT_IRQ, OUT_DMA_RX, OUT_DMA_TX, OUT_WAKEUP };
enum usart_event { EVENT_TX, EVENT_IDLE, EVENT_TIMEOUT, USART_EVENTS };

#define CR1_UE     (1u << 0)
#define CR1_UESM   (1u << 1)
#define CR1_RE     (1u << 2)
#define CR1_TE     (1u << 3)
#define CR1_PS     (1u << 9)
#define CR1_PCE    (1u << 10)
#define CR1_M0     (1u << 12)
#define CR1_OVER8  (1u << 15)
#define CR1_M1     (1u << 28)
#define CR1_FIFOEN (1u << 29)

#define USART_FIFO_MAX 16

struct usart {
    uint64_t burst_ps;        /* start of a run of frames without a gap */
    uint64_t burst_half_bits; /* length of the run so far, so that rounding does not add up */
    uint16_t rx[USART_FIFO_MAX + 1], tx[USART_FIFO_MAX];
    uint8_t rx_count, tx_count;
    uint8_t fifo_depth; /* 0: this variant has no FIFO mode */
    uint8_t shifting;   /* enum usart_frame: what is on the TX line */
    uint8_t break_wanted;
    uint8_t idle_expected; /* something was received since the last IDLE */
    uint16_t shift;
};

extern const struct mote_event_desc usart_events[USART_EVENTS];
extern const struct mote_uart_ops usart_ops;

bool usart_attach(struct mote_device *dev, struct mote_err *err);
void usart_reset(struct mote_device *dev);
void usart_clock_changed(struct mote_device *dev, uint32_t index);

void usart_store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_cr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_cr3(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_rate(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_presc(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_rtor(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_rqr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_icr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void usart_store_tdr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
uint32_t usart_load_rdr(struct mote_device *dev, uint32_t element, uint32_t value);

#endif
