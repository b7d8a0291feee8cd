/*
 * Runs the portable kernels on this machine against golden vectors, byte by byte.
 *
 * usage: golden_check model PLAN INPUT LAYERS     every operator's output, chained
 *        golden_check requant FILE                records of x, multiplier, shift, expected
 *        golden_check softmax FILE                records of header, input bytes, output bytes
 *
 * Exit status 0 when every byte agrees, 1 when one does not, 2 when a file cannot be used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

struct file {
    unsigned char *bytes;
    size_t count;
};

static struct file slurp(const char *path)
{
    struct file f = {0};
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0) {
        fprintf(stderr, "golden_check: cannot read %s\n", path);
        exit(2);
    }
    f.count = (size_t)ftell(in);
    rewind(in);
    f.bytes = malloc(f.count + 1);
    if (!f.bytes || fread(f.bytes, 1, f.count, in) != f.count) {
        fprintf(stderr, "golden_check: cannot read %s\n", path);
        exit(2);
    }
    fclose(in);
    return f;
}

static size_t mismatches(const void *got, const void *want, size_t count)
{
    const unsigned char *a = got;
    const unsigned char *b = want;
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad += a[i] != b[i];
    }
    return bad;
}

static int check_model(const char *plan_path, const char *input_path, const char *layers_path)
{
    const struct file plan_file = slurp(plan_path);
    const struct file input = slurp(input_path);
    const struct file layers = slurp(layers_path);
    const struct mote_nn_plan *plan = (const void *)plan_file.bytes;
    if (plan_file.count < sizeof *plan || plan->magic != MOTE_NN_PLAN_MAGIC ||
        (size_t)plan->total_bytes != plan_file.count || (size_t)plan->input_bytes != input.count) {
        fprintf(stderr, "golden_check: %s is not a plan, or not for %s\n", plan_path, input_path);
        return 2;
    }
    int8_t *arena = malloc((size_t)plan->arena_bytes);
    void *scratch = malloc(mote_nn_plan_scratch_bytes(plan) + 4);
    if (!arena || !scratch) {
        return 2;
    }
    memcpy(arena + plan->input, input.bytes, input.count);
    size_t at = 0;
    size_t bad_bytes = 0;
    for (int32_t i = 0; i < plan->op_count; i++) {
        const struct mote_nn_plan_op *op = &plan->ops[i];
        const size_t bytes = (size_t)op->out_bytes;
        if (at + bytes > layers.count ||
            mote_nn_plan_step(plan, i, MOTE_NN_PORTABLE, arena, scratch) != 0) {
            fprintf(stderr, "golden_check: %s ends early or has an unknown operator\n",
                    layers_path);
            return 2;
        }
        const size_t bad = mismatches(arena + op->out, layers.bytes + at, bytes);
        if (bad) {
            printf("operator %d (kind %d): %zu of %zu bytes differ\n", (int)i, (int)op->kind, bad,
                   bytes);
        }
        bad_bytes += bad;
        at += bytes;
    }
    if (at != layers.count) {
        printf("golden file has %zu bytes, the operators gave %zu\n", layers.count, at);
        bad_bytes++;
    }
    printf("%s: %d operators, %zu bytes, %zu differ\n", input_path, (int)plan->op_count, at,
           bad_bytes);
    free(arena);
    free(scratch);
    free(plan_file.bytes);
    free(input.bytes);
    free(layers.bytes);
    return bad_bytes ? 1 : 0;
}

static int check_requant(const char *path)
{
    const struct file f = slurp(path);
    size_t bad = 0;
    for (size_t i = 0; i + 16 <= f.count; i += 16) {
        int32_t r[4];
        memcpy(r, f.bytes + i, sizeof r);
        bad += mote_nn_requantize(r[0], r[1], r[2]) != r[3];
    }
    printf("%s: %zu records, %zu differ\n", path, f.count / 16, bad);
    free(f.bytes);
    return bad || f.count < 16 ? 1 : 0;
}

static int check_softmax(const char *path)
{
    const struct file f = slurp(path);
    size_t bad = 0;
    size_t values = 0;
    for (size_t at = 0; at + 20 <= f.count;) {
        int32_t h[5];
        memcpy(h, f.bytes + at, sizeof h);
        const struct mote_nn_softmax op = {h[0], h[1], h[2], h[3], h[4]};
        const size_t count = (size_t)(op.rows * op.cols);
        const unsigned char *in = f.bytes + at + sizeof h;
        int8_t *out = malloc(count);
        if (!out || at + sizeof h + 2 * count > f.count) {
            return 2;
        }
        mote_nn_softmax_portable(&op, (const int8_t *)in, out);
        bad += mismatches(out, in + count, count);
        values += count;
        at += sizeof h + 2 * count;
        free(out);
    }
    printf("%s: %zu values, %zu differ\n", path, values, bad);
    free(f.bytes);
    return bad || !values ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "model") == 0) {
        return check_model(argv[2], argv[3], argv[4]);
    }
    if (argc == 3 && strcmp(argv[1], "requant") == 0) {
        return check_requant(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "softmax") == 0) {
        return check_softmax(argv[2]);
    }
    fprintf(stderr, "usage: golden_check model PLAN INPUT LAYERS | requant FILE | softmax FILE\n");
    return 2;
}
