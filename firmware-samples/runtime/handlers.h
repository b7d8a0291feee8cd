/*
 * The names of exception handlers: define one to take the exception.
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include BOARD_IRQS

void Reset_Handler(void);
void NMI_Handler(void);
void HardFault_Handler(void);
void MemManage_Handler(void);
void BusFault_Handler(void);
void UsageFault_Handler(void);
void SVC_Handler(void);
void DebugMon_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);

#define HANDLERS_DECLARE(number, name) void name##_IRQHandler(void);
IRQ_LIST(HANDLERS_DECLARE)

#endif
