/* One-time programmable memory of the FE310-G002, as firmware meets it: registers that accept what
 * is written. What the OTP holds is a memory of the board (all bits 1: not programmed).
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "One-Time Programmable Memory Peripheral".
 * Modelled: the lock as a register, the pins as registers. Not modelled: programming and the read
 * sequencer's timing. */
#include <mote/device.h>

static const struct mote_reg regs[] = {
    {.name = "otp_lock", .offset = 0x00, .rw = 1},
    {.name = "otp_ck", .offset = 0x04, .rw = 1, .unmodelled = 1},
    {.name = "otp_oe", .offset = 0x08, .rw = 1, .unmodelled = 1},
    {.name = "otp_sel", .offset = 0x0C, .rw = 1, .unmodelled = 1},
    {.name = "otp_we", .offset = 0x10, .rw = 1, .unmodelled = 1},
    {.name = "otp_mr", .offset = 0x14, .rw = 0xF, .unmodelled = 0xF},
    {.name = "otp_mrr", .offset = 0x18, .rw = 0x7, .unmodelled = 0x7},
    {.name = "otp_mpp", .offset = 0x1C, .rw = 0x7, .unmodelled = 0x7},
    {.name = "otp_vrren", .offset = 0x20, .rw = 1, .unmodelled = 1},
    {.name = "otp_vppen", .offset = 0x24, .rw = 1, .unmodelled = 1},
    {.name = "otp_a", .offset = 0x28, .rw = ~0u, .unmodelled = ~0u},
    {.name = "otp_d", .offset = 0x2C, .rw = ~0u, .unmodelled = ~0u},
    {.name = "otp_q", .offset = 0x30, .reset = ~0u, .ro = ~0u},
    {.name = "otp_rsctrl", .offset = 0x34, .rw = 0x7FF, .unmodelled = 0x7FF},
};

const struct mote_device_class mote_class_sifive_otp = {
    .name = "sifive_otp",
    .summary = "FE310 one-time programmable memory, registers only",
    .compatibles = {"sifive,otp0"},
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x1000,
};
