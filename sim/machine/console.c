#include "console.h"
#include <stdlib.h>
#include <string.h>

bool text_match_init(struct text_match *match, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    *match = (struct text_match){.text = text, .length = length};
    if (length == 0)
        return true;
    match->fallback = calloc(length + 1, sizeof *match->fallback);
    if (match->fallback == NULL || length > UINT16_MAX)
        return false;
    size_t k = 0;
    for (size_t i = 1; i < length; i++) {
        while (k > 0 && text[i] != text[k])
            k = match->fallback[k];
        k += text[i] == text[k];
        match->fallback[i + 1] = (uint16_t)k;
    }
    return true;
}

void text_match_deinit(struct text_match *match)
{
    free(match->fallback);
    match->fallback = NULL;
}

bool text_match_feed(struct text_match *match, char byte)
{
    if (match->length == 0)
        return false;
    size_t k = match->matched;
    while (k > 0 && (k == match->length || match->text[k] != byte))
        k = match->fallback[k];
    k += match->text[k] == byte;
    match->matched = k;
    return k == match->length;
}
