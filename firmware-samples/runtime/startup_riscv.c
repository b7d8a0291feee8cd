/*
 * Reset code of any RISC-V chip of these samples, and what happens to traps that nobody expects.
 */
#include <stdint.h>
#include <string.h>

#include "riscv.h"

extern uint8_t link_data_load[], link_data_start[], link_data_end[];
extern uint8_t link_bss_start[], link_bss_end[];

int main(void);
void Reset_Handler(void);
void trap_handler(void);

/*
 * A breakpoint is a semihosting call that no debugger took: go on behind it. Any other trap parks
 * here, where a debugger finds the core.
 */
__attribute__((weak, interrupt("machine"), aligned(4))) void trap_handler(void)
{
    const unsigned long cause = CSR_READ(mcause);
    if (cause == 3u) {
        __asm__ volatile("csrw mepc, %0" ::"r"(CSR_READ(mepc) + 4u));
        return;
    }
    for (;;) {
        __asm__ volatile("");
    }
}

__attribute__((used)) static void start(void)
{
    memcpy(link_data_start, link_data_load, (size_t)(link_data_end - link_data_start));
    memset(link_bss_start, 0, (size_t)(link_bss_end - link_bss_start));
    main();
    for (;;) {
        wait_for_interrupt();
    }
}

__attribute__((naked, section(".vectors"), used)) void Reset_Handler(void)
{
    __asm__ volatile("la sp, link_stack_top\n\t"
                     "la t0, trap_handler\n\t"
                     "csrw mtvec, t0\n\t"
                     "j start");
}
