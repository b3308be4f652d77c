/* Chains of a bundle: lists, Compose, and transforms that hold others (OneOf), each step by bundle_component.c. */
#include "mmar/foreign/bundle.h"
#include "transforms/transform.h"

#define CHAIN_DEPTH 8

/* Steps that this program does without being told. */
static const struct {
    const char *name, *instead;
} own[] = {
    {"Invertd", "predictions are always carried back to the grid of the file"},
    {"SaveImaged", "mmar infer writes predictions"},
    {"ToDeviced", "the backend places data itself"},
    {"EnsureTyped", "types are right already"},
    {"ToTensord", "types are right already"},
};

static const char *done_here(const char *name)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strcmp(own[i].name, name))
            return own[i].instead;
    return NULL;
}

/* Metrics and files have label maps here: one-hot form behind an argmax would only undo it. */
static cJSON *step_of(struct mm_bundle *b, const cJSON *node, const char *wiring)
{
    cJSON *component = mm_bundle_component(b, node, "transforms", wiring);
    const cJSON *args = mm_json_get(component, "args"), *onehot = mm_json_get(args, "to_onehot");
    if (!onehot || !mm_json_get(args, "argmax"))
        return component;
    mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "to_onehot: metrics and files have label maps here");
    mm_json_detach((cJSON *)onehot);
    return component;
}

static void add_steps(struct mm_bundle *b, cJSON *chain, const cJSON *list, int depth);

/* A member that cannot run here stays, as one that does nothing: the weights are for as many as there were. Those that are disabled are
 * not there for MONAI either. */
static void add_members(struct mm_bundle *b, cJSON *component, const cJSON *node, int depth)
{
    const cJSON *list = mm_bundle_follow(b, mm_json_get(node, "transforms"));
    cJSON *members =
        mm_json_add(b->arena, (cJSON *)mm_json_get(component, "args"), "transforms", mm_json_array(b->arena));
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : list; item && members;
         item = cJSON_IsArray(list) ? item->next : NULL) {
        const cJSON *found = mm_bundle_follow(b, item);
        const char *name = mm_bundle_target(found);
        cJSON *member = mm_json_array(b->arena);
        if (name && mm_bundle_is_disabled(b, found, name))
            continue;
        add_steps(b, member, item, depth);
        bool is_alone = member && member->child && !member->child->next;
        cJSON *only = is_alone ? member->child : NULL;
        if (only)
            mm_json_detach(only);
        mm_json_append(members, only ? only : member);
    }
}

static bool is_group(const char *name)
{
    const struct mm_transform *transform = mm_transform_find(name);
    return transform && transform->flags & MM_GROUP;
}

static void add_step(struct mm_bundle *b, cJSON *chain, const cJSON *node, const char *name, int depth)
{
    if (done_here(name)) {
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "%s: %s", name, done_here(name));
        return;
    }
    cJSON *component = step_of(b, node, is_group(name) ? "transforms" : "");
    if (component && is_group(name))
        add_members(b, component, node, depth);
    mm_json_append(chain, component);
}

/* Of a list, of a Compose, or one step alone. */
static void add_steps(struct mm_bundle *b, cJSON *chain, const cJSON *node, int depth)
{
    const cJSON *found = mm_bundle_follow(b, node), *step;
    const char *name = mm_bundle_target(found);
    bool is_compose = name && !strcmp(name, "Compose");
    const cJSON *list = is_compose ? mm_bundle_follow(b, mm_json_get(found, "transforms")) : found;
    if (depth > CHAIN_DEPTH)
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "lists of transforms lie in each other more than %d deep",
                        CHAIN_DEPTH);
    else if (!is_compose && (name || (depth && cJSON_IsObject(found))))
        add_step(b, chain, found, name ? name : "", depth + 1);
    else if (!found && depth)
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "is Python, and Python is not run: write the transform");
    else if (cJSON_IsArray(list))
        cJSON_ArrayForEach (step, list)
            add_steps(b, chain, step, depth + 1);
    else
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "expected a list of transforms, or a Compose: write one");
}

cJSON *mm_bundle_chain(struct mm_bundle *bundle, const cJSON *node)
{
    cJSON *chain = mm_json_array(bundle->arena);
    if (node && chain)
        add_steps(bundle, chain, node, 0);
    return chain;
}
