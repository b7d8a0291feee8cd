/*
 * The network behind the benchmark's protocol: network_kws.c or network_plan.c.
 */
#ifndef DUT_NETWORK_H
#define DUT_NETWORK_H

#include <stdint.h>

struct network {
    const char *name; /* what the device answers when asked for its model */
    int8_t *input;
    uint32_t input_bytes;
    const int8_t *output; /* probabilities, or whatever the network ends with */
    uint32_t output_count;
};

/* May be called once, before anything else. NULL: the network does not fit this build. */
const struct network *network_open(void);
/* From input to output; leaves the input as it was. */
void network_infer(void);

#endif
