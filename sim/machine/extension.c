/* Loads a user's instructions and refuses what cannot be right, before the core sees them. */
#include "extension.h"
#include <dlfcn.h>
#include <mote/extension.h>
#include <stdio.h>
#include <string.h>

enum { MOST_INSNS = 256, MOST_STATE_BYTES = 1 << 24, OPCODE_BITS = 0x7F };

static bool check_insn(const char *path, const struct mote_extension_insn *insn, size_t index,
                       struct mote_err *err)
{
    if (insn->name == NULL || insn->name[0] == '\0')
        return mote_err_set(err, "%s: instruction %zu has no name", path, index);
    if (insn->execute == NULL)
        return mote_err_set(err, "%s: instruction %s has no execute function", path, insn->name);
    if ((insn->mask & OPCODE_BITS) != OPCODE_BITS || (insn->match & 3) != 3)
        return mote_err_set(err,
                            "%s: instruction %s: mask 0x%08x, match 0x%08x: the mask must cover "
                            "the opcode (0x7f), and bits 0 and 1 of the match must be set, as in "
                            "every 32-bit instruction",
                            path, insn->name, insn->mask, insn->match);
    if (insn->match & ~insn->mask)
        return mote_err_set(err,
                            "%s: instruction %s: match 0x%08x has bits outside its mask 0x%08x, "
                            "so no instruction can match",
                            path, insn->name, insn->match, insn->mask);
    return insn->cycles > 0 ||
           mote_err_set(err, "%s: instruction %s takes 0 cycles: give at least 1", path,
                        insn->name);
}

static bool check(const char *path, const struct mote_extension *extension, struct mote_err *err)
{
    if (extension == NULL)
        return mote_err_set(err,
                            "%s: defines no symbol mote_extension: declare a `const struct "
                            "mote_extension mote_extension` as <mote/extension.h> says",
                            path);
    if (extension->version != MOTE_EXTENSION_VERSION)
        return mote_err_set(err,
                            "%s: made for version %u of <mote/extension.h>, this program has "
                            "version %u: compile it again with the header of this program",
                            path, extension->version, MOTE_EXTENSION_VERSION);
    if (extension->count == 0 || extension->count > MOST_INSNS || extension->insns == NULL)
        return mote_err_set(err, "%s: has %zu instructions: there must be 1 to %d", path,
                            extension->count, MOST_INSNS);
    if (extension->state_bytes > MOST_STATE_BYTES)
        return mote_err_set(err, "%s: asks for %zu bytes of state: at most %d", path,
                            extension->state_bytes, MOST_STATE_BYTES);
    for (size_t i = 0; i < extension->count; i++)
        if (!check_insn(path, &extension->insns[i], i, err))
            return false;
    return true;
}

void *extension_load(const char *path, struct mote_core *core, struct mote_err *err)
{
    char here[4096];
    if (core->ops->add_extension == NULL) {
        mote_err_set(err, "--extension %s: a %s has no room for instructions of your own", path,
                     core->ops->name);
        return NULL;
    }
    /* Without a slash the loader would search the system's libraries instead of this folder. */
    if (snprintf(here, sizeof here, "%s%s", strchr(path, '/') != NULL ? "" : "./", path) >=
        (int)sizeof here) {
        mote_err_set(err, "--extension: the path is too long");
        return NULL;
    }
    void *handle = dlopen(here, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        mote_err_set(err, "--extension %s: not a shared object that can be loaded: %s", path,
                     dlerror());
        return NULL;
    }
    const struct mote_extension *extension = dlsym(handle, "mote_extension");
    if (check(path, extension, err) && core->ops->add_extension(core, extension, err))
        return handle;
    mote_err_prefix(err, "--extension");
    dlclose(handle);
    return NULL;
}

void extension_unload(void *handle)
{
    dlclose(handle);
}
