/* One Thumb instruction as text, by Capstone. */
#include "disassemble.h"
#include <capstone/capstone.h>
#include <stdio.h>

size_t arm_disassemble_bytes(const uint8_t *code, size_t length, bool v8m, char *text, size_t bytes)
{
    csh handle;
    int mode = CS_MODE_THUMB | CS_MODE_MCLASS | (v8m ? CS_MODE_V8 : 0);
    if (length == 0 || cs_open(CS_ARCH_ARM, (cs_mode)mode, &handle) != CS_ERR_OK)
        return 0;
    cs_insn *insn;
    size_t used = 0;
    if (cs_disasm(handle, code, length, 0, 1, &insn) > 0) {
        snprintf(text, bytes, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
        used = insn->size;
        cs_free(insn, 1);
    }
    cs_close(&handle);
    return used;
}
