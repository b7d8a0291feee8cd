/* Low-power UART of STM32L4+ (STM32L4R5: LPUART1). ST RM0432 Rev 9.
 *
 * The engine is that of stm32_usart.c; the divider counts 1/256 of the kernel clock, and there
 * is no oversampling choice, receiver timeout or guard time. Modelled and not modelled as
 * stated there. */
#include "_stm32_usart.h"
#include <mote/bus.h>

static const struct mote_reg regs[LPUART_REGS] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .rw = 0xF3FF7FFF,
             .unmodelled = 0x03FF2800, /* DEAT DEDT MME WAKE */
             .store = usart_store_cr1},
    [CR2] = {.name = "CR2", .offset = 0x04, .rw = 0xFF0FB010, .store = usart_store_cr2},
    [CR3] = {.name = "CR3",
             .offset = 0x08,
             .rw = 0xFEF0F7C9,
             .unmodelled = 0x00004708, /* DEM CTSIE CTSE RTSE HDSEL */
             .store = usart_store_cr3},
    [BRR] = {.name = "BRR", .offset = 0x0C, .rw = 0x000FFFFF, .store = usart_store_rate},
    [RQR] = {.name = "RQR", .offset = 0x18, .wo = 0x0000001E, .store = usart_store_rqr},
    [ISR] = {.name = "ISR", .offset = 0x1C, .reset = 0x000000C0, .ro = 0x0DFF06FF},
    [ICR] = {.name = "ICR", .offset = 0x20, .wo = 0x0012025F, .store = usart_store_icr},
    [RDR] = {.name = "RDR", .offset = 0x24, .ro = 0x000001FF, .load = usart_load_rdr},
    [TDR] = {.name = "TDR", .offset = 0x28, .rw = 0x000001FF, .store = usart_store_tdr},
    [PRESC] = {.name = "PRESC", .offset = 0x2C, .rw = 0x0000000F, .store = usart_store_presc},
};

const struct mote_device_class mote_class_stm32_lpuart = {
    .name = "stm32_lpuart",
    .summary = "STM32 low-power UART with FIFO",
    .compatibles = {"st,stm32-lpuart"},
    .state_bytes = sizeof(struct usart),
    .gated_access = true,
    .regs = regs,
    .reg_count = LPUART_REGS,
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
