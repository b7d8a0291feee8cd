/*
 * The core's own header, whichever core the sample is built for. Both offer irq_disable,
 * irq_enable, wait_for_interrupt, cycle_counter_start and cycles.
 */
#ifndef CORE_H
#define CORE_H

#ifdef __riscv
#include "riscv.h"
#else
#include "cortex_m.h"
#endif

#endif
