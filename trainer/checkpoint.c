/* Checkpoints: a weights file with optimizer slots whose metadata holds the run's state as JSON. */
#include "trainer/checkpoint.h"

#include <math.h>

#include "trainer/weights.h"

static void add_count(struct mm_arena *arena, cJSON *json, const char *name, int64_t value)
{
    mm_json_add(arena, json, name, mm_json_integer(arena, value));
}

enum mm_status mm_checkpoint_write(struct mm_arena *scratch, struct mm_network *network, const char *path,
                                   const struct mm_run_state *state, struct mm_error *err)
{
    cJSON *json = mm_json_object(scratch), *metrics = mm_json_array(scratch), *extra = mm_json_object(scratch);
    add_count(scratch, json, "epoch", state->epoch);
    add_count(scratch, json, "step", state->step);
    add_count(scratch, json, "best_epoch", state->best_epoch);
    add_count(scratch, json, "journal_bytes", (int64_t)state->journal_bytes);
    mm_json_add(scratch, json, "best_metric", mm_json_number(scratch, state->best_metric));
    mm_json_add(scratch, json, "last_metric", mm_json_number(scratch, state->last_metric));
    mm_json_add(scratch, json, "digest", mm_json_text(scratch, state->digest));
    for (size_t i = 0; i < state->metric_count; i++)
        mm_json_append(metrics, mm_json_number(scratch, state->metrics[i]));
    mm_json_add(scratch, json, "metrics", metrics);
    if (state->summary)
        mm_json_add(scratch, json, "run", mm_json_copy(scratch, state->summary));
    char *text = json ? mm_json_print(scratch, json, MM_JSON_COMPACT) : NULL;
    if (!text || !mm_json_add(scratch, extra, "state", mm_json_text(scratch, text)))
        return mm_fail_memory(err, "the checkpoint");
    return mm_weights_save(network, path, extra, true, err);
}

/* null stands for NaN. */
static double number_of(const cJSON *json, const char *name)
{
    const cJSON *node = mm_json_get(json, name);
    return cJSON_IsNumber(node) ? node->valuedouble : NAN;
}

static bool whole_of(const cJSON *json, const char *name, int64_t *out)
{
    return mm_json_int(mm_json_get(json, name), out);
}

static enum mm_status read_state(struct mm_arena *arena, const char *text, struct mm_run_state *state,
                                 struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    int64_t journal;
    if (MM_TRY(s, mm_json_parse(arena, "state", text, strlen(text), &json, err)))
        return s;
    const cJSON *digest = mm_json_get(json, "digest"), *metrics = mm_json_get(json, "metrics"), *item;
    if (!whole_of(json, "epoch", &state->epoch) || !whole_of(json, "step", &state->step) ||
        !whole_of(json, "journal_bytes", &journal) || !whole_of(json, "best_epoch", &state->best_epoch) ||
        !cJSON_IsString(digest) || !cJSON_IsArray(metrics) || state->epoch < 0 || state->step < 0 || journal < 0)
        return mm_fail(err, MM_ERR_DATA, "the run's state is incomplete: this is no checkpoint of mmar");
    state->summary = mm_json_get(json, "run");
    state->journal_bytes = (uint64_t)journal;
    state->best_metric = number_of(json, "best_metric");
    state->last_metric = number_of(json, "last_metric");
    snprintf(state->digest, sizeof state->digest, "%s", digest->valuestring);
    state->metrics = mm_arena_array(arena, double, (size_t)cJSON_GetArraySize(metrics) + 1);
    if (!state->metrics)
        return mm_fail_memory(err, "the run's state");
    state->metric_count = 0;
    cJSON_ArrayForEach (item, metrics)
        state->metrics[state->metric_count++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    return MM_OK;
}

/* A value in a sentence. */
static const char *shown(struct mm_arena *arena, const cJSON *value)
{
    const char *text = value ? mm_json_print(arena, value, MM_JSON_COMPACT) : "nothing";
    return text && strlen(text) > 60 ? mm_arena_format(arena, "%.57s...", text) : text;
}

/* "learning_rate was 0.003 and is 0.1": the first few. */
static enum mm_status refuse(struct mm_arena *arena, const struct mm_run_state *was, const struct mm_run_state *now,
                             struct mm_error *err)
{
    enum { SHOWN = 4 };
    const cJSON *rows = was->summary ? mm_json_diff(arena, was->summary, now->summary) : NULL, *row;
    struct mm_text text;
    int count = 0;
    mm_text_init(&text, 2048);
    cJSON_ArrayForEach (row, rows)
        if (count++ < SHOWN)
            mm_text_format(&text, "%s%s was %s and is %s", count > 1 ? "; " : ": ",
                           mm_json_get(row, "path")->valuestring, shown(arena, mm_json_get(row, "a")),
                           shown(arena, mm_json_get(row, "b")));
    if (count > SHOWN)
        mm_text_format(&text, "; and %d more", count - SHOWN);
    enum mm_status s =
        mm_fail(err, MM_ERR_CONFIG,
                "belongs to another configuration (run %.12s, now %.12s)%s. Give it what it had, train "
                "without --resume, or fine-tune with --from",
                was->digest, now->digest, text.bytes);
    mm_text_done(&text);
    return s;
}

enum mm_status mm_checkpoint_read(struct mm_arena *arena, struct mm_network *network, const char *path,
                                  struct mm_run_state *state, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena file_arena; /* the file's bytes go as soon as they are in the network */
    struct mm_safetensors *file;
    const struct mm_run_state now = *state;
    mm_arena_init(&file_arena, NULL);
    if (MM_TRY(s, mm_safetensors_read(&file_arena, path, &file, err)))
        goto done;
    const char *text = mm_safetensors_metadata(file, "state");
    if (!text)
        s = mm_fail(err, MM_ERR_DATA, "has no run state: this is no checkpoint");
    else if ((s = read_state(arena, text, state, err)) == MM_OK)
        s = strcmp(state->digest, now.digest) ? refuse(arena, state, &now, err)
                                              : mm_weights_restore(arena, network, file, err);
    state->summary = now.summary;
    if (s != MM_OK)
        mm_fail_in(err, "%s", path);
done:
    mm_arena_done(&file_arena);
    return s;
}
