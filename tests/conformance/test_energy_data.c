/* Every energy model is complete and sourced: the files obey their schema (each coefficient with
 * value, unit, condition, tolerance and a listed source), name only classes and states that exist,
 * and every state that a device announces has a coefficient or a stated reason for none. */
#include "support/bench.h"

#include <mote/power.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_schema_and_sources(void **state)
{
    struct mote_err err = {""};

    (void)state;
    if (!mote_power_check_data(&err))
        fail_msg("%s", err.text);
}

/* A * stands for any run of characters. */
static bool matches(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return matches(pattern + 1, text) || (*text != '\0' && matches(pattern, text + 1));
    return *pattern == *text && (*pattern == '\0' || matches(pattern + 1, text + 1));
}

static void check_name(void *user, const char *model, const char *device_class, const char *state)
{
    const struct mote_device_class *cls = mote_class_by_name(device_class);
    bool found = false;

    (*(int *)user)++;
    if (cls == NULL)
        fail_msg("%s.yaml: there is no device class %s", model, device_class);
    for (size_t i = 0; i < MOTE_MAX_POWER_STATES && cls->power_states[i] != NULL; i++)
        found |= matches(state, cls->power_states[i]);
    if (!found)
        fail_msg("%s.yaml: %s announces no state %s", model, device_class, state);
}

static void test_names_exist(void **state)
{
    struct mote_err err = {""};
    int rows = 0;

    (void)state;
    assert_true(mote_power_visit_states(check_name, &rows, &err));
    assert_true(rows > 80);
}

static void test_every_announced_state_is_accounted(void **state)
{
    char missing[2000] = "";

    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];

        for (size_t k = 0; k < MOTE_MAX_POWER_STATES && cls->power_states[k] != NULL; k++)
            if (!mote_power_has_data(cls->name, cls->power_states[k]) &&
                strlen(missing) + 100 < sizeof missing) {
                strcat(missing, " ");
                strcat(missing, cls->name);
                strcat(missing, ".");
                strcat(missing, cls->power_states[k]);
            }
    }
    if (missing[0] != '\0')
        fail_msg("give these states coefficients in power-model/data:%s", missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_and_sources),
        cmocka_unit_test(test_names_exist),
        cmocka_unit_test(test_every_announced_state_is_accounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
