/* ELF firmware: PT_LOAD segments at their physical addresses. */
#include "firmware.h"
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>

bool image_is_elf(const struct image *image)
{
    return image->bytes >= SELFMAG && memcmp(image->data, ELFMAG, SELFMAG) == 0;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_ARM:
        return "Arm";
    case EM_RISCV:
        return "RISC-V";
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "x86";
    case EM_AARCH64:
        return "AArch64";
    case EM_XTENSA:
        return "Xtensa";
    case EM_AVR:
        return "AVR";
    default:
        return "another architecture";
    }
}

static bool check_header(const struct image *image, const GElf_Ehdr *header, struct mote_err *err)
{
    unsigned expected = image->options->elf_machine;
    if (expected != 0 && header->e_machine != expected)
        return mote_err_set(err,
                            "%s: this ELF is for %s (e_machine %u), the board's core is %s. Build "
                            "it for the board, or choose another with --board",
                            image->label, machine_name(header->e_machine), header->e_machine,
                            machine_name(expected));
    unsigned bits = header->e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    if (image->options->elf_bits != 0 && bits != image->options->elf_bits)
        return mote_err_set(err,
                            "%s: this ELF is for a core of %u bits, the board's has %u. Build it "
                            "for the board (for RISC-V: -march=rv%u...), or choose another with "
                            "--board",
                            image->label, bits, image->options->elf_bits, image->options->elf_bits);
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return mote_err_set(err, "%s: this ELF is big-endian; boards here are little-endian",
                            image->label);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return mote_err_set(err, "%s: this ELF is not linked (e_type %u): link it to an executable",
                            image->label, header->e_type);
    return true;
}

static bool load_segment(struct image *image, const GElf_Phdr *segment, size_t index,
                         struct mote_err *err)
{
    char where[64];
    snprintf(where, sizeof where, "segment %zu", index);
    if (segment->p_offset > image->bytes || segment->p_filesz > image->bytes - segment->p_offset)
        return mote_err_set(err,
                            "%s: %s ends at byte %llu but the file has %zu: it is truncated; build "
                            "or copy it again",
                            image->label, where,
                            (unsigned long long)(segment->p_offset + segment->p_filesz),
                            image->bytes);
    return image_put(image, segment->p_paddr, image->data + segment->p_offset,
                     (size_t)segment->p_filesz, where, err);
}

static bool load_segments(struct image *image, Elf *elf, struct mote_err *err)
{
    GElf_Ehdr header;
    size_t count;
    if (gelf_getehdr(elf, &header) == NULL || elf_getphdrnum(elf, &count) != 0)
        return mote_err_set(err, "%s: damaged ELF header: %s", image->label, elf_errmsg(-1));
    if (!check_header(image, &header, err))
        return false;
    size_t loaded = 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL)
            return mote_err_set(err,
                                "%s: program header %zu cannot be read (%s): the file is "
                                "truncated or damaged; build or copy it again",
                                image->label, i, elf_errmsg(-1));
        if (segment.p_type != PT_LOAD || segment.p_filesz == 0)
            continue;
        if (!load_segment(image, &segment, i, err))
            return false;
        loaded++;
    }
    if (loaded == 0)
        return mote_err_set(err, "%s: this ELF has nothing to load (no PT_LOAD segment with data)",
                            image->label);
    image->out->entry = header.e_entry;
    return true;
}

bool image_elf(struct image *image, struct mote_err *err)
{
    elf_version(EV_CURRENT);
    /* libelf may write into the memory it is given only when asked to; it is not here. */
    Elf *elf = elf_memory((char *)(uintptr_t)image->data, image->bytes);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return mote_err_set(err,
                            "%s: begins like an ELF but cannot be read (%s): the file is "
                            "truncated or damaged; build or copy it again",
                            image->label, elf_errmsg(-1));
    }
    bool ok = load_segments(image, elf, err);
    if (ok && image->commit)
        image_attributes(image, elf);
    elf_end(elf);
    return ok;
}
