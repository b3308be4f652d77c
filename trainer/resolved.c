/* resolved.json: {"request": digest, "num_cache_objects": N, "replaced": R, "replace_every": k, "replaced_max": 0}; where R is not
 * chosen yet "replaced" is 0 and "replaced_max" says up to what it may be. "replace_every" is 1 where it is absent. */
#include "trainer/resolved.h"

#include "base/file.h"
#include "cache/policy.h"

struct numbers {
    uint32_t cached, replaced_max;
    struct mm_rotation rotation;
};

static bool read_number(const cJSON *json, const char *name, uint32_t most, uint32_t *out)
{
    int64_t value;
    if (!mm_json_int(mm_json_get(json, name), &value) || value < 0 || value > most)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool read_every(const cJSON *json, uint32_t *out)
{
    *out = 1;
    return !mm_json_get(json, "replace_every") ||
           (read_number(json, "replace_every", MM_REPLACE_EVERY_MAX, out) && *out > 0);
}

/* `*found` stays false when there is no file, or one of another config. */
static enum mm_status read_file(struct mm_arena *arena, const struct mm_resolved *resolved, uint32_t total,
                                struct numbers *out, bool *found, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    if (!mm_file_exists(resolved->path))
        return MM_OK;
    if (MM_TRY(s, mm_json_read(arena, resolved->path, &json, err)))
        return s;
    const cJSON *request = mm_json_get(json, "request");
    if (!cJSON_IsString(request) || strcmp(request->valuestring, resolved->request))
        return MM_OK;
    if (!read_number(json, "num_cache_objects", total, &out->cached) || !out->cached ||
        !read_number(json, "replaced", mm_policy_replacements(total, out->cached, 1), &out->rotation.replaced) ||
        !read_every(json, &out->rotation.every) ||
        !read_number(json, "replaced_max", mm_policy_replacements(total, out->cached, 1), &out->replaced_max))
        return mm_fail(
            err, MM_ERR_CONFIG,
            "%s: its numbers are impossible for a datalist of %u items: remove it to have them chosen anew",
            resolved->path, total);
    *found = true;
    return MM_OK;
}

static enum mm_status choose(const struct mm_source *source, struct numbers *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_cache_plan plan;
    if (MM_TRY(s, mm_cache_plan_make(source, SIZE_MAX, 1, &plan, err)))
        return s;
    *out = (struct numbers){plan.cached, plan.replaced_max, mm_cache_plan_rotation(&plan)};
    return MM_OK;
}

/* The request's own numbers stay as they are written where they come to the same. */
static void set_rotation(struct mm_resolved *resolved, struct mm_rotation rotation)
{
    struct mm_pipeline *p = &resolved->pipeline;
    uint32_t total = (uint32_t)resolved->source.list->count;
    uint32_t cached = p->num_cache_objects && p->num_cache_objects < total ? (uint32_t)p->num_cache_objects : total;
    if (mm_policy_replacements(total, cached, p->replace_percent) != rotation.replaced)
        p->replace_percent = (double)rotation.replaced / cached;
    p->replace_every = rotation.every;
}

static void apply(struct mm_resolved *resolved, const struct mm_training *training, const struct numbers *numbers)
{
    uint32_t total = (uint32_t)training->train->list->count;
    struct mm_pipeline *p = &resolved->pipeline;
    resolved->own = *training;
    resolved->source = *training->train;
    *p = *training->train->pipeline;
    if (!(numbers->cached == total && (!p->num_cache_objects || p->num_cache_objects > total)))
        p->num_cache_objects = numbers->cached;
    p->is_resolved = true;
    p->auto_objects = p->auto_replace = false;
    set_rotation(resolved, numbers->rotation);
    resolved->source.pipeline = p;
    resolved->own.train = &resolved->source;
    resolved->training = &resolved->own;
    resolved->replaced_max = numbers->replaced_max;
}

enum mm_status mm_resolve(struct mm_arena *arena, const struct mm_training *training, const char *folder,
                          struct mm_resolved *out, struct mm_error *err)
{
    enum mm_status s;
    struct numbers numbers = {0};
    *out = (struct mm_resolved){.training = training};
    if (!mm_pipeline_is_open(training->train->pipeline))
        return MM_OK;
    out->has_file = true;
    out->path = mm_file_join(arena, folder, "resolved.json");
    if (!out->path)
        return mm_fail_memory(err, "a path");
    if (MM_TRY(s, mm_training_digest(arena, training, out->request, err)) ||
        MM_TRY(s, read_file(arena, out, (uint32_t)training->train->list->count, &numbers, &out->is_kept, err)) ||
        (!out->is_kept && MM_TRY(s, choose(training->train, &numbers, err))))
        return s;
    apply(out, training, &numbers);
    return MM_OK;
}

void mm_resolved_replace(struct mm_resolved *resolved, struct mm_rotation rotation)
{
    set_rotation(resolved, rotation);
    resolved->replaced_max = 0;
}

enum mm_status mm_resolved_write(struct mm_arena *arena, const struct mm_resolved *resolved, struct mm_error *err)
{
    if (!resolved->has_file)
        return MM_OK;
    const struct mm_pipeline *p = &resolved->pipeline;
    uint32_t total = (uint32_t)resolved->source.list->count;
    uint32_t cached = p->num_cache_objects && p->num_cache_objects < total ? (uint32_t)p->num_cache_objects : total;
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "request", mm_json_text(arena, resolved->request));
    mm_json_add(arena, json, "num_cache_objects", mm_json_integer(arena, cached));
    mm_json_add(arena, json, "replaced",
                mm_json_integer(arena, mm_policy_replacements(total, cached, p->replace_percent)));
    mm_json_add(arena, json, "replace_every", mm_json_integer(arena, p->replace_every > 1 ? p->replace_every : 1));
    mm_json_add(arena, json, "replaced_max", mm_json_integer(arena, resolved->replaced_max));
    const char *text = json ? mm_json_print(arena, json, MM_JSON_INDENTED) : NULL;
    return text ? mm_file_write(resolved->path, text, strlen(text), err) : mm_fail_memory(err, "resolved.json");
}
