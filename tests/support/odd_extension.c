/* Shared objects that must be refused, each with one thing wrong; and one with state. */
#include <mote/extension.h>

#ifndef ODD_VERSION
#define ODD_VERSION MOTE_EXTENSION_VERSION
#endif
#ifndef ODD_MASK
#define ODD_MASK 0xFE00707F
#endif
#ifndef ODD_MATCH
#define ODD_MATCH 0x0200000B
#endif
#ifndef ODD_CYCLES
#define ODD_CYCLES 1
#endif

/* rd = how often it was executed since reset; takes as many cycles as rs1 says. */
static uint64_t count(struct mote_extension_call *call)
{
    uint64_t *executions = call->state;
    call->cycles = (uint32_t)call->rs1;
    return ++*executions;
}

static const struct mote_extension_insn insns[] = {
    {.name = "count", .mask = ODD_MASK, .match = ODD_MATCH, .cycles = ODD_CYCLES, .execute = count},
};

#ifndef ODD_NAME
#define ODD_NAME mote_extension
#endif
extern const struct mote_extension ODD_NAME;
const struct mote_extension ODD_NAME = {
    .version = ODD_VERSION, .name = "odd", .insns = insns, .count = 1, .state_bytes = 8};
