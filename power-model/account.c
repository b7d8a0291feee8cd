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

static double clock_mhz(const struct mote_power *power, const struct bound *bound,
                        const struct state_row *row)
{
    const struct mote_core *core = mote_system_core(power->sys);

    if (!row->of_core_clock)
        return (double)mote_clock_hz(bound->dev, 0) / 1e6;
    return core != NULL ? (double)mote_clock_hz(core->device, 0) / 1e6 : 0.0;
}

static const char *state_name(const struct bound *bound)
{
    const char *name = bound->dev->cls->power_states[bound->state];

    return name != NULL ? name : "";
}

static bool row_applies(const struct state_row *row, const struct bound *bound)
{
    return strcmp(row->device_class, bound->dev->cls->name) == 0 &&
           model_matches(row->state, state_name(bound));
}

/* Present power of a device from its state and clocks. */
static void take_power(const struct mote_power *power, struct bound *bound)
{
    const struct model *model = bound->model;

    memset(bound->meter.fw, 0, sizeof bound->meter.fw);
    for (uint64_t i = 0; model != NULL && i < model->states_count; i++) {
        const struct state_row *row = &model->states[i];

        if (!row_applies(row, bound))
            continue;
        double amperes = row->current.value * 1e-6;
        if (row->per_mhz)
            amperes *= clock_mhz(power, bound, row);
        add_current(power, model, &bound->meter, amperes, row->kind, row->behind_regulator,
                    row->per_mhz);
    }
}

/* Clock rates do not change between two calls, since each change settles: the power that holds now
 * held since the last one. */
static void settle_device(struct mote_power *power, struct bound *bound, uint64_t now_ps)
{
    if (bound->per_mhz)
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

static uint32_t resources_of(const struct bound *bound)
{
    const struct model *model = bound->model;
    uint32_t uses = 0;

    for (uint64_t i = 0; model != NULL && i < model->states_count; i++) {
        if (model->states[i].uses == NULL || !row_applies(&model->states[i], bound))
            continue;
        for (uint64_t k = 0; k < model->resources_count && k < MAX_RESOURCES; k++)
            if (strcmp(model->resources[k].name, model->states[i].uses) == 0)
                uses |= 1u << k;
    }
    return uses;
}

static void use_resources(struct mote_power *power, struct bound *bound, uint64_t now_ps)
{
    uint32_t uses = resources_of(bound), changed = uses ^ bound->uses;

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

        counted->settled = count;
        for (int k = 0; k < SHARES; k++)
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

/* Rows with exactly this name, else those with the first pattern that matches. */
static void take_energy(struct mote_power *power, uint32_t id, const char *name)
{
    const struct model *soc = power->soc;
    struct counted *counted = &power->counted[id];
    const char *use = NULL;

    memset(counted->fj, 0, sizeof counted->fj);
    counted->known = false;
    for (uint64_t i = 0; soc != NULL && i < soc->activities_count && use == NULL; i++)
        if (strcmp(soc->activities[i].name, name) == 0)
            use = name;
    for (uint64_t i = 0; soc != NULL && i < soc->activities_count && use == NULL; i++)
        if (model_matches(soc->activities[i].name, name))
            use = soc->activities[i].name;
    for (uint64_t i = 0; use != NULL && i < soc->activities_count; i++)
        if (strcmp(soc->activities[i].name, use) == 0)
            add_energy(power, counted, &soc->activities[i]);
}

static void take_energies(struct mote_power *power)
{
    struct mote_activities *all = mote_activities(power->sys);

    power->counted_count = all->count;
    for (uint32_t i = 0; i < all->count; i++) {
        take_energy(power, i, all->item[i].name);
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

/* Whether some device of this class is in this state now. */
static bool in_state(const struct mote_power *power, const char *device_class, const char *state)
{
    if (device_class == NULL || state == NULL)
        return false;
    for (size_t i = 0; i < power->bound_count; i++)
        if (strcmp(power->bound[i].dev->cls->name, device_class) == 0 &&
            model_matches(state, state_name(&power->bound[i])))
            return true;
    return false;
}

static double fraction_of(const struct regulator_row *regulator, double core_volts,
                          double supply_volts)
{
    double fraction =
        regulator->switching ? regulator->efficiency.value : core_volts / supply_volts;

    return fraction > 1.0 ? 1.0 : fraction; /* below the core's voltage nothing is left to lose */
}

static const struct regulator_row *find_regulator(const struct model *soc, const char *name)
{
    for (uint64_t i = 0; i < soc->regulators_count; i++)
        if (strcmp(soc->regulators[i].name, name) == 0)
            return &soc->regulators[i];
    return NULL;
}

static void choose_regulator(struct mote_power *power)
{
    const struct model *soc = power->soc;
    const struct reference *reference = soc->reference;
    const struct regulator_row *measured = find_regulator(soc, reference->regulator);
    struct operating_point *point = &power->point;

    point->regulator = measured;
    for (uint64_t i = 0; i < soc->regulators_count; i++)
        if (in_state(power, soc->regulators[i].device_class, soc->regulators[i].state))
            point->regulator = &soc->regulators[i];
    if (power->set_regulator[0] != '\0')
        point->regulator = find_regulator(soc, power->set_regulator);
    point->core_volts = reference->core_volts;
    for (uint64_t i = 0; i < soc->core_voltages_count; i++)
        if (in_state(power, soc->core_voltages[i].device_class, soc->core_voltages[i].state))
            point->core_volts = soc->core_voltages[i].volts.value;
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
        choose_regulator(power);
    for (size_t i = 0; i < power->bound_count; i++)
        take_power(power, &power->bound[i]);
    take_resources(power);
    take_energies(power);
}

void mote_power_settle(struct mote_power *power)
{
    uint64_t now_ps = mote_now_ps(power->sys);

    for (size_t i = 0; i < power->bound_count; i++)
        settle_device(power, &power->bound[i], now_ps);
    for (size_t i = 0; i < MAX_RESOURCES; i++)
        integrate(&power->resource[i], now_ps);
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
    if (bound->selects)
        mote_power_settle(power);
    else
        settle_device(power, bound, now_ps);
    bound->state = new_state;
    use_resources(power, bound, now_ps);
    if (bound->selects)
        account_choose_point(power);
    else
        take_power(power, bound);
}

static void clock_rate(void *user, struct mote_clock *clock, uint64_t old_hz, uint64_t new_hz)
{
    struct mote_power *power = user;
    uint64_t now_ps = mote_now_ps(power->sys);

    (void)clock;
    (void)old_hz;
    (void)new_hz;
    for (size_t i = 0; i < power->bound_count; i++)
        if (power->bound[i].per_mhz)
            settle_device(power, &power->bound[i], now_ps);
}

/* ---- life --------------------------------------------------------------------------------------
 */

static bool names_class(const struct model *model, const char *name, bool *per_mhz, bool *included)
{
    bool named = false;

    for (uint64_t i = 0; i < model->states_count; i++)
        if (strcmp(model->states[i].device_class, name) == 0) {
            named = true;
            *per_mhz |= model->states[i].per_mhz;
        }
    for (uint64_t i = 0; i < model->included_count; i++)
        *included |= model_matches(model->included[i].device_class, name);
    return named;
}

static bool selects(const struct model *soc, const char *name)
{
    for (uint64_t i = 0; i < soc->regulators_count; i++)
        if (soc->regulators[i].device_class && strcmp(soc->regulators[i].device_class, name) == 0)
            return true;
    for (uint64_t i = 0; i < soc->core_voltages_count; i++)
        if (strcmp(soc->core_voltages[i].device_class, name) == 0)
            return true;
    return false;
}

static void bind(struct mote_power *power, struct mote_device *dev)
{
    struct bound *bound = &power->bound[dev->index];

    *bound = (struct bound){.dev = dev, .state = dev->power_state};
    bound->meter.last_ps = power->start_ps;
    for (size_t i = 0; i < power->model_count; i++) {
        const struct model *model = power->models[i];
        bool included = false;

        if (strcmp(model->kind, "part") != 0 && model != power->soc)
            continue;
        if (names_class(model, dev->cls->name, &bound->per_mhz, &included) && bound->model == NULL)
            bound->model = model;
        bound->explained |= included || bound->model != NULL;
    }
    bound->selects = power->soc != NULL && selects(power->soc, dev->cls->name);
}

static const struct model *find_soc(const struct mote_power *power, const char *compatible)
{
    for (size_t i = 0; i < power->model_count; i++)
        for (uint64_t k = 0; k < power->models[i]->matches_count; k++)
            if (strcmp(power->models[i]->kind, "soc") == 0 &&
                strcmp(power->models[i]->matches[k], compatible) == 0)
                return power->models[i];
    return NULL;
}

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
    power->soc = find_soc(power, soc_compatible);
    power->cycle_id = mote_activity_id(sys, "core.cycle");
    for (size_t i = 0; i < power->bound_count; i++)
        bind(power, mote_system_device(sys, i));
    for (size_t i = 0; i < MAX_RESOURCES; i++)
        power->resource[i].last_ps = power->start_ps;
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
    free(power->bound);
    free(power);
}
