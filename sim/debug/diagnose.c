/* Fault reports for people: words, source lines, registers, backtrace. */
#include <mote/core.h>
#include <mote/diagnose.h>
#include <mote/symbols.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 16

struct writer {
    char *text;
    size_t bytes, used;
};

static void put(struct writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *out, const char *format, ...)
{
    if (out->used >= out->bytes)
        return;
    va_list args;
    va_start(args, format);
    int more = vsnprintf(out->text + out->used, out->bytes - out->used, format, args);
    va_end(args);
    out->used += more > 0 ? (size_t)more : 0;
}

static bool register_value(struct mote_core *core, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < core->ops->register_count; i++)
        if (strcmp(core->ops->registers[i].name, name) == 0) {
            *value = core->ops->read_register(core, i);
            return true;
        }
    return false;
}

static void put_registers(struct writer *out, struct mote_core *core)
{
    size_t column = 0;
    for (size_t i = 0; i < core->ops->register_count; i++) {
        const struct mote_core_register *reg = &core->ops->registers[i];
        /* Integer and system registers; a page of floating-point values helps nobody here. */
        if (strstr(reg->feature, "vfp") != NULL || strstr(reg->feature, "fpu") != NULL)
            continue;
        put(out, "%s%-9s 0x%08llx", column % 4 == 0 ? "\n  " : "   ", reg->name,
            (unsigned long long)core->ops->read_register(core, i));
        column++;
    }
    put(out, "\n");
}

static void put_backtrace(struct writer *out, struct mote_core *core,
                          const struct mote_symbols *symbols)
{
    uint64_t frames[FRAMES_MAX];
    size_t count = core->ops->call_chain ? core->ops->call_chain(core, frames, FRAMES_MAX) : 0;
    char where[256];
    put(out, "backtrace:\n");
    for (size_t i = 0; i < count; i++)
        put(out, "  #%zu  0x%08llx  %s\n", i, (unsigned long long)frames[i],
            mote_symbols_describe(symbols, frames[i], where, sizeof where));
}

void mote_diagnose(struct mote_core *core, const struct mote_symbols *symbols, char *text,
                   size_t bytes)
{
    struct writer out = {text, bytes, 0};
    char words[1024] = "", where[256];
    uint64_t pc = 0;
    if (bytes > 0)
        text[0] = '\0';
    if (core->ops->describe_fault != NULL)
        core->ops->describe_fault(core, words, sizeof words);
    if (core->ops->call_chain == NULL || core->ops->call_chain(core, &pc, 1) == 0)
        register_value(core, "pc", &pc);
    put(&out, "%s%sat 0x%08llx in %s\nregisters:", words, words[0] != '\0' ? "\n" : "",
        (unsigned long long)pc, mote_symbols_describe(symbols, pc, where, sizeof where));
    put_registers(&out, core);
    put_backtrace(&out, core, symbols);
}
