/*
 * PSoC 62 interrupts that the samples use (Infineon 002-24529, Cortex-M4 interrupts: 168 lines).
 */
#define IRQ_COUNT   168
#define IRQ_LIST(X) X(44, SCB5)
