/* The memory of generated code, its common parts, and the links between regions.
 *
 * The code is mapped twice: writable at one place, executable at another, so that no page is ever
 * both. The data that it uses lies just below the executable view. */
#include "engine/native.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)

#include <sys/mman.h>
#include <unistd.h>

static const size_t code_bytes = 16u << 20, margin_bytes = 512u << 10;

static size_t data_bytes(void)
{
    return (sizeof(struct native_data) + 4095) & ~(size_t)4095;
}

static bool map_views(struct native_code *code)
{
    int fd = memfd_create("mote-code", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    size_t data = data_bytes();
    uint8_t *place = MAP_FAILED, *view = MAP_FAILED;
    bool ok = ftruncate(fd, (off_t)code_bytes) == 0;
    if (ok) {
        place = mmap(NULL, data + code_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
        view = mmap(NULL, code_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        ok = place != MAP_FAILED && view != MAP_FAILED &&
             mmap(place + data, code_bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0) !=
                 MAP_FAILED;
    }
    close(fd);
    if (!ok) {
        if (place != MAP_FAILED)
            munmap(place, data + code_bytes);
        if (view != MAP_FAILED)
            munmap(view, code_bytes);
        return false;
    }
    code->data = (struct native_data *)(void *)place;
    code->executable = place + data;
    code->writable = view;
    code->bytes = code_bytes;
    return true;
}

/* Saved by the callee: rbx, rbp, r12 to r15. */
static const uint8_t saved[] = {X86_RBX, X86_RBP, X86_R12, X86_R13, X86_R14, X86_R15};

static void emit_leave(struct native_code *code)
{
    struct x86_emit *e = &code->emit;
    x86_store(e, x86_rip(&code->data->budget), X86_R15, 8);
    x86_store(e, x86_rip(&code->data->flags), X86_RAX, 4);
    x86_alu64_imm(e, X86_ADD, x86_reg(X86_RSP), 8);
    for (size_t i = sizeof(saved); i-- > 0;)
        x86_pop(e, saved[i]);
    x86_byte(e, X86_RET);
}

/* enter(cpu rdi, budget rsi, entry rdx, ram rcx, flags r8d) */
static void emit_common(struct native_code *code)
{
    struct x86_emit *e = &code->emit;
    union {
        const uint8_t *bytes;
        void (*enter)(void *, uint64_t, const uint8_t *, uint8_t *, uint32_t);
    } pointer = {.bytes = x86_runs_at(e)};
    code->enter = pointer.enter;
    for (size_t i = 0; i < sizeof(saved); i++)
        x86_push(e, saved[i]);
    x86_alu64_imm(e, X86_SUB, x86_reg(X86_RSP), 8);
    x86_load64(e, X86_RBP, x86_reg(X86_RDI));
    x86_load64(e, X86_R15, x86_reg(X86_RSI));
    x86_load64(e, X86_R14, x86_reg(X86_RCX));
    x86_load(e, X86_RAX, x86_reg(X86_R8));
    x86_jump_through(e, x86_reg(X86_RDX));

    /* ecx: the pc */
    code->stop = e->at;
    x86_store(e, x86_base(X86_RBP, code->pc_offset), X86_RCX, 4);
    x86_store_imm(e, x86_rip(&code->data->exit), NATIVE_STOPPED);
    emit_leave(code);
    /* ecx: which instruction */
    code->inside = e->at;
    x86_store(e, x86_rip(&code->data->value), X86_RCX, 4);
    x86_store_imm(e, x86_rip(&code->data->exit), NATIVE_INSIDE);
    emit_leave(code);
    /* ecx: the target of a branch */
    code->indirect = e->at;
    x86_alu_imm(e, X86_AND, x86_reg(X86_RCX), ~1u);
    x86_load(e, X86_RDX, x86_reg(X86_RCX));
    x86_shift_imm(e, X86_SHR, X86_RDX, 1);
    x86_alu_imm(e, X86_AND, x86_reg(X86_RDX), NATIVE_JUMPS - 1);
    x86_shift_imm(e, X86_SHL, X86_RDX, 4);
    x86_lea64(e, X86_RDI, x86_rip(code->data->jumps));
    x86_alu(e, X86_CMP, X86_RCX, x86_index(X86_RDI, X86_RDX, 0, 0));
    x86_jump_if_to(e, X86_NE, code->stop);
    x86_jump_through(e, x86_index(X86_RDI, X86_RDX, 0, offsetof(struct native_jump, entry)));
    code->first = e->at;
}

struct native_code *native_code_new(int32_t pc_offset)
{
    struct native_code *code = calloc(1, sizeof(*code));
    if (code == NULL || !map_views(code)) {
        free(code);
        return NULL;
    }
    code->pc_offset = pc_offset;
    code->emit = (struct x86_emit){
        .at = code->writable,
        .end = code->writable + code->bytes,
        .executable = code->executable - code->writable,
    };
    emit_common(code);
    native_code_flush(code);
    return code;
}

void native_code_free(struct native_code *code)
{
    if (code == NULL)
        return;
    munmap(code->data, data_bytes() + code->bytes);
    munmap(code->writable, code->bytes);
    free(code);
}

bool native_code_is_full(const struct native_code *code)
{
    return (size_t)(code->emit.end - code->emit.at) < margin_bytes ||
           code->link_count > NATIVE_LINKS / 2 || code->region_count == NATIVE_MAX_REGIONS ||
           code->count_count + NATIVE_MAX_BLOCKS > NATIVE_COUNTS;
}

#else

struct native_code *native_code_new(int32_t pc_offset)
{
    (void)pc_offset;
    return NULL;
}

void native_code_free(struct native_code *code)
{
    free(code);
}

bool native_code_is_full(const struct native_code *code)
{
    (void)code;
    return true;
}

#endif

void native_code_flush(struct native_code *code)
{
    const uint8_t *stop = code->stop + code->emit.executable;
    for (uint32_t i = 0; i < NATIVE_LINKS && code->link_count != 0; i++)
        if (code->link_pc[i] != ~0u) {
            code->data->links[i] = stop;
            code->link_count--;
        }
    memset(code->link_pc, 0xFF, sizeof(code->link_pc));
    for (uint32_t i = 0; i < NATIVE_JUMPS; i++)
        code->data->jumps[i].pc = ~0u;
    memset(code->data->dirty, 0, code->region_count);
    code->link_count = code->count_count = code->region_count = 0;
    code->emit.at = code->first;
    code->emit.full = false;
}

/* The slot for links to a pc; made when there is none. */
static uint32_t link_of(struct native_code *code, uint32_t pc, bool make)
{
    uint32_t at = (pc >> 1) * 0x9E3779B1u >> 18 & (NATIVE_LINKS - 1);
    while (code->link_pc[at] != pc && code->link_pc[at] != ~0u)
        at = (at + 1) & (NATIVE_LINKS - 1);
    if (code->link_pc[at] == pc)
        return at;
    if (!make)
        return NATIVE_LINKS;
    code->link_pc[at] = pc;
    code->link_count++;
    code->data->links[at] = code->stop + code->emit.executable;
    return at;
}

const uint8_t *native_entry(struct native_code *code, uint32_t pc)
{
    uint32_t link = link_of(code, pc, false);
    if (link == NATIVE_LINKS || code->data->links[link] == code->stop + code->emit.executable)
        return NULL;
    struct native_jump *jump = &code->data->jumps[pc >> 1 & (NATIVE_JUMPS - 1)];
    *jump = (struct native_jump){pc, code->data->links[link]};
    return code->data->links[link];
}

static uint32_t region_of(const struct native_code *code, uint32_t count)
{
    uint32_t low = 0, high = code->region_count;
    while (low + 1 < high) {
        uint32_t middle = (low + high) / 2;
        if (code->region_first[middle] <= count)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void native_drop(struct native_code *code, uint32_t count)
{
    uint32_t region = region_of(code, count);
    for (uint32_t i = code->region_first[region]; i < code->region_first[region + 1]; i++) {
        uint32_t pc = code->count_pc[i];
        struct native_jump *jump = &code->data->jumps[pc >> 1 & (NATIVE_JUMPS - 1)];
        *native_link(code, pc) = code->stop + code->emit.executable;
        if (jump->pc == pc)
            jump->pc = ~0u;
    }
}

const uint8_t **native_link(struct native_code *code, uint32_t pc)
{
    return &code->data->links[link_of(code, pc, true)];
}
