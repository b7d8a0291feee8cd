/*
 * STM32F746 interrupts that the samples use (RM0385, vector table: 98 lines).
 */
#define IRQ_COUNT   98
#define IRQ_LIST(X) X(37, USART1)
