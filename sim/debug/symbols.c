/* Symbols by libelf, source lines by libdw. */
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <mote/symbols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARKS_SECTION ".mote.marks"
#define MARKERS_MAX   64

struct mote_symbols {
    int fd;
    Elf *elf;
    Dwarf *dwarf;
    struct mote_function *functions;
    size_t count, room;
    uint64_t code_end; /* of the last executable section */
    const char *markers[MARKERS_MAX];
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static bool add_function(struct mote_symbols *symbols, const char *name, const GElf_Sym *symbol)
{
    if (symbols->count == symbols->room) {
        size_t room = symbols->room ? 2 * symbols->room : 256;
        void *grown = realloc(symbols->functions, room * sizeof *symbols->functions);
        if (grown == NULL)
            return false;
        symbols->functions = grown;
        symbols->room = room;
    }
    symbols->functions[symbols->count++] =
        (struct mote_function){name, symbol->st_value & ~1ull, symbol->st_size};
    return true;
}

static bool read_symbol_table(struct mote_symbols *symbols, Elf_Scn *section,
                              const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; data != NULL && i < count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            break;
        const char *name = elf_strptr(symbols->elf, header->sh_link, symbol.st_name);
        bool function = GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
        if (function && name != NULL && name[0] != '\0' && !add_function(symbols, name, &symbol))
            return false;
    }
    return true;
}

/* Entries of a 32-bit id and a NUL-terminated name, each padded to four bytes. */
static void read_markers(struct mote_symbols *symbols, Elf_Scn *section)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    const char *bytes = data != NULL ? data->d_buf : NULL;
    size_t size = bytes != NULL ? data->d_size : 0;
    for (size_t i = 0; i + 5 <= size;) {
        uint32_t id;
        memcpy(&id, bytes + i, sizeof id);
        const char *name = bytes + i + 4;
        const char *end = memchr(name, '\0', size - i - 4);
        if (end == NULL)
            break;
        if (id < MARKERS_MAX)
            symbols->markers[id] = name;
        i = ((size_t)(end + 1 - bytes) + 3) & ~(size_t)3;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct mote_function *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Sorts, keeps one name an address, and gives sizes to those that have none. */
static void finish_table(struct mote_symbols *symbols)
{
    size_t kept = 0;
    struct mote_function *all = symbols->functions;
    if (symbols->count > 0)
        qsort(all, symbols->count, sizeof *all, by_address);
    for (size_t i = 0; i < symbols->count; i++)
        if (kept == 0 || all[kept - 1].address != all[i].address)
            all[kept++] = all[i];
    symbols->count = kept;
    for (size_t i = 0; i < kept; i++) {
        if (all[i].bytes != 0)
            continue;
        uint64_t end = i + 1 < kept ? all[i + 1].address : symbols->code_end;
        all[i].bytes = end > all[i].address ? end - all[i].address : 0;
    }
}

static bool read_sections(struct mote_symbols *symbols)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(symbols->elf, &names) != 0)
        return true; /* no sections: a stripped firmware */
    while ((section = elf_nextscn(symbols->elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            continue;
        const char *name = elf_strptr(symbols->elf, names, header.sh_name);
        if ((header.sh_flags & SHF_EXECINSTR) &&
            header.sh_addr + header.sh_size > symbols->code_end)
            symbols->code_end = header.sh_addr + header.sh_size;
        if (header.sh_type == SHT_SYMTAB && !read_symbol_table(symbols, section, &header))
            return false;
        if (name != NULL && strcmp(name, MARKS_SECTION) == 0)
            read_markers(symbols, section);
    }
    finish_table(symbols);
    return true;
}

struct mote_symbols *mote_symbols_empty(void)
{
    struct mote_symbols *symbols = calloc(1, sizeof *symbols);
    if (symbols != NULL)
        symbols->fd = -1;
    return symbols;
}

struct mote_symbols *mote_symbols_read(const char *path, struct mote_err *err)
{
    struct mote_symbols *symbols = mote_symbols_empty();
    if (symbols == NULL) {
        mote_err_set(err, "%s: out of memory", path);
        return NULL;
    }
    symbols->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (symbols->fd < 0) {
        mote_err_set(err, "%s: cannot open: %s", path, strerror(errno));
        mote_symbols_free(symbols);
        return NULL;
    }
    elf_version(EV_CURRENT);
    symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP, NULL);
    if (symbols->elf == NULL || elf_kind(symbols->elf) != ELF_K_ELF)
        return symbols;
    if (!read_sections(symbols)) {
        mote_err_set(err, "%s: out of memory for symbols", path);
        mote_symbols_free(symbols);
        return NULL;
    }
    symbols->dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
    return symbols;
}

void mote_symbols_free(struct mote_symbols *symbols)
{
    if (symbols == NULL)
        return;
    dwarf_end(symbols->dwarf);
    elf_end(symbols->elf);
    if (symbols->fd >= 0)
        close(symbols->fd);
    free(symbols->functions);
    free(symbols);
}

/* ---- asking -----------------------------------------------------------------------------------
 */

size_t mote_symbols_count(const struct mote_symbols *symbols)
{
    return symbols->count;
}

const struct mote_function *mote_symbols_at(const struct mote_symbols *symbols, size_t index)
{
    return index < symbols->count ? &symbols->functions[index] : NULL;
}

const struct mote_function *mote_symbols_function(const struct mote_symbols *symbols,
                                                  uint64_t address)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (symbols->functions[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct mote_function *function = &symbols->functions[low - 1];
    return address - function->address < function->bytes ? function : NULL;
}

/* Data and labels of assembly, which the table of functions leaves out. */
static bool find_global(const struct mote_symbols *symbols, Elf_Scn *section,
                        const GElf_Shdr *header, const char *name, uint64_t *address)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; data != NULL && i < count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            break;
        const char *found = elf_strptr(symbols->elf, header->sh_link, symbol.st_name);
        if (symbol.st_shndx == SHN_UNDEF || GELF_ST_BIND(symbol.st_info) != STB_GLOBAL ||
            found == NULL || strcmp(found, name) != 0)
            continue;
        *address = symbol.st_value;
        return true;
    }
    return false;
}

bool mote_symbols_address(const struct mote_symbols *symbols, const char *name, uint64_t *address)
{
    for (size_t i = 0; i < symbols->count; i++)
        if (strcmp(symbols->functions[i].name, name) == 0) {
            *address = symbols->functions[i].address;
            return true;
        }
    Elf_Scn *section = NULL;
    while (symbols->elf != NULL && (section = elf_nextscn(symbols->elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_SYMTAB &&
            find_global(symbols, section, &header, name, address))
            return true;
    }
    return false;
}

/* The compilation unit of an address. The index of addresses ends early where the linker has
 * dropped sections (pairs of zeros on RISC-V), so units that it lacks are asked one by one. */
static bool find_unit(Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
    if (dwarf_addrdie(dwarf, address, unit) != NULL)
        return true;
    Dwarf_Off offset = 0, next;
    size_t header;
    while (dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL) == 0 && next > offset) {
        if (dwarf_offdie(dwarf, offset + header, unit) != NULL && dwarf_haspc(unit, address) > 0)
            return true;
        offset = next;
    }
    return false;
}

bool mote_symbols_line(const struct mote_symbols *symbols, uint64_t address, const char **file,
                       int *line)
{
    if (symbols->dwarf == NULL)
        return false;
    Dwarf_Die unit;
    if (!find_unit(symbols->dwarf, address, &unit))
        return false;
    Dwarf_Line *found = dwarf_getsrc_die(&unit, address);
    const char *path = found != NULL ? dwarf_linesrc(found, NULL, NULL) : NULL;
    if (path == NULL || dwarf_lineno(found, line) != 0)
        return false;
    const char *slash = strrchr(path, '/');
    *file = slash != NULL ? slash + 1 : path;
    return true;
}

const char *mote_symbols_describe(const struct mote_symbols *symbols, uint64_t address, char *text,
                                  size_t bytes)
{
    const struct mote_function *function = mote_symbols_function(symbols, address);
    const char *file;
    int line;
    if (function == NULL)
        snprintf(text, bytes, "0x%llx", (unsigned long long)address);
    else if (mote_symbols_line(symbols, address, &file, &line))
        snprintf(text, bytes, "%s (%s:%d)", function->name, file, line);
    else
        snprintf(text, bytes, "%s+0x%llx", function->name,
                 (unsigned long long)(address - function->address));
    return text;
}

const char *mote_symbols_marker(const struct mote_symbols *symbols, uint32_t id)
{
    return id < MARKERS_MAX ? symbols->markers[id] : NULL;
}
