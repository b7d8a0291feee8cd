/* The predictor of SiFive's cores, whose sizes their manuals give and whose rules are those of the
 * open Rocket core they come from (chipsalliance/rocket-chip, rocket/BTB.scala):
 *   a branch that the BTB does not hold is predicted not taken;
 *   the BTB learns a taken branch that was predicted wrongly, in place of the least recently used;
 *   a conditional branch that it holds goes by the BHT, indexed by address and global history;
 *   a return that it holds goes by the RAS.
 * Not modelled: that the BTB looks up whole fetch packets (two branches in one word share an
 * entry), its limited number of pages, speculative updates of history and stack. */
#include "timing/predictor.h"

#include <string.h>

enum { NONE = -1, FETCH_BYTES_LOG2 = 2 };

void predictor_reset(struct predictor *p, const struct predictor_sizes *sizes)
{
    memset(p, 0, sizeof *p);
    p->sizes = *sizes;
}

static int find(const struct predictor *p, uint64_t pc)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->tag[i] == pc)
            return (int)i;
    return NONE;
}

static int oldest(struct predictor *p)
{
    if (p->count < p->sizes.targets)
        return (int)p->count++;
    uint32_t at = 0;
    for (uint32_t i = 1; i < p->count; i++)
        if (p->used[i] < p->used[at])
            at = i;
    return (int)at;
}

static uint32_t log2_of(uint32_t power)
{
    return 31 - (uint32_t)__builtin_clz(power);
}

/* Rocket's hash: history by a multiplication (Knuth's), into the upper bits of the address' hash.
 */
static uint32_t direction_index(const struct predictor *p, uint64_t pc)
{
    const struct predictor_sizes *s = &p->sizes;
    uint32_t bits = log2_of(s->directions), high = (uint32_t)(pc >> FETCH_BYTES_LOG2);
    uint32_t address = (high & (s->directions - 1)) ^ (high >> bits & 3);
    uint32_t history = p->history;
    if (s->history_length != s->history_bits) {
        const double factor = 0.8660254037844386; /* half the root of three */
        uint32_t product = (uint32_t)(factor * (1u << s->history_length)) * history;
        history = product >> (s->history_length - s->history_bits);
    }
    history &= (1u << s->history_bits) - 1;
    return address ^ history << (bits - s->history_bits);
}

static void learn_direction(struct predictor *p, uint8_t *counter, bool taken)
{
    uint8_t most = (uint8_t)((1u << p->sizes.counter_bits) - 1);
    if (taken && *counter < most)
        ++*counter;
    else if (!taken && *counter > 0)
        --*counter;
}

static void push(struct predictor *p, uint64_t address)
{
    p->top = (p->top + 1) % p->sizes.returns;
    p->stack[p->top] = address;
    if (p->depth < p->sizes.returns)
        p->depth++;
}

static void pop(struct predictor *p)
{
    if (p->depth == 0)
        return;
    p->depth--;
    p->top = (p->top + p->sizes.returns - 1) % p->sizes.returns;
}

bool predictor_right(struct predictor *p, const struct predictor_branch *branch)
{
    int entry = find(p, branch->pc);
    bool taken = entry != NONE;
    uint64_t target = taken ? p->target[entry] : 0;
    if (branch->kind == PREDICTOR_BRANCH) {
        uint8_t *counter = &p->direction[direction_index(p, branch->pc)];
        taken = taken && *counter >> (p->sizes.counter_bits - 1);
        learn_direction(p, counter, branch->taken);
    } else if (taken && p->kind[entry] == PREDICTOR_RETURN && p->depth > 0) {
        target = p->stack[p->top];
    }
    bool right = taken == branch->taken && (!taken || target == branch->next_pc);
    if (branch->kind == PREDICTOR_BRANCH && (entry != NONE || !right))
        p->history = (p->history >> 1) | (uint32_t)branch->taken << (p->sizes.history_length - 1);
    if (!right && branch->taken) {
        if (entry == NONE)
            entry = oldest(p);
        p->tag[entry] = branch->pc;
        p->target[entry] = branch->next_pc;
        p->kind[entry] = (uint8_t)branch->kind;
    }
    if (entry != NONE && branch->taken)
        p->used[entry] = ++p->clock;
    if (branch->kind == PREDICTOR_CALL)
        push(p, branch->after);
    else if (branch->kind == PREDICTOR_RETURN)
        pop(p);
    return right;
}
