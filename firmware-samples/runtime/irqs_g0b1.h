/*
 * STM32G0B1 interrupts that the samples use (RM0444, vector table: 31 lines).
 */
#define IRQ_COUNT   31
#define IRQ_LIST(X) X(28, USART2_LPUART2)
