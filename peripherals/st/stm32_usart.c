/* USART and UART of STM32L4+ (STM32L4R5: USART1-3, UART4-5). ST RM0432 Rev 9.
 *
 * Modelled: asynchronous frames of 7, 8 or 9 bits with parity and 0.5 to 2 stop bits,
 * oversampling by 16 and 8, kernel clock prescaler, FIFO mode with thresholds,
 * RXNE/TXE/TC/IDLE/ORE/CMF/RTOF/WUF and their interrupts, DMA requests, idle preamble and break
 * frames (as time), baud-timed transmission, settings that only a disabled USART takes. The
 * other end always uses the same frame, so that PE, FE and NE never come; a ninth data bit is
 * cut on the way out and 0 on the way in. The FIFO depth is property mote,fifo-depth (0: a
 * variant without FIFO).
 *
 * Not modelled: synchronous, LIN, Smartcard, IrDA, half-duplex, mute mode, automatic baud rate,
 * RTS/CTS and driver enable; an IDLE that a start bit less than one frame away would prevent. */
#include "_stm32_usart.h"
#include <mote/bus.h>

#define CR1_PLAIN        0xFFFFFFFFu
#define CR1_NOT_MODELLED 0x0BFF2800u /* EOBIE DEAT DEDT MME WAKE */
#define CR2_PLAIN        0xFFFFFF79u
#define CR2_NOT_MODELLED 0x00704F69u /* ABRMOD ABREN LINEN CLKEN CPOL CPHA LBCL LBD* DIS_NSS .. */
#define CR3_PLAIN        0xFFFEFFFFu
#define CR3_NOT_MODELLED 0x010E473Eu /* TCBGTIE SCARCNT DEM CTSIE CTSE RTSE SCEN NACK HDSEL IR* */

static const struct mote_reg regs[USART_REGS] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .rw = CR1_PLAIN,
             .unmodelled = CR1_NOT_MODELLED,
             .store = usart_store_cr1},
    [CR2] = {.name = "CR2",
             .offset = 0x04,
             .rw = CR2_PLAIN,
             .unmodelled = CR2_NOT_MODELLED,
             .store = usart_store_cr2},
    [CR3] = {.name = "CR3",
             .offset = 0x08,
             .rw = CR3_PLAIN,
             .unmodelled = CR3_NOT_MODELLED,
             .store = usart_store_cr3},
    [BRR] = {.name = "BRR", .offset = 0x0C, .rw = 0x0000FFFF, .store = usart_store_rate},
    [GTPR] = {.name = "GTPR", .offset = 0x10, .rw = 0x0000FFFF, .unmodelled = 0x0000FFFF},
    [RTOR] = {.name = "RTOR",
              .offset = 0x14,
              .rw = 0xFFFFFFFF,
              .unmodelled = 0xFF000000,
              .store = usart_store_rtor},
    [RQR] = {.name = "RQR", .offset = 0x18, .wo = 0x0000001F, .store = usart_store_rqr},
    [ISR] = {.name = "ISR", .offset = 0x1C, .reset = 0x000000C0, .ro = 0x0FFFFFFF},
    [ICR] = {.name = "ICR", .offset = 0x20, .wo = 0x00123BFF, .store = usart_store_icr},
    [RDR] = {.name = "RDR", .offset = 0x24, .ro = 0x000001FF, .load = usart_load_rdr},
    [TDR] = {.name = "TDR", .offset = 0x28, .rw = 0x000001FF, .store = usart_store_tdr},
    [PRESC] = {.name = "PRESC", .offset = 0x2C, .rw = 0x0000000F, .store = usart_store_presc},
};

const struct mote_device_class mote_class_stm32_usart = {
    .name = "stm32_usart",
    .summary = "STM32 USART/UART with FIFO",
    .compatibles = {"st,stm32-usart", "st,stm32-uart"},
    .state_bytes = sizeof(struct usart),
    .gated_access = true,
    .regs = regs,
    .reg_count = USART_REGS,
    .window_bytes = 0x400,
    .events = usart_events,
    .event_count = USART_EVENTS,
    .outputs = {{"irq", 1}, {"dma", 2}, {"wakeup", 1}},
    .power_states = {"off", "idle", "active"},
    .uart = &usart_ops,
    .attach = usart_attach,
    .reset = usart_reset,
    .clock_changed = usart_clock_changed,
};
