/* Error texts. */
#include <mote/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool mote_err_set(struct mote_err *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool mote_err_prefix(struct mote_err *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    char rest[MOTE_ERR_TEXT_BYTES];
    memcpy(rest, err->text, sizeof rest);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used < 0 || (size_t)used + 3 > sizeof err->text)
        return false;
    size_t room = sizeof err->text - (size_t)used - 3, length = strlen(rest);
    if (length > room)
        length = room;
    memcpy(err->text + used, ": ", 2);
    memcpy(err->text + used + 2, rest, length);
    err->text[(size_t)used + 2 + length] = '\0';
    return false;
}
