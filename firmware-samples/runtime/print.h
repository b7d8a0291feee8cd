/*
 * Text and numbers to the board's console, without stdio.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>

void print(const char *text);
void print_i32(int32_t value);
void print_u32(uint32_t value);
/* Eight hexadecimal digits. */
void print_hex(uint32_t value);

#endif
