/*
 * Bit manipulation, over and over: the load on which simulators that lack such instructions are
 * slow.
 *
 * A mixing function of rotations, counts, minima, maxima and address sums over a table,
 * ROUNDS times 100 passes of 1024 words. The compiler makes Zba and Zbb instructions of it where
 * the target has them. Prints a checksum and ends.
 */
#include "board.h"
#include "print.h"

#ifndef ROUNDS
#define ROUNDS 20
#endif

#define WORDS  1024u
#define PASSES 100

static uint32_t table[WORDS];

static uint32_t rotate(uint32_t value, uint32_t count)
{
    return value >> (count & 31u) | value << (-count & 31u);
}

static uint32_t mix(uint32_t state)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        const uint32_t value = table[i];
        state = rotate(state ^ value, 7u) + (value & ~state);
        state = rotate(state, 16u) ^ ~rotate(value, state);
        state += (uint32_t)__builtin_clz(value | 1u) + (uint32_t)__builtin_popcount(state);
        const uint32_t low = value < state ? value : state;
        const uint32_t high = value < state ? state : value;
        state = (low << 2) + high;
        table[i] = (state & ~low) ^ rotate(high, 11u);
    }
    return state;
}

int main(void)
{
    uint32_t state = 0x9E3779B9u;
    board_init();
    for (uint32_t i = 0; i < WORDS; i++) {
        table[i] = i * 0x01000193u;
    }
    for (int round = 0; round < ROUNDS * PASSES; round++) {
        state = mix(state);
    }
    print("bits-bench rounds ");
    print_u32(ROUNDS);
    print(" sum ");
    print_hex(state);
    print("\n");
    board_exit(0);
}
