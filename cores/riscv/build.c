/* What code needs that this hart has not: from the build attributes of its ELF, and from
 * an instruction that turned out to be illegal.
 *
 * Tag and format of the ISA string: RISC-V ELF psABI, "Attributes": rv32i2p1_m2p0_zicsr2p0. */
#include "riscv.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { TAG_RISCV_ARCH = 5, LONGEST_NAME = 24 };

/* Length of an extension's name without its version, which is digits, p, digits. */
static size_t name_length(const char *name, size_t length)
{
    size_t end = length;
    while (end > 0 && isdigit((unsigned char)name[end - 1]))
        end--;
    if (end == length || end < 2 || name[end - 1] != 'p' || !isdigit((unsigned char)name[end - 2]))
        return length;
    for (end--; end > 0 && isdigit((unsigned char)name[end - 1]);)
        end--;
    return end;
}

/* Whether the hart has the extension of this name. */
static bool has(const struct riscv_cpu *cpu, const char *name, size_t length)
{
    char isa[LONGEST_NAME + 8], lacking[LONGEST_NAME + 8];
    uint32_t features = 0;
    if (length > LONGEST_NAME)
        return false;
    snprintf(isa, sizeof isa, "rv32i%s%.*s", length > 1 ? "_" : "", (int)length, name);
    if (name[0] == 'x' && cpu->extensions != NULL)
        return true; /* the user's own */
    return riscv_parse_isa(isa, &features, lacking, sizeof lacking) && lacking[0] == '\0' &&
           (features & ~cpu->features) == 0;
}

const char *riscv_extension_name(uint32_t features)
{
    static const struct {
        uint32_t feature;
        const char *name;
    } names[] = {
        {RISCV_HAS_M, "M"},     {RISCV_HAS_A, "A"},     {RISCV_HAS_D, "D"},
        {RISCV_HAS_F, "F"},     {RISCV_HAS_ZBA, "Zba"}, {RISCV_HAS_ZBB, "Zbb"},
        {RISCV_HAS_ZBC, "Zbc"}, {RISCV_HAS_ZBS, "Zbs"}, {RISCV_HAS_ZICOND, "Zicond"},
        {RISCV_HAS_ZCB, "Zcb"}, {RISCV_HAS_C, "C"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (features & names[i].feature)
            return names[i].name;
    return NULL;
}

bool riscv_accepts_build(const struct mote_core *core,
                         const struct mote_build_attribute *attributes, size_t count, char *text,
                         size_t bytes)
{
    const struct riscv_cpu *cpu = core->device->state;
    const char *isa = NULL;
    char lacks[160] = "";
    for (size_t i = 0; i < count; i++)
        if (attributes[i].tag == TAG_RISCV_ARCH && attributes[i].text != NULL)
            isa = attributes[i].text;
    if (isa == NULL || strlen(isa) < 5)
        return true;
    /* The base, rv32i or rv64e, is a matter of the ELF's class; every name after it counts. */
    for (const char *at = isa + 4; *at != '\0';) {
        size_t length = strcspn(at, "_"), name = name_length(at, length), used = strlen(lacks);
        bool base = at == isa + 4;
        if (!base && name > 0 && !has(cpu, at, name))
            snprintf(lacks + used, sizeof lacks - used, "%s%.*s", used ? " " : "", (int)name, at);
        at += length + (at[length] == '_');
    }
    if (lacks[0] == '\0')
        return true;
    snprintf(text, bytes, "built for %.80s%s; this core, a %s, has no %s", isa,
             strlen(isa) > 80 ? "..." : "", core->ops->name, lacks);
    return false;
}
