/*
 * Dot products of int8 vectors, the inner loop of every quantized layer: once in plain C, once with
 * an instruction of one's own, `dot4` of dot4.c, which Mote learns by --extension. Both sums are
 * printed; the markers "plain" and "dot4" show in the report what the instruction saves.
 */
#include "board.h"
#include "mote_mark.h"
#include "print.h"
#include <string.h>

#define LENGTH 1024
#define ROUNDS 16

static _Alignas(4) int8_t a[LENGTH], b[LENGTH];

static int32_t plain(void)
{
    int32_t sum = 0;
    for (int i = 0; i < LENGTH; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static uint32_t word(const int8_t *bytes)
{
    uint32_t value;
    memcpy(&value, __builtin_assume_aligned(bytes, 4), sizeof value);
    return value;
}

static int32_t with_dot4(void)
{
    int32_t sum = 0;
    for (int i = 0; i < LENGTH; i += 4) {
        __asm__(".insn r CUSTOM_0, 0, 0, %0, %1, %2"
                : "+r"(sum)
                : "r"(word(a + i)), "r"(word(b + i)));
    }
    return sum;
}

int main(void)
{
    int32_t sums[2] = {0, 0};
    board_init();
    for (int i = 0; i < LENGTH; i++) {
        a[i] = (int8_t)(37 * i);
        b[i] = (int8_t)(11 * i + 5);
    }
    for (int round = 0; round < ROUNDS; round++) {
        mote_mark_begin(1, "plain");
        sums[0] += plain();
        mote_mark_end(1);
        mote_mark_begin(2, "dot4");
        sums[1] += with_dot4();
        mote_mark_end(2);
    }
    print("plain ");
    print_i32(sums[0]);
    print(" dot4 ");
    print_i32(sums[1]);
    print("\n");
    board_exit(sums[0] != sums[1]);
}
