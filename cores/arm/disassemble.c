/* One Thumb instruction as text, by Capstone. */
#include "disassemble.h"
#include "late.h"
#include <capstone/capstone.h>
#include <stdio.h>

static struct {
    __typeof__(cs_open) *open;
    __typeof__(cs_disasm) *disasm;
    __typeof__(cs_free) *free;
    __typeof__(cs_close) *close;
} cs;

static bool open_capstone(void)
{
    static const struct late_function functions[] = {
        {"cs_open", (void **)&cs.open},
        {"cs_disasm", (void **)&cs.disasm},
        {"cs_free", (void **)&cs.free},
        {"cs_close", (void **)&cs.close},
    };
    return cs.close != NULL ||
           late_open(MOTE_CAPSTONE, functions, sizeof functions / sizeof *functions);
}

size_t arm_disassemble_bytes(const uint8_t *code, size_t length, bool v8m, char *text, size_t bytes)
{
    csh handle;
    int mode = CS_MODE_THUMB | CS_MODE_MCLASS | (v8m ? CS_MODE_V8 : 0);
    if (length == 0 || !open_capstone() ||
        cs.open(CS_ARCH_ARM, (cs_mode)mode, &handle) != CS_ERR_OK)
        return 0;
    cs_insn *insn;
    size_t used = 0;
    if (cs.disasm(handle, code, length, 0, 1, &insn) > 0) {
        snprintf(text, bytes, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
        used = insn->size;
        cs.free(insn, 1);
    }
    cs.close(&handle);
    return used;
}
