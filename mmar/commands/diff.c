/* mmar diff */
#include "mmar/diff.h"
#include "base/log.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"

#define VALUE_MAX 200 /* bytes of a value that are shown */

static void add_value(struct mm_text *text, struct mm_arena *arena, const cJSON *value)
{
    const char *printed = value ? mm_json_print(arena, value, MM_JSON_COMPACT) : "none";
    struct mm_text shown;
    mm_text_init(&shown, VALUE_MAX);
    mm_card_text(&shown, printed ? printed : "?");
    mm_text_add(text, shown.bytes);
    mm_text_add(text, shown.overflow ? "..." : "");
    mm_text_done(&shown);
}

static void print_values(struct mm_text *text, struct mm_arena *arena, const char *title, const cJSON *rows)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        mm_text_format(text, "%-8s ", title);
        const char *path = mm_json_get(row, "path")->valuestring;
        mm_card_text(text, *path ? path : "(all)");
        mm_text_add(text, ": ");
        add_value(text, arena, mm_json_get(row, "a"));
        mm_text_add(text, " -> ");
        add_value(text, arena, mm_json_get(row, "b"));
        mm_text_add(text, "\n");
    }
}

static void print_weights(struct mm_text *text, const cJSON *rows)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        const cJSON *a = mm_json_get(row, "a"), *b = mm_json_get(row, "b"), *norm = mm_json_get(row, "norm"),
                    *relative = mm_json_get(row, "relative");
        mm_text_add(text, "weights  ");
        mm_card_text(text, mm_json_get(row, "name")->valuestring);
        mm_text_format(text, ": %s", mm_json_get(row, "change")->valuestring);
        if (cJSON_IsNumber(norm))
            mm_text_format(text, ", norm of the change %.4g", norm->valuedouble);
        if (cJSON_IsNumber(relative))
            mm_text_format(text, " (%.3g of what it was)", relative->valuedouble);
        if (!norm)
            mm_text_format(text, ", %s -> %s", a ? a->valuestring : "none", b ? b->valuestring : "none");
        mm_text_add(text, "\n");
    }
}

static enum mm_status print(const struct mm_command_call *call, const cJSON *answer, struct mm_error *err)
{
    struct mm_text text;
    if (call->json)
        return mm_command_print_json(call->arena, answer, err);
    mm_text_init(&text, 64 << 20);
    print_values(&text, call->arena, "config", mm_json_get(answer, "config"));
    print_values(&text, call->arena, "metrics", mm_json_get(answer, "metrics"));
    print_weights(&text, mm_json_get(answer, "weights"));
    fputs(text.bytes, stdout);
    mm_text_done(&text);
    return MM_OK;
}

/* Weights alone have no config to compare. */
static enum mm_status compare(const struct mm_command_call *call, const struct mm_diff_side *a,
                              const struct mm_diff_side *b, struct mm_archive_progress *progress,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = call->arena;
    bool both = a->config && b->config;
    cJSON *weights, *json = mm_json_object(arena),
                    *config = both ? mm_json_diff(arena, a->config, b->config) : mm_json_array(arena),
                    *metrics = both ? mm_json_diff(arena, a->metrics, b->metrics) : mm_json_array(arena);
    s = mm_diff_weights(arena, a->weights, b->weights, progress, &weights, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    if (!json || !config || !metrics)
        return mm_fail_memory(err, "the comparison");
    bool equal = !config->child && !metrics->child && !weights->child;
    mm_json_add(arena, json, "equal", mm_json_bool(arena, equal));
    mm_json_add(arena, json, "config", config);
    mm_json_add(arena, json, "metrics", metrics);
    mm_json_add(arena, json, "weights", weights);
    if (MM_TRY(s, print(call, json, err)))
        return s;
    return equal ? MM_OK : mm_fail(err, MM_NO, "%s and %s differ", call->args[0], call->args[1]);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    struct mm_diff_side a, b = {.temporary = NULL};
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if ((s = mm_diff_open(call->arena, call->args[0], &progress, &a, err)) == MM_OK &&
        (s = mm_diff_open(call->arena, call->args[1], &progress, &b, err)) == MM_OK)
        s = compare(call, &a, &b, &progress, err);
    mm_progress_end(false);
    mm_diff_close(&b);
    mm_diff_close(&a);
    return s;
}

const struct mm_command mm_command_diff = {
    .name = "diff",
    .args = "A B",
    .summary = "compare two models: config, metrics, and how far each weight has moved",
    .args_min = 2,
    .args_max = 2,
    .has_json = true,
    .run = run,
    .notes = "A and B are archives, MMAR folders or .safetensors files; of the latter only the weights are compared. "
             "The config is "
             "config/config_train.json,\nthe metrics are the means in eval/metrics.json.\n"
             "Exit code 0: nothing differs; 1: something does.",
    .examples = "  mmar diff spleen-1.0.mmar spleen-1.1.mmar\n  mmar diff mine theirs.mmar --json\n",
};
