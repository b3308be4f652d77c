/* Aux ops by their tags: which metric, which class; and what is said of wrong ones. Handlers likewise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trainer/aux_ops.h"
#include "trainer/handlers.h"

struct list {
    struct mm_arena arena;
    struct mm_problems problems;
    struct mm_component items[8];
    struct mm_components ops;
};

static void read_list(struct list *list, const char *text)
{
    cJSON *json;
    const cJSON *item;
    mm_arena_init(&list->arena, NULL);
    mm_problems_init(&list->problems, &list->arena);
    list->ops = (struct mm_components){0, list->items};
    assert_int_equal(mm_json_parse(&list->arena, "test", text, strlen(text), &json, NULL), MM_OK);
    cJSON_ArrayForEach (item, json)
        list->items[list->ops.count++] = (struct mm_component){
            .name = mm_json_get(item, "name")->valuestring, .args = mm_json_get(item, "args"), .node = item};
}

static void tags_name_metrics_and_classes(void **state)
{
    static const struct {
        const char *tag, *metric;
        int only_class;
        bool background;
    } rows[] = {
        {"negloss", "NegLoss", -1, false},        {"acc", "Accuracy", -1, false},
        {"dice", "ComputeAverageDice", -1, true}, /* one-hot targets have no background of their own */
        {"heart", "ComputeAverageDice", 0, true}, {"aorta", "ComputeAverageDice", 1, true},
        {"tc", "ComputeAverageDice", -1, false},  {"second", "ComputeAverageDice", 2, false},
    };
    struct list list;
    (void)state;
    read_list(
        &list,
        "[{\"name\": \"NegLoss\", \"args\": {\"tag\": \"negloss\"}}, {\"name\": \"accuracy\", \"args\": "
        "{\"tag\": \"acc\"}}, {\"name\": \"DiceMaskedOutput\", \"args\": {\"is_onehot_targets\": true, \"tags\": "
        "[\"dice\", \"heart\", \"aorta\"]}}, {\"name\": \"DiceMaskedOutput\", \"args\": {\"skip_background\": "
        "true, \"tags\": [\"tc\", \"first\", \"second\"]}}]");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mm_aux_value value = {.background = false};
        assert_true(mm_aux_ops_find(&list.ops, rows[i].tag, &value));
        assert_string_equal(value.metric->name, rows[i].metric);
        assert_int_equal(value.only_class, rows[i].only_class);
        assert_int_equal(value.background, rows[i].background);
    }
    struct mm_aux_value none;
    assert_false(mm_aux_ops_find(&list.ops, "nothing", &none));
    mm_aux_ops_check(&list.ops, &list.problems);
    assert_int_equal(list.problems.count, 0);
    mm_arena_done(&list.arena);
}

static void negative_loss_is_the_loss_turned(void **state)
{
    struct mm_metric_case item = {.classes = 2};
    double values[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        item.loss = 0.25 + i;
        assert_int_equal(mm_aux_neg_loss.measure(NULL, NULL, &item, &values[i], NULL), MM_OK);
    }
    assert_float_equal(mm_aux_neg_loss.aggregate(NULL, values, 2, 1), -0.75, 1e-12);
    assert_null(mm_metric_find("NegLoss"));
}

static void wrong_ops_are_errors(void **state)
{
    struct list list;
    (void)state;
    read_list(&list, "[{\"name\": \"NegLos\", \"args\": {\"tag\": \"a\"}}, {\"name\": \"NegLoss\"}]");
    mm_aux_ops_check(&list.ops, &list.problems);
    assert_int_equal(list.problems.errors, 2);
    assert_non_null(strstr(list.problems.items[0].text, "did you mean NegLoss?"));
    assert_non_null(strstr(list.problems.items[1].text, "needs a \"tag\""));
    mm_arena_done(&list.arena);
}

static void handlers_are_told_about(void **state)
{
    struct list list;
    (void)state;
    read_list(&list,
              "[{\"name\": \"ValidationHandler\"}, {\"name\": \"StatsHandler\"}, {\"name\": \"StatHandler\"}]");
    const struct mm_stage stage = {.handlers = list.ops};
    mm_handlers_check(&stage, &list.problems);
    assert_int_equal(list.problems.count, 2);
    assert_int_equal(list.problems.items[0].severity, MM_SEVERITY_NOTE);
    assert_int_equal(list.problems.items[1].severity, MM_SEVERITY_WARNING);
    assert_non_null(strstr(list.problems.items[1].text, "did you mean StatsHandler?"));
    mm_arena_done(&list.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_name_metrics_and_classes),
        cmocka_unit_test(negative_loss_is_the_loss_turned),
        cmocka_unit_test(wrong_ops_are_errors),
        cmocka_unit_test(handlers_are_told_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
