/* The numbers of a core's timing data, by name. Internal to cores/timing.
 *
 * Every file in data/ gives each of them once, with its source; the loader refuses a missing, an
 * unknown and a repeated name. All are core clock cycles at zero wait states unless said. */
#ifndef CORES_TIMING_NUMBERS_H
#define CORES_TIMING_NUMBERS_H

#include <mote/err.h>
#include <stdint.h>

#define TIMING_NUMBERS(X)                                                                          \
    /* costs of instructions */                                                                    \
    X(alu)                                                                                         \
    X(shift)                                                                                       \
    X(mul)                                                                                         \
    X(mac)                                                                                         \
    X(mul_long)                                                                                    \
    X(simd)                                                                                        \
    X(simd_mac)                                                                                    \
    X(load)                                                                                        \
    X(load_multi)                                                                                  \
    X(store)                                                                                       \
    X(store_register_offset) /* STR with two address registers: instead of `store` */              \
    X(store_multi)                                                                                 \
    X(multi_word)   /* and each word of a multiple */                                              \
    X(branch)       /* without the refill */                                                       \
    X(call)         /* BL, without the refill */                                                   \
    X(table_branch) /* TBB, TBH without the refill */                                              \
    X(fp_alu)                                                                                      \
    X(fp_mul)                                                                                      \
    X(fp_mac)                                                                                      \
    X(fp_div)                                                                                      \
    X(fp_sqrt)                                                                                     \
    X(fp_move)                                                                                     \
    X(fp_load)                                                                                     \
    X(fp_store)                                                                                    \
    X(fp_memory_word) /* and each word of a floating-point load or store */                        \
    X(system)                                                                                      \
    X(barrier)                                                                                     \
    X(hint)                                                                                        \
    X(exception)                                                                                   \
    X(not_executed)                                                                                \
    X(divide_least)                                                                                \
    X(divide_most)                                                                                 \
    X(divide_bits_per_ten_cycles) /* quotient bits that ten further cycles yield */                \
    /* pipeline refill of a taken branch */                                                        \
    X(refill_immediate)                                                                            \
    X(refill_register)                                                                             \
    X(refill_loaded)         /* the target comes from memory */                                    \
    X(refill_wide_unaligned) /* more, for a 32-bit target that straddles a word */                 \
    /* neighbours: cycles saved or added */                                                        \
    X(load_after_load_saves)                                                                       \
    X(store_after_load_saves)         /* of a register-offset store */                             \
    X(loads_pipeline_after_writeback) /* 1: also after a load that updates its base */             \
    X(fold_saves)                     /* IT after a 16-bit instruction */                          \
    X(address_after_alu)     /* an address register comes from the data-processing before */       \
    X(literal_load)          /* contention of a pc-relative load with the fetch */                 \
    X(wide_shift_after_load) /* see data/cortex-m4.yaml */                                         \
    X(load_use)              /* the loaded register is used by the next instruction */             \
    X(multiply_use)          /* the product is used by the next, the accumulator aside */          \
    X(fp_result_use)         /* the result is used by the next, an addend aside */                 \
    X(fp_divide_overlaps)    /* 1: integer work goes on during VDIV and VSQRT */                   \
    X(store_buffer)          /* 1: a store's wait states show only at the next access */           \
    /* no instructions */                                                                          \
    X(exception_entry)                                                                             \
    X(tail_chain)                                                                                  \
    X(exception_return)                                                                            \
    X(device_load)                                                                                 \
    X(device_store)

struct timing_numbers {
#define X(name) uint32_t name;
    TIMING_NUMBERS(X)
#undef X
};

/* Of a dual-issue core: latencies are cycles from issue to the use of the result. */
#define TIMING_DUAL_NUMBERS(X)                                                                     \
    X(shift_latency)                                                                               \
    X(simd_latency)                                                                                \
    X(multiply_latency)                                                                            \
    X(load_latency)                                                                                \
    X(fp_load_latency)                                                                             \
    X(fp_latency)                                                                                  \
    X(fp_mac_latency)                                                                              \
    X(fp_div_latency)                                                                              \
    X(double_more)         /* of a double-precision operation */                                   \
    X(address_more)        /* more, until the result can form an address */                        \
    X(accumulator_late)    /* cycles that an accumulator is needed later than the factors */       \
    X(fp_accumulator_late) /* likewise */                                                          \
    X(store_data_late)     /* and a store's data later than its address */                         \
    X(loads_per_cycle)                                                                             \
    X(store_blocks_load) /* 1: a load and a store never issue in one cycle */                      \
    X(multi_more)        /* beyond a cycle for each two words */                                   \
    X(taken_predicted)   /* bubble of a taken branch that was predicted */                         \
    X(target_late)       /* an unconditional branch met for the first time */                      \
    X(mispredicted)      /* refill */                                                              \
    X(divide_least)                                                                                \
    X(divide_bits_per_cycle)                                                                       \
    X(barrier)                                                                                     \
    X(system)                                                                                      \
    X(exception_entry)                                                                             \
    X(tail_chain)                                                                                  \
    X(exception_return)                                                                            \
    X(device_load)                                                                                 \
    X(device_store)

struct timing_dual_numbers {
#define X(name) uint32_t name;
    TIMING_DUAL_NUMBERS(X)
#undef X
};

/* Reads the embedded data of a core by its file name; false after filling err. A file that says
 * `evaluator: dual_issue` fills `dual` and sets *is_dual. */
bool timing_load(const char *core, struct timing_numbers *numbers, struct timing_dual_numbers *dual,
                 bool *is_dual, struct mote_err *err);

#endif
