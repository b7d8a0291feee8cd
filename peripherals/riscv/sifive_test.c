/* Test finisher of QEMU's virt machine ("sifive,test1"): a store ends or restarts the run.
 *
 * Document: QEMU, hw/misc/sifive_test.c as its guests use it (no part of a chip).
 * Modelled: FAIL (exit status in the upper half), PASS, RESET. */
#include <mote/device.h>

enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555, FINISHER_RESET = 0x7777 };

static void finish(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    switch (written & 0xFFFF) {
    case FINISHER_FAIL:
        mote_request_stop(dev->sys, MOTE_STOP_EXIT, (int)(written >> 16 & 0xFF), "test finisher");
        break;
    case FINISHER_PASS:
        mote_request_stop(dev->sys, MOTE_STOP_EXIT, 0, "test finisher");
        break;
    case FINISHER_RESET:
        mote_request_reset(dev->sys);
        break;
    default:
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "0x%x is no command of the test finisher", written);
        break;
    }
}

static const struct mote_reg regs[] = {
    {.name = "finisher", .offset = 0, .wo = ~0u, .store = finish},
};

const struct mote_device_class mote_class_sifive_test = {
    .name = "sifive_test",
    .summary = "test finisher: ends or restarts the run",
    .compatibles = {"sifive,test1", "sifive,test0"},
    .regs = regs,
    .reg_count = 1,
    .window_bytes = 0x1000,
};
