/*
 * nRF52840 interrupts that the samples use: a peripheral's line is its ID, bits 12..19 of its
 * address (nRF52840 PS v1.7, section 4.2.4: 48 lines).
 */
#define IRQ_COUNT 48
#define IRQ_LIST(X)                                                                                \
    X(2, UARTE0)                                                                                   \
    X(11, RTC0)                                                                                    \
    X(29, PDM)
