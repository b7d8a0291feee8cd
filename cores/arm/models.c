/* What the cores of the family implement, and how they identify themselves.
 *
 * Sources: Technical Reference Manuals of Cortex-M0+ (DDI 0484C 4.1), M3 (DDI
 * 0337I 4.1), M4 (100166 4.1), M7 (DDI 0489F 3.2), M33 (100230 B1.2): CPUID, ID_PFR0 to ID_ISAR4,
 * MVFR. Priority bits and MPU regions are the usual choice of chips; the devicetree overrides. */
#include "core.h"
#include <string.h>

/* ID_PFR0-1, ID_DFR0, ID_AFR0, ID_MMFR0-3, ID_ISAR0-4. */
static const uint32_t id_m3[] = {0x00000030, 0x00000200, 0x00100000, 0x00000000, 0x00100030,
                                 0x00000000, 0x01000000, 0x00000000, 0x01100110, 0x02111000,
                                 0x21112231, 0x01111110, 0x01310132};
static const uint32_t id_m4[] = {0x00000030, 0x00000200, 0x00100000, 0x00000000, 0x00100030,
                                 0x00000000, 0x01000000, 0x00000000, 0x01101110, 0x02112000,
                                 0x21232231, 0x01111131, 0x01310132};
static const uint32_t id_m7[] = {0x00000030, 0x00000200, 0x00100000, 0x00000000, 0x00100030,
                                 0x00000000, 0x01000000, 0x00000000, 0x01101110, 0x02112000,
                                 0x20232231, 0x01111131, 0x01310132};
static const uint32_t id_m33[] = {0x00000030, 0x00000200, 0x00200000, 0x00000000, 0x00101F40,
                                  0x00000000, 0x01000000, 0x00000000, 0x01101110, 0x02212000,
                                  0x20232232, 0x01111131, 0x01310132};

#define V7M   (ARM_HAS_THUMB2 | ARM_HAS_DIV)
#define V8M_M (V7M | ARM_HAS_DSP | ARM_HAS_V8M)
#define FP4                                                                                        \
    {                                                                                              \
        0x10110021u, 0x11000011u, 0u                                                               \
    }
#define FP5                                                                                        \
    {                                                                                              \
        0x10110021u, 0x11000011u, 0x00000040u                                                      \
    }
#define FP5D                                                                                       \
    {                                                                                              \
        0x10110221u, 0x12000011u, 0x00000040u                                                      \
    }

static const struct arm_core_model models[] = {
    {"arm,cortex-m0+", "cortex-m0plus", 0, 0x410CC601u, 0, 2, NULL, {0}, 0x208},
    {"arm,cortex-m3", "cortex-m3", V7M | ARM_HAS_BITBAND, 0x412FC231u, 8, 4, id_m3, {0}, 0x200},
    {"arm,cortex-m4",
     "cortex-m4",
     V7M | ARM_HAS_DSP | ARM_HAS_BITBAND,
     0x410FC241u,
     8,
     4,
     id_m4,
     {0},
     0x200},
    {"arm,cortex-m4f", "cortex-m4", V7M | ARM_HAS_DSP | ARM_HAS_BITBAND | ARM_HAS_FPSP, 0x410FC241u,
     8, 4, id_m4, FP4, 0x200},
    {"arm,cortex-m7", "cortex-m7", V7M | ARM_HAS_DSP | ARM_HAS_FPSP | ARM_HAS_FPV5, 0x411FC272u, 8,
     4, id_m7, FP5, 0x40200},
    {"arm,cortex-m7f", "cortex-m7", V7M | ARM_HAS_DSP | ARM_HAS_FPSP | ARM_HAS_FPV5, 0x411FC272u, 8,
     4, id_m7, FP5, 0x40200},
    {"arm,cortex-m7d", "cortex-m7", V7M | ARM_HAS_DSP | ARM_HAS_FPSP | ARM_HAS_FPDP | ARM_HAS_FPV5,
     0x411FC272u, 8, 4, id_m7, FP5D, 0x40200},
    {"arm,cortex-m33", "cortex-m33", V8M_M, 0x410FD213u, 8, 4, id_m33, {0}, 0x201},
    {"arm,cortex-m33f", "cortex-m33", V8M_M | ARM_HAS_FPSP | ARM_HAS_FPV5, 0x410FD213u, 8, 4,
     id_m33, FP5, 0x201},
};

const struct arm_core_model *arm_model_find(const char *compatible)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].compatible, compatible) == 0)
            return &models[i];
    return NULL;
}
