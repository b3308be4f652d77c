/* Of every component: an argument that is accepted and changes nothing is told of, with the reason. What `mmar check` lists are these notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/problems.h"
#include "mmar/families.h"
#include "tests/support/scratch.h"

static size_t told(struct mm_arena *arena, const struct mm_param *table, const struct mm_param *param)
{
    struct mm_problems problems;
    cJSON *args = mm_json_object(arena), *json = NULL;
    const char *value = param->type == MM_PARAM_STRING || param->type == MM_PARAM_CHOICE ? "\"x\"" : "1";
    const char *text = mm_arena_format(arena, "{\"%s\": %s}", param->name, value);
    size_t notes = 0;
    mm_problems_init(&problems, arena);
    assert_non_null(args);
    assert_int_equal(mm_json_parse(arena, "args.json", text, strlen(text), &json, NULL), MM_OK);
    unsigned char *object = mm_arena_alloc(arena, 1 << 16);
    memset(object, 0, 1 << 16);
    const struct mm_param_target target = {table, object};
    mm_params_read(arena, &target, 1, json, NULL, &problems);
    for (size_t i = 0; i < problems.count; i++)
        notes +=
            problems.items[i].severity == MM_SEVERITY_NOTE &&
            strstr(problems.items[i].text, mm_arena_format(arena, "%s has no effect here: ", param->name)) != NULL;
    return notes;
}

static void every_argument_without_effect_is_told_of(void **state)
{
    struct scratch *scratch = *state;
    struct mm_member member;
    size_t found = 0;
    for (const struct mm_family *family = mm_families; family->name; family++)
        for (size_t i = 0; family->member(i, &member); i++)
            for (int t = 0; t < 2; t++)
                for (const struct mm_param *p = member.tables[t]; p && p->name; p++) {
                    if (p->offset == SIZE_MAX && !p->no_effect)
                        fail_msg("%s: %s is kept nowhere, and not said to have no effect", member.name, p->name);
                    if (!p->no_effect)
                        continue;
                    found++;
                    if (!p->help || told(&scratch->arena, member.tables[t], p) != 1)
                        fail_msg("%s: nobody is told that %s has no effect, and why", member.name, p->name);
                }
    assert_true(found > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_argument_without_effect_is_told_of, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
