/* Checkpoints and weights: whatever ends the program while one is written, the old one or the new one is there. */
#include "tests/trainer/component.h"

#include "base/file.h"
#include "tests/support/durability.h"
#include "trainer/checkpoint.h"
#include "trainer/weights.h"

#define ARGS "{\"spatial_dims\": 2, \"in_channels\": 1, \"channels\": [2, 3], \"strides\": [2], \"out_channels\": 2}"

static struct mm_network *network; /* of all tests: it is only read */

static int open_network(void **state)
{
    struct mm_error err = {0};
    struct mm_graph *graph;
    if (scratch_setup(state) != 0)
        return -1;
    struct scratch *scratch = *state;
    const struct mm_model *model = mm_model_find("UNet");
    const struct mm_optimizer *adam = mm_optimizer_find("Adam");
    void *self = component_read(&scratch->arena, model->params, model->params_size, ARGS);
    const struct mm_network_options options = {.backend = "reference"};
    if (model->check(&scratch->arena, self, &err) != MM_OK ||
        mm_model_graph(&scratch->arena, model, self, &graph, &err) != MM_OK ||
        mm_network_open(graph, &options, &network, &err) != MM_OK)
        return -1;
    return mm_network_optimizer(network, adam, component_read(&scratch->arena, adam->params, adam->params_size, "{}"),
                                &err) != MM_OK ||
           mm_network_initialise(network, 7, &err) != MM_OK;
}

static int close_network(void **state)
{
    mm_network_close(network);
    return scratch_teardown(state);
}

static enum mm_status write_epoch(struct scratch *s, const char *folder, int64_t epoch, struct mm_error *err)
{
    double metrics[] = {0.5, 0.75};
    const struct mm_run_state state = {
        .epoch = epoch, .best_epoch = 1, .best_metric = 0.75, .metrics = metrics, .metric_count = 2, .digest = "d"};
    return mm_checkpoint_write(&s->arena, network, mm_file_join(&s->arena, folder, "checkpoint.safetensors"), &state,
                               err);
}

static void older(struct scratch *s, const char *folder)
{
    struct mm_error err;
    assert_int_equal(write_epoch(s, folder, 1, &err), MM_OK);
}

static enum mm_status newer(struct scratch *s, const char *folder, struct mm_error *err)
{
    return write_epoch(s, folder, 2, err);
}

static bool is_newer(struct scratch *s, const char *folder)
{
    struct mm_error err;
    struct mm_run_state state = {.digest = "d"};
    const char *path = mm_file_join(&s->arena, folder, "checkpoint.safetensors");
    return mm_checkpoint_read(&s->arena, network, path, &state, &err) == MM_OK && state.epoch == 2 &&
           state.metric_count == 2;
}

static enum mm_status save(struct scratch *s, const char *folder, struct mm_error *err)
{
    return mm_weights_save(network, mm_file_join(&s->arena, folder, "model.safetensors"), NULL, false, err);
}

static bool is_saved(struct scratch *s, const char *folder)
{
    struct mm_error err;
    struct mm_weights_report report = {0};
    const char *path = mm_file_join(&s->arena, folder, "model.safetensors");
    return mm_weights_load(&s->arena, network, path, true, NULL, &report, &err) == MM_OK;
}

static void a_checkpoint_is_old_or_new(void **state)
{
    durability_hold(
        *state, &(const struct durable){.name = "checkpoint", .prepare = older, .run = newer, .is_new = is_newer});
}

static void weights_are_old_or_new(void **state)
{
    durability_hold(*state, &(const struct durable){.name = "weights", .run = save, .is_new = is_saved});
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_network, close_network)
    const struct CMUnitTest tests[] = {T(a_checkpoint_is_old_or_new), T(weights_are_old_or_new)};
    scratch_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
