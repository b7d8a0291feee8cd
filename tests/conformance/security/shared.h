/* What both Security states of the test image know of each other. */
#ifndef SECURITY_SHARED_H
#define SECURITY_SHARED_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))
#define REG8(address)  (*(volatile uint8_t *)(address))
#define MRS(name)                                                                                  \
    __extension__({                                                                                \
        uint32_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                         \
        value_;                                                                                    \
    })
#define MSR(name, value) __asm__ volatile("msr " #name ", %0" ::"r"(value) : "memory")

enum { REGISTERS = 14, R_LR = 13, FRAME_PC = 6, FRAME_PSR = 7 };
enum { LINE = 64, LINES = 16 }; /* the interrupts that the tests pend */
#define LINE_WORD 2u
#define ISPR      REG32(0xE000E200u + 4 * LINE_WORD)
#define ICPR      REG32(0xE000E280u + 4 * LINE_WORD)
#define ISER      REG32(0xE000E100u + 4 * LINE_WORD)
#define ICER      REG32(0xE000E180u + 4 * LINE_WORD)
#define IABR      REG32(0xE000E300u + 4 * LINE_WORD)
#define ITNS      REG32(0xE000E380u + 4 * LINE_WORD)
#define IPR(line) REG8(0xE000E400u + LINE + (line))

struct snippet {
    const char *name;
    uint32_t address;
};
extern const struct snippet snippets[], mpu_snippets[];

/* What a handler does beyond its report. */
enum action { REPORT, PEND, SPOIL, BAD_RETURN, CALL, STORM, QUIET };

/* Secure functions for Non-secure code, which finds them at their gates (entry.S): those that the
 * compiler and the linker make serve another image only. */
#if !defined(__ARM_FEATURE_CMSE) || __ARM_FEATURE_CMSE != 3
#define nsc_show      gate_show
#define nsc_twice     gate_twice
#define nsc_call_back gate_call_back
#define nsc_spoil     gate_spoil
#define nsc_note      gate_note
#define nsc_chance    gate_chance
#endif
void nsc_show(const char *name, uint32_t value);
uint32_t nsc_twice(uint32_t value);
uint32_t nsc_call_back(uint32_t value);
void nsc_spoil(void);
void nsc_note(uint32_t what);
uint32_t nsc_chance(uint32_t below);

/* Non-secure functions for Secure code. */
uint32_t ns_plus_one(uint32_t value);
uint32_t ns_nested(uint32_t value);
uint32_t ns_tt(uint32_t address);
void ns_set_action(uint32_t action);
uint32_t ns_fp(uint32_t value);
uint32_t ns_registers(uint32_t which);
uint32_t find_ns(uint32_t *to);
uint32_t run_ns(uint32_t address);
uint32_t ns_wait(uint32_t what);

#endif
