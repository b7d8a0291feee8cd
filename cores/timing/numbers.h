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
    X(store_exclusive)       /* STREX: instead of `store` */                                       \
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
    X(fp_move_two) /* VMOV from or to two core registers */                                        \
    X(fp_load)                                                                                     \
    X(fp_store)                                                                                    \
    X(fp_memory_word) /* and each word of a floating-point load or store */                        \
    X(system)                                                                                      \
    X(change_state) /* CPS */                                                                      \
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
    X(address_after_alu) /* an address register comes from the data-processing before */           \
    X(literal_load)      /* contention of a pc-relative load with the fetch */                     \
    X(load_after_store)                                                                            \
    X(straddling_row)        /* which 32-bit instruction in a row across words costs a cycle */    \
    X(wide_branch_not_taken) /* more, for a 32-bit conditional branch within a word */             \
    X(load_use)              /* the loaded register is used by the next instruction */             \
    X(load_forwards)         /* 1: but at no cost as an addend or as what is stored */             \
    X(fp_load_use)           /* likewise of a floating-point load */                               \
    X(multiply_use)          /* the product is used by the next, the accumulator aside */          \
    X(late_result_use)    /* likewise of a shifted operand, parallel or saturating arithmetic */   \
    X(late_flags)         /* more, where such a result gives flags in a second stage */            \
    X(pairs)              /* 1: branch, IT or NOP issue beside the 16-bit instruction before */    \
    X(pair_flags_refill)  /* more, for such a branch taken on flags of the one beside it */        \
    X(fp_result_use)      /* the result is used by the next, an addend aside */                    \
    X(fp_after_mac)       /* more, for a floating-point instruction after multiply-accumulate */   \
    X(fp_divide_overlaps) /* 1: integer work goes on during VDIV and VSQRT */                      \
    X(store_buffer)       /* 1: a store's wait states show only at the next access */              \
    X(fetch_queue)        /* halfwords, where fetches and data share buses; 0: never matters */    \
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

/* Of a dual-issue core. Latencies are cycles from issue until an instruction can issue that reads
 * the result in the second ALU stage; the first stage needs it one cycle earlier, an accumulator
 * one and a store's data two cycles later. */
#define TIMING_DUAL_NUMBERS(X)                                                                     \
    X(alu_latency)                                                                                 \
    X(saturate_latency)                                                                            \
    X(multiply_latency)                                                                            \
    X(load_latency)                                                                                \
    X(part_word_load_latency) /* of a byte or a halfword */                                        \
    X(slow_path)              /* more, from a word load to a multiplier or beside the shifter */   \
    X(fp_latency)             /* add, multiply, convert */                                         \
    X(fp_fused_latency)       /* VFMA */                                                           \
    X(fp_chained_latency)     /* VMLA */                                                           \
    X(fp_sum_latency)         /* of any of these, as the next accumulator of VFMA */               \
    X(fp_load_latency)                                                                             \
    X(fp_load_sum_latency) /* and as an accumulator of VFMA */                                     \
    X(fp_move_latency)                                                                             \
    X(fp_to_core_latency)                                                                          \
    X(fp_mac_shadow) /* cycles after a multiply-accumulate without additions, constants, VLDM */   \
    X(fp_divide)     /* single precision: cycles in which nothing else issues */                   \
    X(fp_square_root)                                                                              \
    X(fp_double_multiply) /* double precision: likewise */                                         \
    X(fp_double_mac)                                                                               \
    X(fp_double_divide)                                                                            \
    X(line_fill)          /* of a miss, besides what bus and memory take */                        \
    X(unaligned_load)     /* more */                                                               \
    X(taken_predicted)    /* bubble of a taken branch that was predicted */                        \
    X(target_late)        /* an unconditional branch met for the first time */                     \
    X(mispredicted)       /* refill */                                                             \
    X(mispredicted_early) /* when the flags were there in time */                                  \
    X(flags_early)        /* that is, cycles before the branch */                                  \
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

/* Of a single-issue core with result latencies: `cycles` until the next instruction can issue,
 * `latency` from the last of them until the use of the result (1: by the next instruction). */
#define TIMING_SINGLE_NUMBERS(X)                                                                   \
    X(load_cycles)                                                                                 \
    X(load_latency)                                                                                \
    X(load_narrow_latency) /* of a byte or halfword */                                             \
    X(store_cycles)                                                                                \
    X(misaligned_more) /* an access that crosses a word */                                         \
    X(atomic_cycles)   /* AMO */                                                                   \
    X(atomic_latency)                                                                              \
    X(shift_latency)                                                                               \
    X(mul_cycles)                                                                                  \
    X(mul_latency)                                                                                 \
    X(mul_high_cycles) /* the upper half of the product */                                         \
    X(mul_high_latency)                                                                            \
    X(divide_least)                                                                                \
    X(divide_terminates) /* 0: all bits, 1: by the quotient, 2: by the divisor's leading zeros */  \
    X(divide_bits)       /* of the operands */                                                     \
    X(divide_bits_per_cycle)                                                                       \
    X(divide_by_zero)                                                                              \
    X(divide_latency)                                                                              \
    X(muldiv_overlaps) /* 1: other instructions go on; the next product or quotient waits */       \
    X(fp_latency)                                                                                  \
    X(fp_divide_cycles)                                                                            \
    X(system_cycles)                                                                               \
    X(system_slow_cycles) /* registers of trap set-up and handling, counters */                    \
    X(system_latency)                                                                              \
    X(barrier_cycles)                                                                              \
    X(barrier_refetch_cycles) /* fence.i */                                                        \
    X(write_after_write)      /* 1: waits until what it overwrites has arrived */                  \
    X(jump_register_early)    /* cycles that a jump needs its register before others do */         \
    /* cycles beyond the branch's own */                                                           \
    X(prediction)      /* 0: never taken; 1: backward taken; 2: learned, with the sizes below */   \
    X(jump)            /* direct, when not learned */                                              \
    X(jump_register)   /* indirect, when not learned; return from a trap */                        \
    X(predicted_taken) /* taken and predicted so */                                                \
    X(mispredicted)                                                                                \
    X(target_wide_unaligned) /* a 32-bit target across a word boundary */                          \
    X(btb_entries)                                                                                 \
    X(bht_entries)                                                                                 \
    X(bht_counter_bits)                                                                            \
    X(bht_history_length)                                                                          \
    X(bht_history_bits)                                                                            \
    X(ras_entries)                                                                                 \
    /* no instructions */                                                                          \
    X(exception_entry)                                                                             \
    X(device_load)                                                                                 \
    X(device_store)

struct timing_single_numbers {
#define X(name) uint32_t name;
    TIMING_SINGLE_NUMBERS(X)
#undef X
};

/* Values of `prediction`. */
enum { PREDICTION_NONE, PREDICTION_BACKWARD, PREDICTION_LEARNED };

/* What evaluates a core; `evaluator` of its file, in_order when it has none. */
enum timing_evaluator { TIMING_IN_ORDER, TIMING_DUAL_ISSUE, TIMING_SINGLE_ISSUE };

struct timing_data {
    enum timing_evaluator evaluator;
    union {
        struct timing_numbers in_order;
        struct timing_dual_numbers dual;
        struct timing_single_numbers single;
    };
};

/* Reads the embedded data of a core by its file name; false after filling err. */
bool timing_load(const char *core, struct timing_data *data, struct mote_err *err);

#endif
