/*
 * Vector table and reset handler for any Armv7-M chip of these samples.
 *
 * Handlers are weak: a sample or board defines the ones it uses, by the names of the chip's
 * interrupt list (IRQ_LIST, from the board's irqs header); all others park in default_handler.
 */
#include <stdint.h>
#include <string.h>

#include "cortex_m.h"
#include "handlers.h"

extern uint32_t link_stack_top[];
extern uint8_t link_data_load[], link_data_start[], link_data_end[];
extern uint8_t link_bss_start[], link_bss_end[];

int main(void);

/* A fault or an interrupt that nobody expects: a debugger finds the core here. */
static void default_handler(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}

#define WEAK __attribute__((weak, alias("default_handler")))

void NMI_Handler(void) WEAK;
void HardFault_Handler(void) WEAK;
void MemManage_Handler(void) WEAK;
void BusFault_Handler(void) WEAK;
void UsageFault_Handler(void) WEAK;
void SVC_Handler(void) WEAK;
void DebugMon_Handler(void) WEAK;
void PendSV_Handler(void) WEAK;
void SysTick_Handler(void) WEAK;

#define DECLARE(number, name) void name##_IRQHandler(void) WEAK;
IRQ_LIST(DECLARE)

void Reset_Handler(void)
{
#if defined(__ARM_FP)
    /* Full access to CP10 and CP11 before the compiler may use the FPU. */
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    memcpy(link_data_start, link_data_load, (size_t)(link_data_end - link_data_start));
    memset(link_bss_start, 0, (size_t)(link_bss_end - link_bss_start));
    main();
    for (;;) {
        wait_for_interrupt();
    }
}

typedef void (*vector)(void);

#define ENTRY(number, name) [16 + (number)] = name##_IRQHandler,

__attribute__((section(".vectors"), used)) static const vector vectors[16 + IRQ_COUNT] = {
    [0] = (vector)link_stack_top, [1] = Reset_Handler,     [2] = NMI_Handler,
    [3] = HardFault_Handler,      [4] = MemManage_Handler, [5] = BusFault_Handler,
    [6] = UsageFault_Handler,     [11] = SVC_Handler,      [12] = DebugMon_Handler,
    [14] = PendSV_Handler,        [15] = SysTick_Handler,  IRQ_LIST(ENTRY)};
