/* One Thumb instruction as text. Apart, since Capstone's names clash with those of arm.h. */
#ifndef CORES_ARM_DISASSEMBLE_H
#define CORES_ARM_DISASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its length in bytes; 0 when the bytes are no instruction (`text` is then untouched). */
size_t arm_disassemble_bytes(const uint8_t *code, size_t length, bool v8m, char *text,
                             size_t bytes);

#endif
