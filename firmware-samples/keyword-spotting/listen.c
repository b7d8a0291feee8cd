/*
 * One hop in, lines of text out.
 */
#include "listen.h"

int kws_listen(struct kws_detector *d, const int16_t hop[KWS_HOP_SAMPLES], kws_write write)
{
    char line[64];
    if (!kws_detector_push(d, hop)) {
        return 0;
    }
    kws_detector_infer(d);
    kws_detector_format(d, line);
    write(line);
    const int word = kws_detector_decide(d);
    if (word >= 0) {
        write(kws_labels[word]);
        write("\n");
    }
    return 1;
}
