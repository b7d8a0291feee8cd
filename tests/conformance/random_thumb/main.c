/* Runs the same batches of random sequences on QEMU and on this project's core, and compares.
 *
 * random_thumb DRIVER.bin DIRECTORY MACHINE COMPATIBLE SEQUENCES SEED exact|fast
 *
 * MACHINE is QEMU's (mps2-an386: Cortex-M4 with single, mps2-an500: Cortex-M7 with double
 * precision, mps2-an505: Cortex-M33 in Secure state, which is where it starts). Exit status 77:
 * QEMU is not there. */
#include "random_thumb.h"

#include "arm/core.h"
#include "support/bench.h"

#include <stdlib.h>
#include <string.h>

struct options {
    const char *driver, *directory, *machine, *compatible;
    uint32_t sequences;
    uint64_t seed;
    bool fast;
};

static bool load_driver(const char *path, uint8_t *image)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        return false;
    }
    size_t bytes = fread(image, 1, SLOTS, file);
    fclose(file);
    return bytes > FINISH_SEQUENCE && bytes < SLOTS;
}

static bool run_qemu(const struct options *options, const struct batch *batch,
                     struct result *results)
{
    char path[512];
    char command[2048];
    snprintf(path, sizeof path, "%s/image.bin", options->directory);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(batch->image, 1, batch->image_bytes, file) != batch->image_bytes ||
        fclose(file) != 0) {
        fprintf(stderr, "cannot write %s\n", path);
        return false;
    }
    snprintf(command, sizeof command,
             "cd '%s' && rm -f results.bin && timeout 120 qemu-system-arm -M %s -display none "
             "-monitor none -serial none -semihosting-config enable=on,target=native %s",
             options->directory, options->machine,
             batch->results == RESULTS
                 ? "-kernel image.bin"
                 /* where Secure code boots, the same memory as at 0 */
                 : "-device loader,file=image.bin,addr=0x10000000,force-raw=on");
    if (system(command) != 0) {
        fprintf(stderr, "QEMU failed\n");
        return false;
    }
    snprintf(path, sizeof path, "%s/results.bin", options->directory);
    file = fopen(path, "rb");
    size_t count = file == NULL ? 0 : fread(results, sizeof *results, batch->count, file);
    if (file != NULL) {
        fclose(file);
    }
    if (count != batch->count) {
        fprintf(stderr, "QEMU gave %zu of %u results\n", count, batch->count);
        return false;
    }
    return true;
}

static bool run_mote(const struct options *options, const struct batch *batch,
                     struct result *results)
{
    struct bench_prop props[] = {{.name = "compatible", .text = options->compatible},
                                 {.name = NULL}};
    struct bench *bench = bench_new();
    struct mote_system *sys = bench_system(bench);
    struct mote_err err;
    bench_clock(bench, 25000000);
    mote_region_add(sys, "code", CODE_BASE, CODE_BYTES, false, true, 0, NULL, &err);
    bench_ram(bench, WORK_BASE, RAM_BYTES);
    if (batch->results != RESULTS)
        bench_ram(bench, batch->results, RAM_BYTES);
    mote_mem_load_image(sys, CODE_BASE, batch->image, batch->image_bytes);
    struct mote_device *dev = bench_add(bench, "arm_core", "cpu0", 0, props);
    struct mote_core *core = mote_core_of(dev);
    mote_system_reset(sys);
    core->ops->set_accuracy(core, options->fast ? MOTE_ACCURACY_FAST : MOTE_ACCURACY_EXACT);
    core->ops->set_breakpoint(core, DONE, true);
    while (mote_stop_requested(sys) == MOTE_STOP_NONE) {
        if (core->ops->run(core) == MOTE_CORE_LOCKED_UP) {
            break;
        }
        mote_run_events(sys, mote_now_ps(sys));
    }
    bool ok = core->ops->read_register(core, 15) == DONE &&
              mote_mem_read(sys, batch->results, results, batch->count * sizeof *results);
    if (!ok) {
        fprintf(stderr, "the core did not come to the end, pc = 0x%x\n",
                (unsigned)core->ops->read_register(core, 15));
    }
    bench_free(bench);
    return ok;
}

static void print_difference(const struct batch *batch, uint32_t index, const struct result *qemu,
                             const struct result *mote)
{
    const uint32_t *a = (const uint32_t *)qemu;
    const uint32_t *b = (const uint32_t *)mote;
    uint32_t slot = SLOTS + index * SLOT_BYTES;
    struct record record;
    memcpy(&record, batch->image + SLOTS + batch->count * SLOT_BYTES + index * sizeof record,
           sizeof record);
    const uint32_t *before = (const uint32_t *)&record;
    fprintf(stderr, "seed %llu sequence %u at 0x%x:\n", (unsigned long long)batch->seed, index,
            slot);
    for (uint32_t i = 0; i < sizeof *qemu / 4; i++) {
        if (a[i] != b[i] || (i == 49 && a[i] != 0)) {
            static const char *const names[] = {"lr", "sp", "apsr", "fpscr"};
            char name[16];
            if (i < 13) {
                snprintf(name, sizeof name, "r%u", i);
            } else if (i < 17) {
                snprintf(name, sizeof name, "%s", names[i - 13]);
            } else if (i < 49) {
                snprintf(name, sizeof name, "s%u", i - 17);
            } else {
                snprintf(name, sizeof name, "%s", i == 49 ? "fault" : "memory");
            }
            fprintf(stderr, "  %-6s before %08x qemu %08x mote %08x\n", name,
                    i < 49 ? before[i] : 0, a[i], b[i]);
        }
    }
    fprintf(stderr, "  fpscr before %08x\n  code", record.fpscr);
    for (uint32_t i = 0; i < SLOT_CODE_BYTES + 4; i += 2) {
        uint16_t half;
        memcpy(&half, batch->image + slot + i, 2);
        fprintf(stderr, " %04x", half);
    }
    fprintf(stderr, "\n");
}

/* Every row must have been executed: a row that never passes the generator is not tested. */
static uint32_t report_rows(const struct batch *batch, bool demand)
{
    uint32_t missing = 0;
    for (uint32_t i = 0; i < batch->row_count; i++) {
        if (batch->executed[i] < 5) {
            fprintf(stderr, "row executed %llu times: %s\n", (unsigned long long)batch->executed[i],
                    batch->rows[i]->text);
            missing++;
        }
    }
    return demand ? missing : 0;
}

static uint32_t compare(const struct options *options, struct batch *batch, struct result *qemu,
                        struct result *mote, uint32_t *shown)
{
    uint32_t different = 0;
    memset(mote, 0, MAX_SEQUENCES * sizeof *mote);
    generate_batch(batch);
    if (!run_qemu(options, batch, qemu) || !run_mote(options, batch, mote)) {
        return batch->count;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        bool fault = qemu[i].fault != 0;
        bool differs = memcmp(&qemu[i], &mote[i], sizeof qemu[i]) != 0;
        batch->faults += fault;
        different += differs;
        if ((differs || fault) && (*shown)++ < 10) {
            print_difference(batch, i, &qemu[i], &mote[i]);
        }
    }
    return different;
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: random_thumb DRIVER DIRECTORY MACHINE COMPATIBLE SEQUENCES SEED "
                        "exact|fast\n");
        return 2;
    }
    struct options options = {argv[1],
                              argv[2],
                              argv[3],
                              argv[4],
                              (uint32_t)strtoul(argv[5], NULL, 10),
                              strtoull(argv[6], NULL, 10),
                              strcmp(argv[7], "fast") == 0};
    if (system("qemu-system-arm --version > /dev/null 2>&1") != 0) {
        printf("qemu-system-arm is not installed\n");
        return 77;
    }
    struct batch *batch = calloc(1, sizeof *batch);
    struct result *qemu = calloc(MAX_SEQUENCES, sizeof *qemu);
    struct result *mote = calloc(MAX_SEQUENCES, sizeof *mote);
    batch->image = calloc(1, CODE_BYTES);
    batch->compatible = options.compatible;
    batch->results = strcmp(options.machine, "mps2-an505") == 0 ? RESULTS_AN505 : RESULTS;
    if (!load_driver(options.driver, batch->image)) {
        return 2;
    }
    uint32_t different = 0;
    uint32_t shown = 0;
    for (uint32_t done = 0; done < options.sequences; done += batch->count) {
        uint32_t left = options.sequences - done;
        batch->seed = options.seed++;
        batch->count = left < MAX_SEQUENCES ? left : MAX_SEQUENCES;
        different += compare(&options, batch, qemu, mote, &shown);
    }
    uint32_t missing = report_rows(batch, options.sequences >= 20000);
    printf(
        "%s: %u sequences, %llu instructions, %u rows, %u different, %u faults, %u rows untested\n",
        options.machine, options.sequences, (unsigned long long)batch->instructions,
        batch->row_count, different, batch->faults, missing);
    bool faults = batch->faults != 0; /* the generator keeps none */
    free(batch->image);
    free(batch);
    free(qemu);
    free(mote);
    return different != 0 || missing != 0 || faults;
}
