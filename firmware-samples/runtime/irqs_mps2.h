/*
 * Arm MPS2 AN386: no interrupts are used.
 */
#define IRQ_COUNT 32
#define IRQ_LIST(X)
