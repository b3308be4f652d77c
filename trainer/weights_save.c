/* Writing a network's weights; see weights.h. */
#include <string.h>

#include "trainer/weights_parts.h"

/* What stands at each place of a file being written. */
struct saving {
    struct mm_network *network;
    const struct mm_graph *graph;
    const struct place {
        size_t param;
        int slot; /* -1: the parameter itself */
    } * places;
};

static enum mm_status fill(void *context, size_t index, void *bytes, struct mm_error *err)
{
    const struct saving *s = context;
    const struct place *place = &s->places[index];
    enum mm_status status;
    float scalar;
    if (place->slot >= 0)
        return mm_network_get_slot(s->network, place->param, (size_t)place->slot, bytes, err);
    if (!mm_weights_is_constant(&s->graph->params[place->param]))
        return mm_network_get_param(s->network, place->param, bytes, err);
    if (MM_TRY(status, mm_network_get_param(s->network, place->param, &scalar, err)))
        return status;
    int64_t whole = (int64_t)scalar;
    memcpy(bytes, &whole, sizeof(whole));
    return MM_OK;
}

static struct mm_st_writer_item item_of(const struct mm_param_info *info, const char *name)
{
    struct mm_st_writer_item item = {.name = name, .rank = info->file_rank};
    item.dtype = mm_weights_is_constant(info) ? "I64" : "F32";
    item.bytes = mm_weights_is_constant(info) ? sizeof(int64_t) : mm_weights_elements(info) * sizeof(float);
    for (int i = 0; i < info->file_rank; i++)
        item.dim[i] = info->file_dim[i];
    return item;
}

static cJSON *make_metadata(struct mm_arena *arena, const cJSON *extra)
{
    const cJSON *item;
    cJSON *metadata = mm_json_object(arena);
    bool ok = mm_json_add(arena, metadata, "format", mm_json_text(arena, MM_WEIGHTS_FORMAT)) &&
              mm_json_add(arena, metadata, "axes", mm_json_text(arena, "zyx"));
    cJSON_ArrayForEach (item, extra)
        ok = ok && mm_json_add(arena, metadata, item->string, mm_json_text(arena, item->valuestring));
    return ok ? metadata : NULL;
}

/* Parameters in graph order, then slot after slot of the learned ones. */
static enum mm_status list_items(struct mm_arena *arena, const struct saving *s, size_t slots,
                                 struct mm_st_writer_item *items, struct place *places, size_t *count,
                                 struct mm_error *err)
{
    for (size_t i = 0; i < s->graph->param_count; i++) {
        places[*count] = (struct place){i, -1};
        items[(*count)++] = item_of(&s->graph->params[i], s->graph->params[i].name);
    }
    for (size_t slot = 0; slot < slots; slot++)
        for (size_t i = 0; i < s->graph->param_count; i++) {
            const struct mm_param_info *info = &s->graph->params[i];
            if (!mm_weights_is_learned(info))
                continue;
            const char *name = mm_arena_format(arena, MM_WEIGHTS_SLOT "%zu.%s", slot, info->name);
            if (!name)
                return mm_fail_memory(err, "a name");
            places[*count] = (struct place){i, (int)slot};
            items[(*count)++] = item_of(info, name);
        }
    return MM_OK;
}

enum mm_status mm_weights_save(struct mm_network *network, const char *path, const cJSON *extra, bool with_optimizer,
                               struct mm_error *err)
{
    struct mm_arena arena;
    struct saving s = {.network = network, .graph = mm_network_graph(network)};
    size_t slots = with_optimizer ? mm_network_slots(network) : 0, count = 0;
    enum mm_status status;
    mm_arena_init(&arena, NULL);
    struct mm_st_writer_item *items =
        mm_arena_array(&arena, struct mm_st_writer_item, s.graph->param_count * (slots + 1));
    struct place *places = mm_arena_array(&arena, struct place, s.graph->param_count * (slots + 1));
    cJSON *metadata = make_metadata(&arena, extra);
    if (!items || !places || !metadata) {
        status = mm_fail_memory(err, "the weights file");
        goto done;
    }
    s.places = places;
    if (MM_TRY(status, list_items(&arena, &s, slots, items, places, &count, err)))
        goto done;
    status = mm_safetensors_write(path, metadata, items, count, fill, &s, err);
done:
    mm_arena_done(&arena);
    return status;
}
