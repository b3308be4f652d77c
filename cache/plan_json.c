/* The plan as programs read it. */
#include <math.h>

#include "cache/fit.h"
#include "cache/outlook.h"
#include "transforms/group.h"

/* 0 stands for what is not known: null. */
static cJSON *known(struct mm_arena *arena, double value)
{
    return mm_json_number(arena, value > 0 ? value : NAN);
}

static void add_integer(struct mm_arena *arena, cJSON *json, const char *name, uint64_t value)
{
    mm_json_add(arena, json, name, mm_json_integer(arena, (int64_t)value));
}

/* A list of names for each. */
static cJSON *members_json(struct mm_arena *arena, const struct mm_group *group)
{
    cJSON *list = mm_json_array(arena);
    for (size_t i = 0; i < group->count; i++) {
        cJSON *names = mm_json_append(list, mm_json_array(arena));
        for (size_t k = 0; k < group->members[i].count; k++)
            mm_json_append(names, mm_json_text(arena, group->members[i].steps[k].transform->name));
    }
    return list;
}

static cJSON *steps_json(struct mm_arena *arena, const struct mm_source *source)
{
    const struct mm_chain *chain = source->chain;
    cJSON *list = mm_json_array(arena);
    size_t random = mm_cache_first_random(chain);
    for (size_t i = 0; i < chain->count; i++) {
        cJSON *step = mm_json_object(arena);
        const struct mm_group *group = mm_step_group(&chain->steps[i]);
        bool is_random = mm_step_is_random(&chain->steps[i]);
        mm_json_add(arena, step, "name", mm_json_text(arena, chain->steps[i].transform->name));
        mm_json_add(arena, step, "cached", mm_json_bool(arena, i < source->prefix && source->pipeline->caches));
        mm_json_add(arena, step, "random", mm_json_bool(arena, is_random));
        mm_json_add(arena, step, "stranded", mm_json_bool(arena, i > random && !is_random));
        if (group)
            mm_json_add(arena, step, "members", members_json(arena, group));
        mm_json_append(list, step);
    }
    return list;
}

static cJSON *warnings_json(struct mm_arena *arena, const struct mm_text *text)
{
    static const char mark[] = "warning: ";
    cJSON *list = mm_json_array(arena);
    for (const char *line = text->bytes; *line;) {
        size_t length = strcspn(line, "\n");
        size_t skip = mm_text_starts(line, mark) ? sizeof mark - 1 : 0;
        const char *one = mm_arena_format(arena, "%.*s", (int)(length - skip), line + skip);
        mm_json_append(list, one ? mm_json_text(arena, one) : NULL);
        line += length + (line[length] != 0);
    }
    return list;
}

static void add_plan(struct mm_arena *arena, cJSON *json, const struct mm_source *source,
                     const struct mm_cache_plan *plan)
{
    mm_json_add(arena, json, "caches", mm_json_bool(arena, source->pipeline->caches));
    add_integer(arena, json, "items", plan->items);
    add_integer(arena, json, "items_distinct", plan->distinct);
    add_integer(arena, json, "ranks", plan->ranks);
    add_integer(arena, json, "num_cache_objects", plan->cached);
    add_integer(arena, json, "num_cache_objects_wanted", plan->wanted);
    add_integer(arena, json, "replaced", plan->replaced);
    add_integer(arena, json, "replaced_max", plan->replaced_max);
    add_integer(arena, json, "replace_every", plan->every);
    mm_json_add(arena, json, "replace_percent",
                mm_json_number(arena, plan->replaced ? mm_cache_share(plan, plan->cached, plan->replaced) : 0));
    add_integer(arena, json, "places", mm_cache_places_needed(plan));
    mm_json_add(arena, json, "bytes_per_item_at_most", known(arena, (double)plan->bytes_per_item));
    mm_json_add(arena, json, "cache_memory", known(arena, (double)plan->limit));
    add_integer(arena, json, "samples_per_volume", plan->outputs);
    add_integer(arena, json, "volumes_per_step", plan->volumes_per_step);
    add_integer(arena, json, "batch", plan->batch);
    add_integer(arena, json, "steps_per_epoch", plan->steps);
    mm_json_add(arena, json, "coverage_epochs", known(arena, plan->coverage_epochs));
}

static void add_outlook(struct mm_arena *arena, cJSON *json, const struct mm_cache_outlook *o,
                        const struct mm_cache_basis *basis)
{
    bool is_measured = basis->load_seconds > 0;
    mm_json_add(arena, json, "memory_free", known(arena, (double)basis->available));
    mm_json_add(arena, json, "bytes_per_item_measured", known(arena, (double)basis->item_bytes));
    mm_json_add(arena, json, "epochs", known(arena, (double)basis->epochs));
    mm_json_add(arena, json, "items_seen", basis->epochs ? mm_json_integer(arena, o->seen) : mm_json_null(arena));
    mm_json_add(arena, json, "passes", known(arena, o->passes));
    add_integer(arena, json, "loader_threads", o->threads);
    mm_json_add(arena, json, "load_seconds_per_item", known(arena, basis->load_seconds));
    mm_json_add(arena, json, "load_seconds_first_epoch", mm_json_number(arena, is_measured ? o->seconds_first : NAN));
    mm_json_add(arena, json, "load_seconds_per_epoch", mm_json_number(arena, is_measured ? o->seconds : NAN));
    mm_json_add(arena, json, "step_seconds_that_hide_it", mm_json_number(arena, is_measured ? o->step_hidden : NAN));
    mm_json_add(arena, json, "wait_floor_seconds",
                mm_json_number(arena, is_measured && basis->step_seconds > 0 ? o->floor : NAN));
}

cJSON *mm_cache_plan_json(struct mm_arena *arena, const struct mm_source *source, const struct mm_cache_plan *plan,
                          const struct mm_cache_basis *basis)
{
    struct mm_text text;
    struct mm_cache_outlook outlook;
    cJSON *json = mm_json_object(arena);
    mm_cache_outlook_make(source, plan, basis, &outlook);
    mm_json_add(arena, json, "transforms", steps_json(arena, source));
    add_integer(arena, json, "cached_transforms", source->pipeline->caches ? source->prefix : 0);
    mm_text_init(&text, 1 << 20);
    mm_cache_prefix_end(source, &text);
    mm_json_add(arena, json, "cached_prefix_ends_since", mm_json_text(arena, text.bytes));
    mm_text_done(&text);
    add_plan(arena, json, source, plan);
    add_outlook(arena, json, &outlook, basis);
    mm_text_init(&text, 1 << 20);
    mm_cache_plan_warn(source, plan, &outlook, basis, &text);
    mm_json_add(arena, json, "warnings", warnings_json(arena, &text));
    mm_text_done(&text);
    return json;
}
