/* Energy data files that break a rule are refused, with a message that says which. */
#include "power-model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PART                                                                                       \
    "model: x\nkind: part\ndocument: d\nsources: [{key: s, text: t}]\nstates:\n"                   \
    "  - {class: c, state: on, component: device, value: 1, unit: uA, condition: k, source: s, "   \
    "tolerance_percent: 10, regulated: 'no'}\n"

/* The text with the first occurrence of `from` replaced. */
static struct model *parse(const char *from, const char *to, struct mote_err *err)
{
    char text[1024];
    const char *at = strstr(PART, from);

    assert_non_null(at);
    int length =
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - PART), PART, to, at + strlen(from));
    return model_parse("x.yaml", text, (size_t)length, err);
}

static void refused(const char *from, const char *to, const char *words)
{
    struct mote_err err = {""};
    struct model *model = parse(from, to, &err);

    model_free(model);
    assert_null(model);
    if (strstr(err.text, words) == NULL || strstr(err.text, "x.yaml") == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.text, words);
}

static void test_rules(void **state)
{
    struct mote_err err = {""};
    struct model *model = parse("kind", "kind", &err);

    (void)state;
    if (model == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(model->states_count, 1);
    assert_false(model->states[0].per_mhz);
    model_free(model);
    refused("source: s", "source: nowhere", "source \"nowhere\" is not listed");
    refused("unit: uA", "unit: mA", "unit \"mA\"; accepted: uA uA/MHz");
    refused("unit: uA", "unit: u", "unit \"u\"");
    refused("component: device", "component: magic", "unknown component \"magic\"");
    refused("tolerance_percent: 10", "tolerance_percent: 0", "tolerance 0 %");
    refused("value: 1", "value: -1", "value -1 is out of range");
    refused("value: 1", "value: nan", "out of range");
    refused("kind: part", "kind: thing", "not \"thing\"");
    refused("kind: part", "kind: soc", "a soc needs matches");
    refused("regulated: 'no'", "regulated: 'may'", "\"yes\" or \"no\"");
    refused("regulated: 'no'", "regulated: 'no', uses: pll", "which resources lacks");
    refused("condition: k, ", "", "field: condition, in mapping");
    refused("tolerance_percent: 10, ", "", "tolerance_percent");
    refused("document: d\n", "document: d\nfavourite_colour: blue\n", "favourite_colour");
    refused("states:", "states: [", "");
}

static void test_patterns(void **state)
{
    (void)state;
    assert_true(model_matches("insn.*", "insn.alu"));
    assert_true(model_matches("*_range1", "sleep_range1"));
    assert_false(model_matches("*_range1", "sleep_range1_boost"));
    assert_true(model_matches("*a*b*", "xxaxxaxb"));
    assert_false(model_matches("*a*b", "xxaxxbx"));
    assert_true(model_matches("*", ""));
    assert_false(model_matches("", "x"));
    assert_true(model_matches("off", "off"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
