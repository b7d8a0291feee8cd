/*
 * Text and numbers to the board's console.
 */
#include "print.h"

#include <string.h>

#include "board.h"

void print(const char *text)
{
    board_console_write(text, strlen(text));
}

void print_u32(uint32_t value)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value);
    board_console_write(digits + at, sizeof digits - at);
}

void print_i32(int32_t value)
{
    if (value < 0) {
        print("-");
    }
    print_u32(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

void print_hex(uint32_t value)
{
    char digits[8];
    for (int i = 0; i < 8; i++) {
        digits[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
    }
    board_console_write(digits, sizeof digits);
}
