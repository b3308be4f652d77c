/* The plan of a run: cache, network, length. The numbers of the cache are those that a training would use now. */
#include "base/threads.h"
#include "cache/outlook.h"
#include "mmar/report.h"
#include "trainer/resolved.h"

#define HEADERS 16 /* read for the bound on an item where memory does not decide */

struct network_cost {
    bool is_known; /* the size of a crop is */
    struct mm_desc input;
    struct mm_plan_stats stats;
};

/* One crop as the chain leaves it: the training batch's spatial size, when the config or the chain says it. */
static bool patch_size(const struct mm_training *t, int size[3])
{
    const struct mm_pipeline *p = t->train ? t->train->pipeline : NULL;
    if (p && p->output_crop_size.count && p->output_crop_size.items[0] > 0) {
        for (size_t i = 0; i < 3; i++)
            size[i] = i < p->output_crop_size.count ? (int)p->output_crop_size.items[i] : 1;
        return true;
    }
    return false;
}

static enum mm_status cost_network(const struct mm_training *t, uint32_t batch, struct network_cost *out,
                                   struct mm_error *err)
{
    enum mm_status s;
    int size[3];
    *out = (struct network_cost){.is_known = t->model && patch_size(t, size)};
    if (!out->is_known)
        return MM_OK;
    struct mm_network *network;
    const struct mm_network_options options = {.backend = "auto"};
    struct mm_desc inputs[2];
    inputs[0] =
        mm_desc_make(t->graph->spatial, batch, t->model->in_channels(t->model_self), size[2], size[1], size[0]);
    inputs[1] = mm_desc_make(t->graph->spatial, batch, 1, size[2], size[1], size[0]);
    out->input = inputs[0];
    if (MM_TRY(s, mm_network_open(t->graph, &options, &network, err)))
        return s;
    s = mm_network_measure(network, MM_PLAN_TRAINING, t->loss_root, inputs, 2, &out->stats, NULL, err);
    mm_network_close(network);
    return s;
}

static void print_network(const struct mm_training *t, const struct network_cost *cost, struct mm_text *text)
{
    char bytes[32], shown[96];
    mm_text_format(text, "model      %s, %lld parameters", t->model->name,
                   (long long)mm_graph_param_count(t->graph, MM_ROLE_PARAM));
    if (cost->is_known)
        mm_text_format(text, ", input %s\n           %.1f GFLOP a step, %s of activations, %zu reorders",
                       mm_desc_text(&cost->input, shown, sizeof shown),
                       (cost->stats.flops_forward + cost->stats.flops_backward) / 1e9,
                       mm_text_bytes(bytes, sizeof bytes, (double)cost->stats.activation_bytes),
                       cost->stats.reorders);
    mm_text_add(text, "\n");
}

static cJSON *network_json(struct mm_arena *arena, const struct mm_training *t, const struct network_cost *cost)
{
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "name", mm_json_text(arena, t->model->name));
    mm_json_add(arena, json, "parameters", mm_json_integer(arena, mm_graph_param_count(t->graph, MM_ROLE_PARAM)));
    if (!cost->is_known)
        return json;
    mm_json_add(arena, json, "flops_per_step",
                mm_json_number(arena, cost->stats.flops_forward + cost->stats.flops_backward));
    mm_json_add(arena, json, "activation_bytes", mm_json_integer(arena, (int64_t)cost->stats.activation_bytes));
    return json;
}

/* How long a training takes. */
static void plan_length(const struct mm_training *t, uint32_t steps, struct mm_text *text)
{
    mm_text_format(text, "optimizer  %s, learning rate %g%s%s\n", t->optimizer->name, t->learning_rate,
                   t->schedule ? ", " : "", t->schedule ? t->schedule->name : "");
    mm_text_format(text, "length     %lld epochs of %u steps, validation every %lld", (long long)t->epochs, steps,
                   (long long)t->valid_interval);
    if (t->validation)
        mm_text_format(text, " on %zu items of \"%s\"\n", t->validation->list->count,
                       t->validation->pipeline->data_list_key);
    else
        mm_text_add(text, ": none, the config has no validate.image_pipeline\n");
}

/* The training as it would run: with the numbers that its folder has kept, where they are of this config. */
static enum mm_status resolve(struct mm_arena *arena, const struct mm_training *t, const char *folder,
                              struct mm_resolved *resolved, struct mm_error *err)
{
    *resolved = (struct mm_resolved){.training = t};
    return t->train ? mm_resolve(arena, t, folder, resolved, err) : MM_OK;
}

static enum mm_status plan_cache(const struct mm_resolved *resolved, const struct mm_source *source,
                                 struct mm_cache_plan *plan, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_cache_plan_make(source, HEADERS, 1, plan, err)))
        return s;
    if (resolved->is_kept && resolved->replaced_max) {
        plan->replaced_max = resolved->replaced_max;
        plan->plain = false;
    }
    return MM_OK;
}

static void measure(const struct mm_source *source, uint64_t seed, struct mm_cache_basis *basis, struct mm_text *text)
{
    struct mm_source_cost cost;
    struct mm_error err = {0};
    if (mm_source_measure(source, seed, &cost, &err)) {
        mm_text_format(text, "warning: what loading takes could not be measured: %s\n", err.text);
        return;
    }
    basis->load_seconds = cost.seconds;
    basis->item_bytes = cost.bytes;
}

static void print_tail(const struct mm_training *t, const struct mm_resolved *resolved,
                       const struct mm_source *source, const struct mm_cache_plan *plan,
                       const struct network_cost *cost, struct mm_text *text)
{
    if (resolved->is_kept)
        mm_text_format(text, "resolved   num_cache_objects, replace_percent and replace_every are those of %s\n",
                       resolved->path);
    if (t->model)
        print_network(t, cost, text);
    if (t->train)
        plan_length(t, plan->steps, text);
    else
        mm_text_format(text, "evaluates  %zu items of \"%s\"\n", source->list->count,
                       source->pipeline->data_list_key);
}

enum mm_status mm_report_plan(struct mm_arena *arena, const struct mm_training *training,
                              const struct mm_plan_question *request, struct mm_text *text, cJSON **json,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_cache_plan plan;
    struct mm_resolved resolved;
    struct network_cost cost;
    struct mm_cache_basis basis = {.threads = request->loader_threads,
                                   .step_seconds = request->step_seconds,
                                   .available = mm_memory_available()};
    if (MM_TRY(s, resolve(arena, training, request->folder, &resolved, err)))
        return s;
    const struct mm_training *t = resolved.is_kept ? resolved.training : training;
    const struct mm_source *source = t->train ? t->train : t->validation; /* an evaluation file has no training */
    if (!source)
        return mm_fail(err, MM_ERR_CONFIG, "%s: has no data to plan for", t->config->file);
    if (MM_TRY(s, plan_cache(&resolved, source, &plan, err)) || MM_TRY(s, cost_network(t, plan.batch, &cost, err)))
        return s;
    basis.epochs = t->train ? t->epochs : 0;
    if (request->measures)
        measure(source, t->seed, &basis, text);
    mm_cache_plan_print(source, &plan, &basis, text);
    print_tail(t, &resolved, source, &plan, &cost, text);
    if (!json)
        return MM_OK;
    *json = mm_cache_plan_json(arena, source, &plan, &basis);
    mm_json_add(arena, *json, "resolved", mm_json_bool(arena, resolved.is_kept));
    if (t->model)
        mm_json_add(arena, *json, "model", network_json(arena, t, &cost));
    return *json ? MM_OK : mm_fail_memory(err, "the plan");
}
