/* What code needs that this core has not: from the build attributes of its ELF, and from an
 * instruction that turned out to be undefined.
 *
 * Tags: Arm, "Addenda to, and Errata in, the ABI for the Arm Architecture" (addenda32), 3.3. */
#include "core.h"
#include <stdio.h>
#include <string.h>

enum {
    TAG_CPU_ARCH = 6,
    TAG_CPU_ARCH_PROFILE = 7,
    TAG_FP_ARCH = 10,
    TAG_ABI_HARDFP_USE = 27,
    TAG_DSP_EXTENSION = 46,
    TAG_MVE_ARCH = 48,
};
enum { HARDFP_SINGLE = 1 };

/* Values of Tag_CPU_arch that a Cortex-M may have. */
static const struct {
    uint32_t value, needs;
    const char *name;
} architectures[] = {
    {11, 0, "Armv6-M"},
    {12, 0, "Armv6S-M"},
    {10, ARM_HAS_THUMB2 | ARM_HAS_DIV, "Armv7-M"},
    {13, ARM_HAS_THUMB2 | ARM_HAS_DIV | ARM_HAS_DSP, "Armv7E-M"},
    {16, ARM_HAS_V8M, "Armv8-M Baseline"},
    {17, ARM_HAS_THUMB2 | ARM_HAS_DIV | ARM_HAS_V8M, "Armv8-M Mainline"},
    {21, ARM_HAS_NONE, "Armv8.1-M Mainline"},
};

static const struct {
    uint32_t feature;
    const char *name;
} features[] = {
    {ARM_HAS_THUMB2 | ARM_HAS_DIV, "Armv7-M"},
    {ARM_HAS_DSP, "the DSP extension"},
    {ARM_HAS_FPSP, "floating-point registers"},
    {ARM_HAS_FPDP, "double-precision floating point"},
    {ARM_HAS_FPV5, "FPv5 floating point"},
    {ARM_HAS_V8M, "Armv8-M"},
    {ARM_HAS_SECURITY, "the Armv8-M Security Extension"},
};

static const char *architecture_of(uint32_t has)
{
    return has & ARM_HAS_V8M      ? "Armv8-M Mainline"
           : has & ARM_HAS_DSP    ? "Armv7E-M"
           : has & ARM_HAS_THUMB2 ? "Armv7-M"
                                  : "Armv6-M";
}

/* "floating point of single precision", of a core or of an image. */
static const char *fp_of(uint32_t has)
{
    return has & ARM_HAS_FPDP   ? "double-precision floating point"
           : has & ARM_HAS_FPV5 ? "single-precision floating point (FPv5)"
           : has & ARM_HAS_FPSP ? "single-precision floating point"
                                : "no floating point";
}

static uint64_t number_of(const struct mote_build_attribute *attributes, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++)
        if (attributes[i].tag == tag && attributes[i].text == NULL)
            return attributes[i].number;
    return 0;
}

/* What Tag_FP_arch and Tag_ABI_HardFP_use ask for. */
static uint32_t fp_needs(uint64_t arch, uint64_t use)
{
    uint32_t needs = arch != 0 ? ARM_HAS_FPSP : 0;
    if (arch >= 7)
        needs |= ARM_HAS_FPV5;
    if (arch != 0 && use != HARDFP_SINGLE)
        needs |= ARM_HAS_FPDP;
    return needs;
}

bool arm_accepts_build(const struct mote_core *mote_core,
                       const struct mote_build_attribute *attributes, size_t count, char *text,
                       size_t bytes)
{
    const struct arm_core *core = mote_core->device->state;
    uint64_t arch = number_of(attributes, count, TAG_CPU_ARCH);
    uint64_t profile = number_of(attributes, count, TAG_CPU_ARCH_PROFILE);
    uint32_t has = core->cpu.features, needs = 0;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (architectures[i].value == arch) {
            name = architectures[i].name;
            needs = architectures[i].needs;
        }
    if (profile == 'A' || profile == 'R') {
        name = profile == 'A' ? "an application processor (Cortex-A)"
                              : "a real-time processor (Cortex-R)";
        needs = ARM_HAS_NONE;
    }
    bool vector = number_of(attributes, count, TAG_MVE_ARCH) != 0;
    if (number_of(attributes, count, TAG_DSP_EXTENSION) != 0)
        needs |= ARM_HAS_DSP;
    uint32_t fp = fp_needs(number_of(attributes, count, TAG_FP_ARCH),
                           number_of(attributes, count, TAG_ABI_HARDFP_USE));
    if (name == NULL || (((needs | fp) & ~has) == 0 && !vector))
        return true;
    snprintf(text, bytes, "built for %s%s%s%s; this core, a %s, has %s%s%s", name,
             fp & ~has ? " with " : "", fp & ~has ? fp_of(fp) : "",
             vector ? " with the vector extension (Helium)" : "", core->cpu.model->name,
             architecture_of(has), fp & ~has ? " with " : "", fp & ~has ? fp_of(has) : "");
    return false;
}

void arm_describe_undefined(struct arm_cpu *cpu, uint32_t pc, char *text, size_t bytes)
{
    uint16_t half[2] = {0};
    text[0] = '\0';
    if (!mote_mem_read(cpu->sys, pc, half, sizeof *half))
        return;
    bool wide = arm_is_wide(half[0]);
    if (wide && !mote_mem_read(cpu->sys, pc + 2, &half[1], sizeof *half))
        return;
    uint32_t raw = wide ? (uint32_t)half[0] << 16 | half[1] : half[0];
    uint32_t lacks = arm_decode_needs(raw) & ~cpu->features;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (lacks & features[i].feature) {
            snprintf(
                text, bytes,
                "0x%0*x is an instruction of %s, which this core, a %s, has not: was the image "
                "built for another board?",
                wide ? 8 : 4, raw, features[i].name, cpu->model->name);
            return;
        }
}
