/*
 * STM32U575 interrupts that the samples use (RM0456, vector table: 126 lines).
 */
#define IRQ_COUNT   126
#define IRQ_LIST(X) X(61, USART1)
