/* Tells in words why a firmware came to grief. */
#ifndef MOTE_DIAGNOSE_H
#define MOTE_DIAGNOSE_H

#include <stddef.h>

struct mote_core;
struct mote_symbols;

/* Several lines: what happened with fault registers decoded, where (function, source line), the
 * registers, and a backtrace. Cut at `bytes`. */
void mote_diagnose(struct mote_core *core, const struct mote_symbols *symbols, char *text,
                   size_t bytes);

#endif
