/*
 * By SysTick, whose clock goes on in Sleep. Its reload value has 24 bits, enough up to 530 MHz.
 */
#include "tick.h"

#include "board.h"
#include "cortex_m.h"
#include "handlers.h"

void SysTick_Handler(void)
{
    tick();
}

void tick_start(void)
{
    SYST_RVR = board_core_hz() / TICK_HZ - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
}
