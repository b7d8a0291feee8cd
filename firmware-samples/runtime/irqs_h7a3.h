/*
 * STM32H7A3 interrupts that the samples use (RM0455, vector table: 155 lines).
 */
#define IRQ_COUNT   155
#define IRQ_LIST(X) X(39, USART3) X(93, LPTIM1)
