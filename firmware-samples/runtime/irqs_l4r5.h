/*
 * STM32L4R5 interrupts that the samples use (RM0432 rev 9, table 78: 95 lines).
 */
#define IRQ_COUNT 95
#define IRQ_LIST(X)                                                                                \
    X(65, LPTIM1)                                                                                  \
    X(70, LPUART1)
