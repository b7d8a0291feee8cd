/* The harts that Mote knows, and ISA strings.
 *
 * sifive,e31: E31 Core Complex Manual (RV32IMAC, M and U mode, misaligned accesses trap);
 * openhwgroup,cv32e40p: CV32E40P User Manual (RV32IMC, M mode, misaligned accesses split);
 * lowrisc,ibex: Ibex documentation (RV32IMC, M and U mode, misaligned accesses split).
 * PMP entries, triggers and event counters are those of the manuals' default configuration (Ibex:
 * none); a board's cpu node may say otherwise.
 * Identification registers are given where the manual was at hand, else 0 ("not implemented"). */
#include "riscv.h"
#include <stdio.h>
#include <string.h>

#define IMAC (RISCV_HAS_M | RISCV_HAS_A | RISCV_HAS_C)
#define FD   (RISCV_HAS_F | RISCV_HAS_D)
#define BITS (RISCV_HAS_ZBA | RISCV_HAS_ZBB | RISCV_HAS_ZBC | RISCV_HAS_ZBS)
#define GENERIC                                                                                    \
    (IMAC | FD | BITS | RISCV_HAS_ZICOND | RISCV_HAS_ZCB | RISCV_HAS_U | RISCV_HAS_MISALIGNED)
/* What QEMU's virt has beside: hw/riscv, target/riscv/debug.h. */
#define VIRT .pmp_entries = 16, .triggers = 2, .privileged_1_12 = true

static const struct riscv_model models[] = {
    {.compatible = "riscv", .timing = "rv32", .features = GENERIC, .generic = true, VIRT},
    {.compatible = "qemu,riscv-virt", .timing = "rv32", .features = GENERIC, .generic = true, VIRT},
    {.compatible = "sifive,e31",
     .timing = "sifive-e31",
     .features = IMAC | RISCV_HAS_U,
     .pmp_entries = 8,
     .triggers = 4,
     .hpm_counters = 2,
     .hpm_bits = 40,
     .hpm_events = RISCV_HPM_SIFIVE},
    {.compatible = "openhwgroup,cv32e40p",
     .timing = "cv32e40p",
     .features = RISCV_HAS_M | RISCV_HAS_C | RISCV_HAS_MISALIGNED,
     .mvendorid = 0x602, /* OpenHW Group's JEDEC number */
     .marchid = 4,       /* registered with RISC-V International */
     .triggers = 1,
     .triggers_of_debugger = true,
     .hpm_counters = 1,
     .hpm_bits = 64,
     .hpm_events = RISCV_HPM_CV32E40P,
     .mcountinhibit = 0xD}, /* all counters stand still */
    {.compatible = "lowrisc,ibex",
     .timing = "ibex",
     .features = RISCV_HAS_M | RISCV_HAS_C | RISCV_HAS_U | RISCV_HAS_MISALIGNED,
     .marchid = 22,
     .privileged_1_12 = true},
    {.compatible = "spinalhdl,vexriscv",
     .timing = "vexriscv",
     .features = RISCV_HAS_M | RISCV_HAS_A | RISCV_HAS_VEX_IRQ},
};

const struct riscv_model *riscv_model_find(const char *compatible)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].compatible, compatible) == 0)
            return &models[i];
    return NULL;
}

/* ---- ISA strings ------------------------------------------------------------------------------
 */

static void note_lacking(char *lacking, size_t bytes, const char *name, size_t length)
{
    size_t used = strlen(lacking);
    if (used < bytes)
        snprintf(lacking + used, bytes - used, "%s%.*s", used ? " " : "", (int)length, name);
}

static void take_letter(char letter, uint32_t *features, char *lacking, size_t bytes)
{
    static const struct {
        char letter;
        uint32_t feature;
    } known[] = {{'i', 0},
                 {'e', RISCV_HAS_E},
                 {'m', RISCV_HAS_M},
                 {'a', RISCV_HAS_A},
                 {'c', RISCV_HAS_C},
                 {'u', RISCV_HAS_U},
                 {'f', RISCV_HAS_F},
                 {'d', FD},
                 {'g', RISCV_HAS_M | RISCV_HAS_A | FD},
                 {'b', RISCV_HAS_ZBA | RISCV_HAS_ZBB | RISCV_HAS_ZBS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].letter == letter) {
            *features |= known[i].feature;
            return;
        }
    note_lacking(lacking, bytes, &letter, 1);
}

static void take_name(const char *name, size_t length, uint32_t *features, char *lacking,
                      size_t bytes)
{
    static const struct {
        const char *name;
        uint32_t feature;
    } known[] = {
        {"zicsr", 0},
        {"zifencei", 0},
        {"zicntr", 0},
        {"zmmul", RISCV_HAS_M},
        {"zihpm", 0},
        {"zaamo", RISCV_HAS_A},
        {"zalrsc", RISCV_HAS_A},
        {"zca", RISCV_HAS_C},
        {"zcf", RISCV_HAS_C | RISCV_HAS_F},
        {"zcd", RISCV_HAS_C | FD},
        {"zba", RISCV_HAS_ZBA},
        {"zbb", RISCV_HAS_ZBB},
        {"zbc", RISCV_HAS_ZBC},
        {"zbs", RISCV_HAS_ZBS},
        {"zicond", RISCV_HAS_ZICOND},
        {"zcb", RISCV_HAS_ZCB | RISCV_HAS_C},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == length && strncmp(known[i].name, name, length) == 0) {
            *features |= known[i].feature;
            return;
        }
    note_lacking(lacking, bytes, name, length);
}

bool riscv_parse_isa(const char *isa, uint32_t *features, char *lacking, size_t bytes)
{
    lacking[0] = '\0';
    bool wide = strncmp(isa, "rv64", 4) == 0;
    if ((strncmp(isa, "rv32", 4) != 0 && !wide) || strchr("ieg", isa[4]) == NULL || isa[4] == '\0')
        return false;
    *features &=
        RISCV_HAS_U | RISCV_HAS_MISALIGNED | RISCV_HAS_VEX_IRQ; /* what ISA strings do not tell */
    *features |= wide ? RISCV_HAS_64 : 0;
    const char *at = isa + 4;
    for (; *at != '\0' && *at != '_' && *at != 'z' && *at != 'x'; at++)
        take_letter(*at, features, lacking, bytes);
    while (*at != '\0') {
        at += *at == '_';
        size_t length = strcspn(at, "_");
        take_name(at, length, features, lacking, bytes);
        at += length;
    }
    return true;
}
