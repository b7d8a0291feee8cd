/* The host-target interface (HTIF): a 64-bit mailbox `tohost` in the firmware's memory, found by
 * its ELF symbol. riscv-tests and many bare-metal programs end through it.
 *
 * Source: riscv-software-src/riscv-isa-sim, fesvr (htif.cc, device.cc, syscall.cc), as its programs
 * use it: bits 63-56 device, 55-48 command, 47-0 payload. A command is taken when the low word is
 * stored and is not 0; tohost is cleared after it.
 * Modelled: device 0 with an odd payload (the end of the run, exit code in the bits above), with an
 * even one a system call block, of which write to 1 and 2 and exit; device 1 command 1, a
 * character. Not modelled: other system calls (answered with -ENOSYS), console input, and a
 * character on RV32 whose low word is stored before the high one. */
#include "htif.h"
#include <errno.h>
#include <mote/core.h>
#include <mote/space.h>
#include <mote/symbols.h>
#include <mote/system.h>

enum { SYS_WRITE = 64, SYS_EXIT = 93, CONSOLE_WRITE = 0x0101 };

static void leave(struct htif *htif, uint64_t code)
{
    /* An exit status has eight bits; a failure must not become a success. */
    int status = (int)(code & 0xFF);
    mote_request_stop(htif->sys, MOTE_STOP_EXIT, code != 0 && status == 0 ? 1 : status, "tohost");
}

static uint64_t write_text(struct htif *htif, const uint64_t *call)
{
    uint64_t address = call[2], left = call[3];
    if (call[1] != 1 && call[1] != 2)
        return (uint64_t)-EBADF;
    while (left > 0) {
        char bytes[256];
        size_t size = left < sizeof bytes ? (size_t)left : sizeof bytes;
        if (!mote_mem_read(htif->sys, address, bytes, size))
            return (uint64_t)-EFAULT;
        mote_debug_console(htif->sys, bytes, size);
        left -= size;
        address += size;
    }
    return call[3];
}

static void system_call(struct htif *htif, uint64_t block)
{
    uint64_t call[8];
    if (!mote_mem_read(htif->sys, block, call, sizeof call)) {
        mote_log(htif->sys, NULL, MOTE_LOG_GUEST, "tohost: no memory at 0x%llx",
                 (unsigned long long)block);
        return;
    }
    if (call[0] == SYS_EXIT) {
        leave(htif, call[1]);
        return;
    }
    if (call[0] == SYS_WRITE) {
        call[0] = write_text(htif, call);
    } else {
        mote_log(htif->sys, NULL, MOTE_LOG_UNMODELLED, "tohost: system call %llu is refused",
                 (unsigned long long)call[0]);
        call[0] = (uint64_t)-ENOSYS;
    }
    mote_mem_write(htif->sys, block, call, sizeof call[0]);
}

static void stored(void *user, uint64_t address, uint32_t bytes)
{
    struct htif *htif = user;
    uint64_t command = 0;
    const uint64_t none = 0, done = 1;
    (void)bytes;
    if (address >= htif->tohost + 4 || !mote_mem_read(htif->sys, htif->tohost, &command, 8) ||
        (uint32_t)command == 0)
        return;
    const uint64_t payload = command & 0xFFFFFFFFFFFFull;
    if (command >> 48 == CONSOLE_WRITE) {
        mote_debug_console(htif->sys, &(char){(char)payload}, 1);
    } else if (command >> 56 != 0) {
        mote_log(htif->sys, NULL, MOTE_LOG_UNMODELLED, "tohost: device %u is not modelled",
                 (unsigned)(command >> 56));
    } else if (payload & 1) {
        leave(htif, payload >> 1);
        return;
    } else {
        system_call(htif, payload);
    }
    mote_mem_write(htif->sys, htif->tohost, &none, sizeof none);
    if (htif->fromhost != 0)
        mote_mem_write(htif->sys, htif->fromhost, &done, sizeof done);
}

bool mote_htif_connect(struct htif *htif, struct mote_system *sys,
                       const struct mote_symbols *symbols, struct mote_err *err)
{
    uint8_t mailbox[8];
    *htif = (struct htif){.sys = sys};
    if (!mote_symbols_address(symbols, "tohost", &htif->tohost))
        return true;
    if (!mote_symbols_address(symbols, "fromhost", &htif->fromhost))
        htif->fromhost = 0;
    if (mote_mem_read(sys, htif->tohost, mailbox, sizeof mailbox) &&
        mote_store_watch_add(sys, htif->tohost, 8, stored, htif))
        return true;
    return mote_err_set(err,
                        "the firmware's symbol tohost is at 0x%llx, where the board has no memory: "
                        "build the firmware for this board, or choose another with --board",
                        (unsigned long long)htif->tohost);
}
