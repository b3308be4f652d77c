/* Weights between a network and its files; see weights.h. A load first looks whether everything fits and only then touches the
 * network, so a refused file changes nothing. */
#include <string.h>

#include "trainer/weights_parts.h"

/* A model's running network with room for its largest parameter. */
struct loading {
    struct mm_arena *arena;
    struct mm_network *network;
    const struct mm_graph *graph;
    const struct mm_safetensors *file;
    bool reversed; /* the file's kernels are (x, y, z) */
    bool strict;
    int64_t classes; /* 0: another number of them explains nothing */
    float *host, *turned;
};

static size_t largest_param(const struct mm_graph *graph)
{
    size_t largest = 1;
    for (size_t i = 0; i < graph->param_count; i++) {
        size_t count = mm_weights_elements(&graph->params[i]);
        largest = count > largest ? count : largest;
    }
    return largest;
}

static bool has_kernels(const struct mm_graph *graph)
{
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct mm_desc *desc = &graph->params[i].desc;
        if (graph->params[i].file_rank > 2 && desc->dim[2] * desc->dim[3] * desc->dim[4] > 1)
            return true;
    }
    return false;
}

static enum mm_status find_axes(const struct mm_safetensors *file, const enum mm_axes *axes,
                                const struct mm_graph *graph, bool *reversed, struct mm_error *err)
{
    const char *own = mm_safetensors_metadata(file, "axes");
    *reversed = false;
    if (own && (strcmp(own, "zyx") == 0 || strcmp(own, "yx") == 0))
        return MM_OK;
    if (own && (strcmp(own, "xyz") == 0 || strcmp(own, "xy") == 0)) {
        *reversed = true;
        return MM_OK;
    }
    if (own)
        return mm_fail(err, MM_ERR_DATA, "metadata axes is \"%.16s\", expected zyx or xyz", own);
    if (axes)
        *reversed = *axes == MM_AXES_XYZ;
    else if (has_kernels(graph))
        return mm_fail(err, MM_ERR_DATA,
                       "the file does not say the order of its kernels' axes: give --axes xyz (made by MONAI) or "
                       "--axes zyx (timm, segmentation_models.pytorch, Keras)");
    return MM_OK;
}

/* Dimension `i` of the parameter as the file has it. */
static int64_t file_dim(const struct mm_param_info *info, bool reversed, int i)
{
    return info->file_dim[reversed && i >= 2 ? info->file_rank + 1 - i : i];
}

static bool same_dims(const struct mm_st_tensor *tensor, const struct mm_param_info *info, bool reversed)
{
    if (mm_weights_is_constant(info))
        return tensor->rank == 0 || (tensor->rank == 1 && tensor->dim[0] == 1);
    if (tensor->rank != info->file_rank)
        return false;
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dim[i] != file_dim(info, reversed, i))
            return false;
    return true;
}

static const char *dims_text(const int64_t *dim, int rank, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%lld", i ? "x" : "", (long long)dim[i]);
    return rank ? buffer : "scalar";
}

/* A growing list of names in the arena, with room for all from the start. */
struct names {
    const char **items;
    size_t count;
};

static enum mm_status names_make(struct mm_arena *arena, size_t capacity, struct names *names, struct mm_error *err)
{
    names->items = mm_arena_array(arena, const char *, capacity + 1);
    names->count = 0;
    return names->items ? MM_OK : mm_fail_memory(err, "a report");
}

static void wanted_dims(const struct loading *l, const struct mm_param_info *info, int64_t wanted[5])
{
    for (int i = 0; i < info->file_rank; i++)
        wanted[i] = file_dim(info, l->reversed, i);
}

/* Another shape that can be made to fit. */
static bool adapts(const struct loading *l, size_t param, const struct mm_st_tensor *tensor)
{
    int64_t wanted[5] = {0};
    wanted_dims(l, &l->graph->params[param], wanted);
    return !l->strict && mm_weights_can_adapt(l->graph, param, tensor, wanted);
}

static const char *describe_mismatch(const struct loading *l, const struct mm_param_info *info,
                                     const struct mm_st_tensor *tensor)
{
    char a[192], b[192];
    int64_t wanted[5] = {0};
    wanted_dims(l, info, wanted);
    return mm_arena_format(l->arena, "%s: file %s, model %s", info->name,
                           dims_text(tensor->dim, tensor->rank, a, sizeof(a)),
                           dims_text(wanted, info->file_rank, b, sizeof(b)));
}

/* All that a comparison found. */
struct findings {
    struct names missing, adapted, renewed, reshaped, unexpected;
    size_t loaded;
    int64_t old_classes; /* of the file; 0: no tensor told */
};

static void compare_param(const struct loading *l, size_t param, struct findings *f)
{
    const struct mm_param_info *info = &l->graph->params[param];
    const struct mm_st_tensor *tensor = mm_safetensors_find(l->file, info->name);
    int64_t wanted[5] = {0};
    struct names *names = &f->reshaped;
    if (!tensor && !mm_weights_is_constant(info))
        f->missing.items[f->missing.count++] = info->name;
    if (!tensor)
        return;
    if (same_dims(tensor, info, l->reversed)) {
        f->loaded++;
        return;
    }
    wanted_dims(l, info, wanted);
    if (adapts(l, param, tensor))
        names = &f->adapted;
    else if (mm_weights_is_of_classes(tensor, info->file_rank, wanted, l->classes, &f->old_classes))
        names = &f->renewed;
    names->items[names->count++] = describe_mismatch(l, info, tensor);
}

/* Names that the file has beside the model's. */
static enum mm_status find_unexpected(const struct loading *l, struct names *unexpected, struct mm_error *err)
{
    for (size_t i = 0; i < l->file->count; i++) {
        const char *name = l->file->tensors[i].name;
        bool known = strncmp(name, MM_WEIGHTS_SLOT, strlen(MM_WEIGHTS_SLOT)) == 0;
        for (size_t p = 0; p < l->graph->param_count && !known; p++)
            known = strcmp(l->graph->params[p].name, name) == 0;
        if (!known && !(unexpected->items[unexpected->count++] = mm_arena_text(l->arena, name)))
            return mm_fail_memory(err, "a report");
    }
    return MM_OK;
}

/* Which parameters the file has and in which shape, which names it has beside them. */
static enum mm_status compare(const struct loading *l, struct mm_weights_report *report, struct mm_error *err)
{
    struct findings f = {.loaded = 0};
    enum mm_status status;
    size_t params = l->graph->param_count;
    if (MM_TRY(status, names_make(l->arena, params, &f.missing, err)) ||
        MM_TRY(status, names_make(l->arena, params, &f.adapted, err)) ||
        MM_TRY(status, names_make(l->arena, params, &f.renewed, err)) ||
        MM_TRY(status, names_make(l->arena, params, &f.reshaped, err)) ||
        MM_TRY(status, names_make(l->arena, l->file->count, &f.unexpected, err)))
        return status;
    for (size_t i = 0; i < params; i++)
        compare_param(l, i, &f);
    if (MM_TRY(status, find_unexpected(l, &f.unexpected, err)))
        return status;
    *report = (struct mm_weights_report){
        .loaded = f.loaded,
        .missing = {f.missing.count, f.missing.items},
        .unexpected = {f.unexpected.count, f.unexpected.items},
        .adapted = {f.adapted.count, f.adapted.items},
        .renewed = {f.renewed.count, f.renewed.items},
        .reshaped = {f.reshaped.count, f.reshaped.items},
    };
    return MM_OK;
}

static enum mm_status refuse_difference(const struct mm_weights_report *report, struct mm_error *err)
{
    if (report->reshaped.count)
        return mm_fail(err, MM_ERR_DATA, "%s (%zu tensors of another shape)", report->reshaped.items[0],
                       report->reshaped.count);
    if (report->missing.count)
        return mm_fail(err, MM_ERR_DATA, "%s is missing (%zu tensors are)", report->missing.items[0],
                       report->missing.count);
    if (report->unexpected.count)
        return mm_fail(err, MM_ERR_DATA, "%s is not in the model (%zu tensors are not)", report->unexpected.items[0],
                       report->unexpected.count);
    return MM_OK;
}

/* (a, b, x, y, z) to (a, b, z, y, x); dims are those of the result. */
static void turn(const float *from, float *to, const int64_t dim[5])
{
    size_t d = (size_t)dim[2], h = (size_t)dim[3], w = (size_t)dim[4], at = 0;
    for (size_t outer = 0; outer < (size_t)(dim[0] * dim[1]); outer++)
        for (size_t z = 0; z < d; z++)
            for (size_t y = 0; y < h; y++)
                for (size_t x = 0; x < w; x++)
                    to[at++] = from[((outer * w + x) * h + y) * d + z];
}

/* The tensor's elements in our order: l->host or l->turned. */
static enum mm_status read_values(const struct loading *l, const struct mm_st_tensor *tensor,
                                  const struct mm_param_info *info, const float **values, struct mm_error *err)
{
    enum mm_status status;
    status = same_dims(tensor, info, l->reversed)
                 ? mm_safetensors_floats(tensor, l->host, mm_weights_elements(info), err)
                 : mm_weights_adapt(tensor, info, l->host, err);
    if (status != MM_OK)
        return status;
    *values = l->host;
    if (l->reversed && info->file_rank > 2) {
        turn(l->host, l->turned, info->desc.dim);
        *values = l->turned;
    }
    return MM_OK;
}

static enum mm_status set_params(const struct loading *l, struct mm_error *err)
{
    for (size_t i = 0; i < l->graph->param_count; i++) {
        const struct mm_param_info *info = &l->graph->params[i];
        const struct mm_st_tensor *tensor = mm_safetensors_find(l->file, info->name);
        const float *values;
        enum mm_status status;
        if (!tensor || (!same_dims(tensor, info, l->reversed) && !adapts(l, i, tensor)))
            continue;
        if (MM_TRY(status, read_values(l, tensor, info, &values, err)) ||
            MM_TRY(status, mm_network_set_param(l->network, i, values, err)))
            return status;
    }
    return MM_OK;
}

static enum mm_status loading_begin(struct loading *l, struct mm_error *err)
{
    size_t floats = largest_param(l->graph);
    l->host = mm_alloc(floats * sizeof(float));
    l->turned = mm_alloc(floats * sizeof(float));
    return l->host && l->turned ? MM_OK : mm_fail_memory(err, "the weights");
}

static void loading_end(struct loading *l)
{
    mm_free(l->host);
    mm_free(l->turned);
}

static enum mm_status load_params(struct loading *l, struct mm_error *err)
{
    enum mm_status status = loading_begin(l, err);
    if (status == MM_OK)
        status = set_params(l, err);
    loading_end(l);
    return status;
}

enum mm_status mm_weights_apply(struct mm_arena *arena, struct mm_network *network, const struct mm_safetensors *file,
                                bool strict, const enum mm_axes *axes, struct mm_weights_report *report,
                                struct mm_error *err)
{
    struct loading l = {arena, network, mm_network_graph(network), file, .strict = strict};
    struct mm_weights_report found = {0};
    enum mm_status status;
    if (MM_TRY(status, find_axes(file, axes, l.graph, &l.reversed, err)) ||
        MM_TRY(status, compare(&l, &found, err)) || (strict && MM_TRY(status, refuse_difference(&found, err))))
        return status;
    if (report)
        *report = found;
    return load_params(&l, err);
}

static enum mm_status refuse_transfer(const struct mm_weights_report *r, bool partial, struct mm_error *err)
{
    if (!r->loaded)
        return mm_fail(err, MM_ERR_DATA, "none of its tensors fits this model");
    if (partial || !(r->missing.count + r->unexpected.count + r->reshaped.count))
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA,
                   "is of another model: %zu tensors fit, %zu are missing, %zu are of another shape and %zu unknown "
                   "here; other classes and other image channels would be no hindrance",
                   r->loaded + r->adapted.count, r->missing.count, r->reshaped.count, r->unexpected.count);
}

static enum mm_status transfer(struct loading *l, const struct mm_weights_transfer *how,
                               struct mm_weights_report *report, struct mm_error *err)
{
    enum mm_status status;
    if (MM_TRY(status, find_axes(l->file, how->axes, l->graph, &l->reversed, err)) ||
        MM_TRY(status, compare(l, report, err)) || MM_TRY(status, refuse_transfer(report, how->partial, err)))
        return status;
    return load_params(l, err);
}

enum mm_status mm_weights_transfer(struct mm_arena *arena, struct mm_network *network, const char *path,
                                   const struct mm_weights_transfer *how, struct mm_weights_report *report,
                                   struct mm_error *err)
{
    struct mm_arena bytes; /* the file goes as soon as it is in the network */
    struct mm_safetensors *file;
    enum mm_status status;
    struct loading l = {arena, network, mm_network_graph(network), NULL, .classes = how->classes};
    mm_arena_init(&bytes, NULL);
    status = mm_safetensors_read(&bytes, path, &file, err);
    l.file = file;
    if (status == MM_OK && MM_TRY(status, transfer(&l, how, report, err)))
        mm_fail_in(err, "%s", how->name ? how->name : path);
    mm_arena_done(&bytes);
    return status;
}

enum mm_status mm_weights_load(struct mm_arena *arena, struct mm_network *network, const char *path, bool strict,
                               const enum mm_axes *axes, struct mm_weights_report *report, struct mm_error *err)
{
    struct mm_arena bytes; /* the file goes as soon as it is in the network */
    struct mm_safetensors *file;
    enum mm_status status;
    mm_arena_init(&bytes, NULL);
    status = mm_safetensors_read(&bytes, path, &file, err);
    if (status == MM_OK && MM_TRY(status, mm_weights_apply(arena, network, file, strict, axes, report, err)))
        mm_fail_in(err, "%s", path);
    mm_arena_done(&bytes);
    return status;
}

enum mm_status mm_weights_compare(struct mm_arena *arena, const struct mm_graph *graph, const char *path,
                                  struct mm_weights_report *report, struct mm_error *err)
{
    struct mm_arena bytes;
    struct mm_safetensors *file;
    struct loading l = {.arena = arena, .graph = graph};
    enum mm_status status;
    mm_arena_init(&bytes, NULL);
    if ((status = mm_safetensors_read(&bytes, path, &file, err)) == MM_OK) {
        l.file = file;
        if (MM_TRY(status, find_axes(file, NULL, graph, &l.reversed, err)) ||
            MM_TRY(status, compare(&l, report, err)))
            mm_fail_in(err, "%s", path);
    }
    mm_arena_done(&bytes);
    return status;
}

static enum mm_status set_slot(const struct loading *l, size_t param, size_t slot, struct mm_error *err)
{
    const struct mm_param_info *info = &l->graph->params[param];
    enum mm_status status;
    const float *values;
    const char *name = mm_arena_format(l->arena, MM_WEIGHTS_SLOT "%zu.%s", slot, info->name);
    if (!name)
        return mm_fail_memory(err, "a name");
    const struct mm_st_tensor *tensor = mm_safetensors_find(l->file, name);
    if (!tensor || !same_dims(tensor, info, l->reversed))
        return mm_fail(err, MM_ERR_DATA, "%s is missing or has another shape", name);
    if (MM_TRY(status, read_values(l, tensor, info, &values, err)))
        return status;
    return mm_network_set_slot(l->network, param, slot, values, err);
}

enum mm_status mm_weights_restore(struct mm_arena *arena, struct mm_network *network,
                                  const struct mm_safetensors *file, struct mm_error *err)
{
    struct loading l = {.arena = arena, .network = network, .graph = mm_network_graph(network), .file = file};
    enum mm_status status;
    if (MM_TRY(status, mm_weights_apply(arena, network, file, true, NULL, NULL, err)) ||
        MM_TRY(status, find_axes(file, NULL, l.graph, &l.reversed, err)))
        return status;
    status = loading_begin(&l, err);
    for (size_t slot = 0; slot < mm_network_slots(network) && status == MM_OK; slot++)
        for (size_t i = 0; i < l.graph->param_count && status == MM_OK; i++)
            if (mm_weights_is_learned(&l.graph->params[i]))
                status = set_slot(&l, i, slot, err);
    loading_end(&l);
    return status;
}
