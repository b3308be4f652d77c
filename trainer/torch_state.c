/* Which dict of a PyTorch file holds the weights; see mm_torch_choose. */
#include <string.h>

#include "trainer/torch_file.h"

#define CANDIDATES_MAX 64
#define DEPTH_MAX      4
#define STEPS_MAX      MM_PICKLE_VALUES_MAX /* a dict may hold itself */
#define NAME_BYTES_MAX 512

/* Where trainers keep the weights, the usual first. */
static const char *const usual[] = {"state_dict", "model_state_dict", "model",   "network",
                                    "net",        "network_weights",  "weights", NULL};

struct candidate {
    const char *path;
    const struct mm_pickle_value *dict;
};

struct search {
    struct mm_arena *arena;
    struct candidate found[CANDIDATES_MAX];
    size_t count, steps;
};

/* Names go into JSON and onto terminals. */
static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

static bool has_tensor(const struct mm_pickle_value *dict)
{
    struct mm_strided tensor;
    for (size_t i = 1; i < dict->count; i += 2)
        if (mm_torch_tensor(dict->items[i], &tensor))
            return true;
    return false;
}

/* State of optimizers is made of dicts of tensors, too, and nobody's weights. */
static bool may_hold_weights(const struct mm_pickle_value *key, const struct mm_pickle_value *value)
{
    return key->kind == MM_PICKLE_TEXT && value->kind == MM_PICKLE_DICT && is_printable(key->text) &&
           !mm_text_starts(key->text, "optim");
}

static enum mm_status collect(struct search *search, const struct mm_pickle_value *dict, const char *path, int depth,
                              struct mm_error *err)
{
    enum mm_status status;
    if ((search->steps += dict->count + 1) > STEPS_MAX)
        return mm_fail(err, MM_ERR_DATA, "its dicts hold one another too often");
    if (has_tensor(dict)) {
        if (search->count < CANDIDATES_MAX)
            search->found[search->count++] = (struct candidate){path, dict};
        return MM_OK;
    }
    for (size_t i = 0; i + 1 < dict->count && depth < DEPTH_MAX; i += 2) {
        if (!may_hold_weights(dict->items[i], dict->items[i + 1]))
            continue;
        const char *below = mm_arena_format(search->arena, "%s%s%s", path, *path ? "." : "", dict->items[i]->text);
        if (!below)
            return mm_fail_memory(err, "a name");
        if (MM_TRY(status, collect(search, dict->items[i + 1], below, depth + 1, err)))
            return status;
    }
    return MM_OK;
}

static const struct candidate *find(const struct search *search, const char *path)
{
    for (size_t i = 0; i < search->count; i++)
        if (!strcmp(search->found[i].path, path))
            return &search->found[i];
    return NULL;
}

static enum mm_status choose(const struct search *search, const char *key, const struct candidate **out,
                             struct mm_error *err)
{
    char names[512] = "";
    size_t used = 0;
    *out = key ? find(search, key) : search->count == 1 ? &search->found[0] : NULL;
    for (size_t i = 0; !*out && !key && usual[i]; i++)
        *out = find(search, usual[i]);
    if (*out)
        return MM_OK;
    if (!search->count)
        return mm_fail(err, MM_ERR_DATA, "it holds no dict of tensors: save the state_dict of the model");
    for (size_t i = 0; i < search->count && used < sizeof(names); i++)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
                                 *search->found[i].path ? search->found[i].path : "(the file's own, without --key)");
    if (key)
        return mm_fail(err, MM_ERR_USAGE, "--key %s: no dict of tensors is there; there are: %s", key, names);
    return mm_fail(err, MM_ERR_USAGE, "several dicts of tensors: %s: choose one with --key", names);
}

static char *describe(struct mm_arena *arena, const char *path, const struct mm_pickle_value *key,
                      const struct mm_pickle_value *value)
{
    const char *dot = *path ? "." : "", *kind = mm_pickle_kind_text(value->kind);
    const char *name = key->kind != MM_PICKLE_TEXT ? mm_pickle_kind_text(key->kind)
                       : is_printable(key->text)   ? key->text
                                                   : "(a name that cannot be shown)";
    switch (value->kind) {
    case MM_PICKLE_INT:
        return mm_arena_format(arena, "%s%s%.64s: %s (%lld)", path, dot, name, kind, (long long)value->integer);
    case MM_PICKLE_FLOAT:
        return mm_arena_format(arena, "%s%s%.64s: %s (%g)", path, dot, name, kind, value->real);
    case MM_PICKLE_DICT:
        return mm_arena_format(arena, "%s%s%.64s: %s of %zu", path, dot, name, kind, value->count / 2);
    case MM_PICKLE_LIST:
    case MM_PICKLE_TUPLE:
        return mm_arena_format(arena, "%s%s%.64s: %s of %zu", path, dot, name, kind, value->count);
    default:
        return mm_arena_format(arena, "%s%s%.64s: %s", path, dot, name, kind);
    }
}

/* Values of `dict` that are no tensors, the dict that was chosen left out. */
static enum mm_status list_others(struct mm_arena *arena, const char *path, const struct mm_pickle_value *dict,
                                  const struct mm_pickle_value *chosen, const char **items, size_t *count,
                                  struct mm_error *err)
{
    struct mm_strided tensor;
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        const struct mm_pickle_value *value = dict->items[i + 1];
        if (mm_torch_tensor(value, &tensor) || value == chosen)
            continue;
        if (!(items[(*count)++] = describe(arena, path, dict->items[i], value)))
            return mm_fail_memory(err, "a report");
    }
    return MM_OK;
}

static enum mm_status list_tensors(const struct mm_pickle_value *dict, struct mm_torch_state *out,
                                   struct mm_error *err)
{
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        struct mm_strided tensor;
        if (dict->items[i]->kind != MM_PICKLE_TEXT || !mm_torch_tensor(dict->items[i + 1], &tensor))
            continue;
        if (!is_printable(dict->items[i]->text) || strlen(dict->items[i]->text) > NAME_BYTES_MAX)
            return mm_fail(err, MM_ERR_DATA, "the name of tensor %zu is not printable ASCII of at most %d bytes",
                           out->count + 1, NAME_BYTES_MAX);
        tensor.name = dict->items[i]->text;
        out->tensors[out->count++] = tensor;
    }
    return MM_OK;
}

enum mm_status mm_torch_choose(struct mm_arena *arena, const struct mm_torch_file *file, const char *key,
                               struct mm_torch_state *out, struct mm_error *err)
{
    enum mm_status status;
    struct search search = {.arena = arena};
    const struct candidate *chosen;
    const struct mm_pickle_value *root = file->root;
    if (root->kind != MM_PICKLE_DICT)
        return mm_fail(err, MM_ERR_DATA, "it holds %s, expected a dict of tensors: save the state_dict of the model",
                       mm_pickle_kind_text(root->kind));
    if (MM_TRY(status, collect(&search, root, "", 0, err)) || MM_TRY(status, choose(&search, key, &chosen, err)))
        return status;
    *out = (struct mm_torch_state){.key = chosen->path};
    out->tensors = mm_arena_array(arena, struct mm_strided, chosen->dict->count / 2);
    const char **others = mm_arena_array(arena, const char *, root->count / 2 + chosen->dict->count / 2 + 1);
    if (!out->tensors || !others)
        return mm_fail_memory(err, "a table of tensors");
    if (MM_TRY(status, list_tensors(chosen->dict, out, err)) ||
        MM_TRY(status, list_others(arena, "", root, chosen->dict, others, &out->others.count, err)))
        return status;
    if (chosen->dict != root)
        status = list_others(arena, chosen->path, chosen->dict, chosen->dict, others, &out->others.count, err);
    out->others.items = others;
    return status;
}
