/*
 * The deep sleeps of the STM32H7A3: naps of 100 ms in each Stop mode, timed by LPTIM1 on the LSI,
 * each kind marked; then Standby for ever.
 *
 * After a Stop the chip runs from the HSI: the sample starts the PLL again only when it prints.
 *
 * Sources: RM0455, 6.7 (low-power modes), 6.8 (PWR registers), 8.7 (RCC registers), 20 (EXTI: line
 * 47 is LPTIM1, not masked after reset), 45 (LPTIM).
 */
#include <stdint.h>

#include "board.h"
#include "cortex_m.h"
#include "handlers.h"
#include "mote_mark.h"
#include "print.h"

#define SCR           REG32(0xE000ED10u)
#define SCR_SLEEPDEEP (1u << 2)

#define PWR_CR1       REG32(0x58024800u)
#define PWR_CPUCR     REG32(0x58024810u)
#define PWR_SVOS_MASK (3u << 14)
#define PWR_SVOS(n)   ((6u - (n)) << 14) /* scale 3, 4 or 5 */
#define PWR_RETDS_CD  (1u << 0)
#define PWR_PDDS_SRD  (1u << 2)
#define PWR_STOPF     (1u << 5)
#define PWR_CSSF      (1u << 9)

#define RCC_CDCCIP2R   REG32(0x58024454u)
#define RCC_CSR        REG32(0x58024474u)
#define RCC_APB1LENR   REG32(0x58024548u)
#define LPTIM1_ON_LSI  (4u << 28)
#define CSR_LSION      (1u << 0)
#define CSR_LSIRDY     (1u << 1)
#define APB1LENR_LPTIM (1u << 9)

#define LPTIM1_ICR  REG32(0x40002404u)
#define LPTIM1_IER  REG32(0x40002408u)
#define LPTIM1_CR   REG32(0x40002410u)
#define LPTIM1_ARR  REG32(0x40002418u)
#define LPTIM_ARRM  (1u << 1)
#define LPTIM_ON    (1u << 0)
#define LPTIM_START (1u << 2)
#define LPTIM1_IRQ  93u
#define NAP_TICKS   3200u /* of 32 kHz */
#define NAPS        10u

static volatile uint32_t naps;

void LPTIM1_IRQHandler(void)
{
    LPTIM1_ICR = LPTIM_ARRM;
    naps++;
    __asm__ volatile("dsb" ::: "memory"); /* the flag is gone before the return */
}

static void timer_start(void)
{
    RCC_CSR |= CSR_LSION;
    while (!(RCC_CSR & CSR_LSIRDY)) {
    }
    RCC_CDCCIP2R |= LPTIM1_ON_LSI;
    RCC_APB1LENR |= APB1LENR_LPTIM;
    (void)RCC_APB1LENR;
    LPTIM1_IER = LPTIM_ARRM; /* before ENABLE */
    LPTIM1_CR = LPTIM_ON;
    LPTIM1_ARR = NAP_TICKS - 1u;
    nvic_enable(LPTIM1_IRQ);
    LPTIM1_CR = LPTIM_ON | LPTIM_START;
}

/* Sleeps until the timer ends a nap. Interrupts off, so that a tick before WFI still ends it. */
static void nap(void)
{
    const uint32_t before = naps;
    irq_disable();
    while (naps == before) {
        wait_for_interrupt();
        irq_enable();
        irq_disable();
    }
    irq_enable();
}

/* Returns how often the chip says it has been in Stop. */
static uint32_t naps_in(uint32_t scale, uint32_t retention)
{
    uint32_t stops = 0;
    PWR_CR1 = (PWR_CR1 & ~PWR_SVOS_MASK) | PWR_SVOS(scale);
    PWR_CPUCR = retention | PWR_CSSF;
    for (uint32_t i = 0; i < NAPS; i++) {
        nap();
        stops += (PWR_CPUCR & PWR_STOPF) != 0;
        PWR_CPUCR |= PWR_CSSF;
    }
    return stops;
}

static void report(const char *kind, uint32_t stops)
{
    board_init(); /* the PLL, and with it the console's clock */
    print(kind);
    print_u32(stops);
    print(" stops\n");
    board_console_flush();
}

int main(void)
{
    uint32_t stops;
    board_init();
    timer_start();
    nap();
    mote_mark_begin(1, "sleep");
    stops = naps_in(3, 0);
    mote_mark_end(1);
    report("sleep ", stops);
    SCR |= SCR_SLEEPDEEP;
    nap();
    mote_mark_begin(2, "stop, scale 3");
    stops = naps_in(3, 0);
    mote_mark_end(2);
    report("stop, scale 3: ", stops);
    nap();
    mote_mark_begin(3, "stop, scale 5");
    stops = naps_in(5, 0);
    mote_mark_end(3);
    report("stop, scale 5: ", stops);
    nap();
    mote_mark_begin(4, "stop, scale 5, retention");
    stops = naps_in(5, PWR_RETDS_CD);
    mote_mark_end(4);
    report("stop, scale 5, retention: ", stops);
    LPTIM1_CR = 0;
    PWR_CPUCR = PWR_PDDS_SRD | PWR_CSSF;
    irq_disable();
    for (;;) {
        wait_for_interrupt();
    }
}
