/* Fills a report from what a machine counted. */
#include <mote/activity.h>
#include <mote/machine.h>
#include <mote/power.h>
#include <mote/report.h>
#include <mote/symbols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MARKERS 64

/* ---- functions ----------------------------------------------------------------------------------
 */

struct function_totals {
    const struct mote_symbols *symbols;
    uint64_t cycle_fj;
    uint64_t cycles; /* of all rows */
    struct mote_report_function
        *rows; /* one a symbol, then code without one, then the hardware's */
    size_t count;
};

#define EXTRA_ROWS 2

static void add_block(void *user, const struct mote_block_totals *block)
{
    struct function_totals *all = user;
    const struct mote_function *function = mote_symbols_function(all->symbols, block->address);
    size_t row = function != NULL ? (size_t)(function - mote_symbols_at(all->symbols, 0))
                                  : all->count - EXTRA_ROWS;
    struct mote_report_function *f = &all->rows[row];
    if (function != NULL && block->address == function->address)
        f->calls += block->entries;
    f->cycles += block->cycles;
    all->cycles += block->cycles;
    f->instructions += block->executed;
    f->fj += block->dynamic_fj + block->cycles * all->cycle_fj;
}

static int by_cycles(const void *a, const void *b)
{
    const struct mote_report_function *x = a, *y = b;
    if (x->fj != y->fj)
        return x->fj > y->fj ? -1 : 1;
    if (x->cycles != y->cycles)
        return x->cycles > y->cycles ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool fill_functions(struct mote_machine *machine, struct mote_report *report)
{
    const struct mote_symbols *symbols = mote_machine_symbols(machine);
    struct mote_core *core = mote_system_core(mote_machine_system(machine));
    struct function_totals all = {.symbols = symbols,
                                  .cycle_fj = mote_power_cycle_fj(mote_machine_power(machine)),
                                  .count = mote_symbols_count(symbols) + EXTRA_ROWS};
    all.rows = calloc(all.count, sizeof *all.rows);
    if (all.rows == NULL)
        return false;
    for (size_t i = 0; i + EXTRA_ROWS < all.count; i++)
        all.rows[i].name = mote_symbols_at(symbols, i)->name;
    all.rows[all.count - EXTRA_ROWS].name = "(no symbol)";
    core->ops->blocks(core, add_block, &all);
    /* Stacking and unstacking belong to no code. */
    struct mote_report_function *hardware = &all.rows[all.count - 1];
    hardware->name = "(exception entry and return)";
    hardware->cycles = report->cycles > all.cycles ? report->cycles - all.cycles : 0;
    hardware->fj = hardware->cycles * all.cycle_fj;
    size_t used = 0;
    for (size_t i = 0; i < all.count; i++)
        if (all.rows[i].cycles > 0)
            all.rows[used++] = all.rows[i];
    if (used > 0)
        qsort(all.rows, used, sizeof *all.rows, by_cycles);
    report->functions = all.rows;
    report->function_count = used;
    return true;
}

/* ---- energy -------------------------------------------------------------------------------------
 */

static void fill_energy(struct mote_power *power, struct mote_report *report)
{
    struct mote_power_report energy;
    mote_power_report(power, &energy);
    report->energy_known = energy.has_chip;
    report->energy_fj = energy.total_fj;
    report->core_fj = energy.core_fj;
    report->fetch_fj = energy.fetch_fj;
    report->clock_fj = energy.clock_fj;
    report->leakage_fj = energy.leakage_fj;
    report->regulator_fj = energy.regulator_fj;
    report->memory = energy.memory;
    report->devices = energy.devices;
    report->parts = energy.parts;
    report->baseline_fj = energy.has_baseline ? energy.baseline_fj : 0;
    report->notes = energy.notes;
    report->note_count = energy.note_count;
    double seconds = (double)energy.time_ps * 1e-12;
    double watts = seconds > 0 ? (double)energy.total_fj * 1e-15 / seconds : 0;
    report->battery_hours =
        mote_power_battery_s(power, watts, report->battery, sizeof report->battery) / 3600;
    if (report->battery_hours <= 0 || !report->energy_known)
        report->battery[0] = 0;
}

/* ---- the rest -----------------------------------------------------------------------------------
 */

static bool fill_markers(struct mote_machine *machine, struct mote_report *report)
{
    struct mote_marker_totals totals[MAX_MARKERS];
    size_t count = mote_machine_markers(machine, totals, MAX_MARKERS);
    report->markers = calloc(count + 1, sizeof *report->markers);
    if (report->markers == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = mote_symbols_marker(mote_machine_symbols(machine), totals[i].id);
        report->markers[i] = (struct mote_report_marker){
            .name = name != NULL ? name : "(unnamed)",
            .count = totals[i].count,
            .cycles = totals[i].cycles,
            .fj = totals[i].energy_fj,
        };
    }
    report->marker_count = count;
    return true;
}

/* A register's name with its array index, or its offset when no row covers it. */
static void register_name(const struct mote_unmodelled_entry *entry, char *text, size_t bytes)
{
    const struct mote_device_class *cls = entry->dev->cls;
    snprintf(text, bytes, "0x%x", entry->offset);
    for (size_t i = 0; i < cls->reg_count; i++) {
        const struct mote_reg *row = &cls->regs[i];
        uint32_t stride = row->stride ? row->stride : 4, count = row->count ? row->count : 1;
        if (entry->offset < row->offset || (entry->offset - row->offset) / stride >= count)
            continue;
        const char *mark = strstr(row->name, "%u");
        if (mark != NULL)
            snprintf(text, bytes, "%.*s%u%s", (int)(mark - row->name), row->name,
                     (entry->offset - row->offset) / stride, mark + 2);
        else
            snprintf(text, bytes, "%s", row->name);
        return;
    }
}

static bool fill_unmodelled(struct mote_machine *machine, struct mote_report *report)
{
    const struct mote_system *sys = mote_machine_system(machine);
    size_t count = mote_unmodelled_count(sys);
    report->unmodelled = calloc(count + 1, sizeof *report->unmodelled);
    if (report->unmodelled == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct mote_unmodelled_entry *entry = mote_unmodelled(sys, i);
        struct mote_report_unmodelled *row = &report->unmodelled[i];
        row->device = entry->dev->name;
        row->loads = entry->loads;
        row->stores = entry->stores;
        register_name(entry, row->reg, sizeof row->reg);
    }
    report->unmodelled_count = count;
    return true;
}

static bool fill_faults(struct mote_machine *machine, struct mote_report *report)
{
    const char *text = mote_machine_diagnosis(machine);
    if (text[0] == '\0')
        return true;
    const char **faults = calloc(1, sizeof *faults);
    if (faults == NULL)
        return false;
    faults[0] = text;
    report->faults = faults;
    report->fault_count = 1;
    return true;
}

bool mote_machine_report(struct mote_machine *machine, struct mote_report *report)
{
    struct mote_system *sys = mote_machine_system(machine);
    const struct mote_board *board = mote_machine_board(machine);
    struct mote_core *core = mote_system_core(sys);
    struct mote_core_totals totals;
    core->ops->totals(core, &totals);
    *report = (struct mote_report){
        .board = board->name,
        .core = core->ops->name,
        .activities = mote_activities(sys),
        .time_ps = mote_now_ps(sys),
        .cycles = totals.cycles,
        .instructions = totals.instructions,
        .sleep_ps = totals.sleep_ps,
        .estimated = totals.estimated,
        .fast_error = totals.estimated && totals.cycles != 0
                          ? (double)totals.error_cycles / (double)totals.cycles
                          : -1,
    };
    fill_energy(mote_machine_power(machine), report);
    return fill_functions(machine, report) && fill_markers(machine, report) &&
           fill_unmodelled(machine, report) && fill_faults(machine, report);
}

void mote_machine_report_free(struct mote_report *report)
{
    free(report->functions);
    free(report->markers);
    free(report->unmodelled);
    free((void *)(uintptr_t)report->faults);
}
