/* What the files of the Secure half share. */
#ifndef SECURITY_SECURE_H
#define SECURITY_SECURE_H

#include "shared.h"

extern char done_secure[], done_ns[], done_process[], not_an_entry[], sg_alone[], vectors_ns[],
    bss_start[], bss_end[], bss_ns_start[], bss_ns_end[];
void main_secure(void);
void report_secure(uint32_t *registers);
uint32_t run_secure(uint32_t address);
uint32_t call_marked(uint32_t function, uint32_t argument);
uint32_t call_ns(uint32_t function, uint32_t argument);
uint32_t wait_marked(volatile uint32_t *reg, uint32_t value);
uint32_t wait_on_process_stack(volatile uint32_t *reg, uint32_t value, uint32_t sp, uint32_t limit);
void plain_branch(void);

#define SAU(offset)    REG32(0xE000EDD0u + (offset))
#define SFSR           SAU(0x14)
#define SFAR           SAU(0x18)
#define SCB(offset)    REG32(0xE000ED00u + (offset))
#define SCB_NS(offset) REG32(0xE002ED00u + (offset))
#define FPCCR          REG32(0xE000EF34u)
#define FPCCR_NS       REG32(0xE002EF34u)
#define NSACR          SCB(0x8C)
#define AIRCR_KEY      0x05FA0000u
#define BFHFNMINS      (1u << 13)
#define PRIS           (1u << 14)

/* handler.c: a line of output, told at its end; `show` adds a name and a value to it. */
void print(const char *text);
void show(const char *name, uint32_t value);
void semihosting(uint32_t operation, const void *argument);
/* A number below that, from dice that `random_state` seeds; one act of a storm. */
uint32_t chance(uint32_t below);
void storm_act(void);
/* What the Secure handler does, how often it ran, and the storm: its dice, the order of what
 * happened, and how much did. */
extern volatile uint32_t action, deepest;
extern uint32_t random_state, order, steps;

#endif
