/* Integrates device states and counts activity at the present operating point. */
#include "account.h"

#include <math.h>
#include <mote/clock.h>
#include <mote/core.h>
#include <stdlib.h>
#include <string.h>

#define FW_PER_W  1e15
#define FJ_PER_PJ 1e3

static void integrate(struct meter *meter, uint64_t now_ps)
{
    uint64_t span_ps = now_ps - meter->last_ps;

    for (int i = 0; i < SHARES; i++)
        if (meter->fw[i] != 0)
            meter->sum[i] += (unsigned __int128)meter->fw[i] * span_ps;
    meter->last_ps = now_ps;
}

/* ---- powers ------------------------------------------------------------------------------------
 */

double account_rail_volts(const struct mote_power *power, const struct model *model)
{
    if (power->set_supply_volts > 0.0)
        return power->set_supply_volts;
    if (model != NULL && model->supply != NULL)
        return model->supply->value;
    return power->soc != NULL ? power->soc->supply->value : 0.0;
}

static double leakage_factor(const struct mote_power *power, const struct model *model)
{
    const struct model *soc = power->soc;
    double reference = soc != NULL ? soc->reference->temperature_degc : 25.0;

    if (model->leakage_doubling == NULL)
        return 1.0;
    return exp2((power->point.temperature_degc - reference) / model->leakage_doubling->value);
}

/* Adds a current, given at the model's reference point, to a meter's present power. */
static void add_current(const struct mote_power *power, const struct model *model,
                        struct meter *meter, double amperes, enum component kind, bool regulated,
                        bool dynamic)
{
    const struct operating_point *point = &power->point;

    if (kind == COMPONENT_LEAKAGE)
        amperes *= leakage_factor(power, model);
    if (!regulated || model != power->soc) {
        double watts = amperes * account_rail_volts(power, model);
        meter->fw[kind] += (uint64_t)llround(watts * FW_PER_W);
        return;
    }
    /* What switches draws charge in proportion to the voltage; both give the square. */
    double ratio = point->core_volts / model->reference->core_volts;
    double load = amperes * model->reference->supply_volts * point->reference_fraction * ratio *
                  (dynamic ? ratio : 1.0);
    meter->fw[kind] += (uint64_t)llround(load * FW_PER_W);
    meter->fw[LOSS] += (uint64_t)llround(load * (1.0 / point->fraction - 1.0) * FW_PER_W);
}

static uint64_t core_hz(const struct mote_power *power)
{
    const struct mote_core *core = mote_system_core(power->sys);

    return core != NULL ? mote_clock_hz(core->device, 0) : 0;
}

/* Present power of a device from its state and clocks. */
static void take_power(const struct mote_power *power, struct bound *bound)
{
    uint64_t rows = bound->rows_of[bound->state];

    memset(bound->meter.fw, 0, sizeof bound->meter.fw);
    if (bound->per_mhz) {
        bound->own_hz = mote_clock_hz(bound->dev, 0);
        bound->core_hz = core_hz(power);
    }
    for (; rows != 0; rows &= rows - 1) {
        const struct state_row *row = bound->rows[__builtin_ctzll(rows)];
        double amperes = row->current.value * 1e-6;
        if (row->per_mhz)
            amperes *= (double)(row->of_core_clock ? bound->core_hz : bound->own_hz) / 1e6;
        add_current(power, bound->model, &bound->meter, amperes, row->kind, row->behind_regulator,
                    row->per_mhz);
    }
}

/* Clock rates do not change between two calls, since each change settles: the power that holds now
 * held since the last one. */
static void settle_device(struct mote_power *power, struct bound *bound, uint64_t now_ps)
{
    if (bound->per_mhz &&
        (bound->own_hz != mote_clock_hz(bound->dev, 0) || bound->core_hz != core_hz(power)))
        take_power(power, bound);
    integrate(&bound->meter, now_ps);
}

static void take_resources(struct mote_power *power)
{
    const struct model *soc = power->soc;

    for (uint64_t i = 0; soc != NULL && i < soc->resources_count && i < MAX_RESOURCES; i++) {
        const struct resource_row *row = &soc->resources[i];

        memset(power->resource[i].fw, 0, sizeof power->resource[i].fw);
        if (power->resource_users[i] > 0)
            add_current(power, soc, &power->resource[i], row->current.value * 1e-6, row->kind,
                        row->behind_regulator, true);
    }
}

/* What the board draws besides: a constant current. */
static void take_load(struct mote_power *power)
{
    double watts = power->set_load_milliamperes * 1e-3 * account_rail_volts(power, power->soc);

    power->load.fw[COMPONENT_DEVICE] = (uint64_t)llround(watts * FW_PER_W);
}

static void use_resources(struct mote_power *power, struct bound *bound, uint64_t now_ps)
{
    uint32_t uses = bound->uses_in[bound->state], changed = uses ^ bound->uses;

    if (changed == 0)
        return;
    for (uint32_t i = 0; i < MAX_RESOURCES; i++) {
        if (!(changed >> i & 1u))
            continue;
        integrate(&power->resource[i], now_ps);
        power->resource_users[i] += (uses >> i & 1u) ? 1u : UINT32_MAX;
    }
    bound->uses = uses;
    take_resources(power);
}

/* ---- activity ----------------------------------------------------------------------------------
 */

uint64_t account_cycles(const struct mote_power *power)
{
    const struct mote_core *core = mote_system_core(power->sys);
    struct mote_core_totals totals;

    if (core == NULL)
        return mote_activities(power->sys)->item[power->cycle_id].count;
    core->ops->totals(core, &totals);
    return totals.cycles;
}

static void settle_activity(struct mote_power *power)
{
    struct mote_activities *all = mote_activities(power->sys);

    for (uint32_t i = 0; i < power->counted_count; i++) {
        struct counted *counted = &power->counted[i];
        uint64_t count = i == power->cycle_id ? account_cycles(power) : all->item[i].count;
        /* Counters that began again (a reset of the core) count from zero. */
        uint64_t more = count >= counted->settled ? count - counted->settled : count;

        if (more == 0 && count == counted->settled)
            continue;
        counted->settled = count;
        for (int k = 0; k < SHARES; k++)
            if (counted->fj[k] != 0)
                counted->sum[k] += (unsigned __int128)counted->fj[k] * more;
    }
}

static void add_energy(const struct mote_power *power, struct counted *counted,
                       const struct activity_row *row)
{
    const struct operating_point *point = &power->point;
    double ratio = point->core_volts / power->soc->reference->core_volts;
    double load = row->pj.value * FJ_PER_PJ * point->reference_fraction * ratio * ratio;

    counted->known = true;
    counted->fj[row->kind] += (uint64_t)llround(load);
    counted->fj[LOSS] += (uint64_t)llround(load * (1.0 / point->fraction - 1.0));
}

static void take_energy(struct mote_power *power, uint32_t id)
{
    struct counted *counted = &power->counted[id];

    memset(counted->fj, 0, sizeof counted->fj);
    counted->known = false;
    for (int row = counted->first_row; row >= 0; row = power->same_name[row])
        add_energy(power, counted, &power->soc->activities[row]);
}

static void take_energies(struct mote_power *power)
{
    struct mote_activities *all = mote_activities(power->sys);

    for (; power->counted_count < all->count; power->counted_count++)
        power->counted[power->counted_count].first_row =
            names_activity(power->soc, all->item[power->counted_count].name);
    for (uint32_t i = 0; i < all->count; i++) {
        take_energy(power, i);
        all->item[i].fj = 0;
        for (int k = 0; k < SHARES; k++)
            all->item[i].fj += power->counted[i].fj[k];
    }
}

uint64_t mote_power_cycle_fj(struct mote_power *power)
{
    return mote_activities(power->sys)->item[power->cycle_id].fj;
}

/* ---- operating point ---------------------------------------------------------------------------
 */

static double fraction_of(const struct regulator_row *regulator, double core_volts,
                          double supply_volts)
{
    double fraction =
        regulator->switching ? regulator->efficiency.value : core_volts / supply_volts;

    return fraction > 1.0 ? 1.0 : fraction; /* below the core's voltage nothing is left to lose */
}

/* The last row that the state of some device selects, -1 = none. */
static int selected(const struct mote_power *power, bool regulator)
{
    int row = -1;

    for (size_t i = 0; i < power->selector_count; i++) {
        const struct bound *bound = power->selectors[i];
        int its = regulator ? bound->regulator_in[bound->state] : bound->voltage_in[bound->state];

        row = its > row ? its : row;
    }
    return row;
}

static void choose_regulator(const struct mote_power *power, struct operating_point *point)
{
    const struct model *soc = power->soc;
    const struct reference *reference = soc->reference;
    const struct regulator_row *measured = names_regulator(soc, reference->regulator);
    int regulator = selected(power, true), voltage = selected(power, false);

    point->regulator = regulator >= 0 ? &soc->regulators[regulator] : measured;
    if (power->set_regulator[0] != '\0')
        point->regulator = names_regulator(soc, power->set_regulator);
    point->core_volts =
        voltage >= 0 ? soc->core_voltages[voltage].volts.value : reference->core_volts;
    point->reference_fraction =
        fraction_of(measured, reference->core_volts, reference->supply_volts);
    point->fraction = fraction_of(point->regulator, point->core_volts, point->supply_volts);
}

void account_choose_point(struct mote_power *power)
{
    struct operating_point *point = &power->point;

    point->supply_volts = account_rail_volts(power, power->soc);
    point->temperature_degc =
        isnan(power->set_temperature_degc) ? 25.0 : power->set_temperature_degc;
    point->regulator = NULL;
    point->fraction = point->reference_fraction = 1.0;
    if (power->soc != NULL)
        choose_regulator(power, point);
    for (size_t i = 0; i < power->bound_count; i++)
        take_power(power, &power->bound[i]);
    take_resources(power);
    take_load(power);
    take_energies(power);
}

void mote_power_settle(struct mote_power *power)
{
    uint64_t now_ps = mote_now_ps(power->sys);

    for (size_t i = 0; i < power->bound_count; i++)
        settle_device(power, &power->bound[i], now_ps);
    for (size_t i = 0; i < MAX_RESOURCES; i++)
        integrate(&power->resource[i], now_ps);
    integrate(&power->load, now_ps);
    if (power->counted_count != mote_activities(power->sys)->count)
        take_energies(power); /* counters that appeared since, and what they counted already */
    settle_activity(power);
}

void account_update(struct mote_power *power)
{
    mote_power_settle(power);
    account_choose_point(power);
}

/* ---- listening ---------------------------------------------------------------------------------
 */

/* Whether a device's next state selects another regulator or core voltage. */
static bool point_changes(const struct mote_power *power, struct bound *bound, uint32_t new_state)
{
    uint32_t old_state = bound->state;
    int regulator, voltage;

    if (!bound->selects)
        return false;
    regulator = selected(power, true);
    voltage = selected(power, false);
    bound->state = new_state;
    bool changes = selected(power, true) != regulator || selected(power, false) != voltage;
    bound->state = old_state;
    return changes;
}

static void device_state(void *user, struct mote_device *dev, uint32_t old_state,
                         uint32_t new_state)
{
    struct mote_power *power = user;
    uint64_t now_ps = mote_now_ps(power->sys);
    struct bound *bound;

    (void)old_state;
    if (dev->index >= power->bound_count)
        return;
    bound = &power->bound[dev->index];
    bool everything = point_changes(power, bound, new_state);
    if (everything)
        mote_power_settle(power);
    else
        settle_device(power, bound, now_ps);
    bound->state = new_state;
    use_resources(power, bound, now_ps);
    if (everything)
        account_choose_point(power);
    else
        take_power(power, bound);
}

static void clock_rate(void *user, struct mote_clock *clock, uint64_t old_hz, uint64_t new_hz)
{
    struct mote_power *power = user;
    uint64_t now_ps = mote_now_ps(power->sys);
    const struct mote_core *core = mote_system_core(power->sys);
    bool all = core != NULL && mote_clock_feeds(clock, core->device, 0);

    (void)old_hz;
    (void)new_hz;
    for (size_t i = 0; i < power->clocked_count; i++)
        if (all || mote_clock_feeds(clock, power->clocked[i]->dev, 0))
            settle_device(power, power->clocked[i], now_ps);
}

/* ---- life --------------------------------------------------------------------------------------
 */

struct mote_power *mote_power_new(struct mote_system *sys, const char *soc_compatible,
                                  struct mote_err *err)
{
    struct mote_power *power = calloc(1, sizeof *power);

    if (power == NULL) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    power->sys = sys;
    power->start_ps = mote_now_ps(sys);
    power->set_temperature_degc = NAN;
    strncat(power->soc_compatible, soc_compatible, sizeof power->soc_compatible - 1);
    power->models = models_load(&power->model_count, err);
    power->bound_count = mote_system_device_count(sys);
    power->bound = calloc(power->bound_count + 1, sizeof *power->bound);
    if (power->models == NULL || power->bound == NULL) {
        if (power->models != NULL)
            mote_err_set(err, "out of memory");
        mote_power_free(power);
        return NULL;
    }
    power->soc = names_soc(power, soc_compatible);
    power->cycle_id = mote_activity_id(sys, "core.cycle");
    if (!names_resolve(power, err)) {
        mote_power_free(power);
        return NULL;
    }
    for (size_t i = 0; i < MAX_RESOURCES; i++)
        power->resource[i].last_ps = power->start_ps;
    power->load.last_ps = power->start_ps;
    account_choose_point(power);
    for (size_t i = 0; i < power->bound_count; i++)
        use_resources(power, &power->bound[i], power->start_ps);
    mote_set_power_listener(sys, &(struct mote_power_listener){device_state, clock_rate, power});
    return power;
}

void mote_power_free(struct mote_power *power)
{
    if (power == NULL)
        return;
    mote_set_power_listener(power->sys, &(struct mote_power_listener){0});
    if (power->models != NULL)
        models_free(power->models, power->model_count);
    for (size_t i = 0; i < power->note_count; i++)
        free(power->note[i]);
    free(power->note);
    free(power->item);
    for (size_t i = 0; i < power->bound_count && power->bound != NULL; i++)
        free(power->bound[i].rows);
    free(power->bound);
    free(power->selectors);
    free(power->clocked);
    free(power->same_name);
    free(power);
}
