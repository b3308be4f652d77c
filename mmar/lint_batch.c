/* A rehearsal: the first batch and the first validation image are made as `train` makes them, and the network is planned for them. */
#include "cache/whole.h"
#include "mmar/interrupt.h"
#include "mmar/lint.h"
#include "trainer/batch_fault.h"
#include "trainer/network.h"

static enum mm_status open_loader(const struct mm_training *t, const struct mm_source *source, struct mm_loader **out,
                                  struct mm_error *err)
{
    const char *const fields[] = {t->prediction.image_field, t->prediction.label_field};
    const struct mm_loader_options options = {.seed = t->seed,
                                              .no_cache = true,
                                              .threads = 1,
                                              .shuffle = source == t->train,
                                              .fields = fields,
                                              .field_count = 2,
                                              .interrupted = mm_interrupted};
    return mm_loader_open(source, &options, out, err);
}

static enum mm_status plan_for(const struct mm_training *t, const struct mm_batch *batch, struct mm_error *err)
{
    enum mm_status s;
    struct mm_network *network;
    struct mm_desc inputs[2];
    struct mm_plan_stats stats;
    const struct mm_network_options options = {.backend = "auto"};
    for (int i = 0; i < 2; i++) {
        const int64_t *dim = batch->fields[i].dim;
        inputs[i] = mm_desc_make(t->graph->spatial, dim[0], dim[1], dim[2], dim[3], dim[4]);
    }
    if (batch->fields[0].spatial != t->graph->spatial)
        return mm_fail(err, MM_ERR_DATA, "the images have %d axes, the model takes %d", batch->fields[0].spatial,
                       t->graph->spatial);
    if (MM_TRY(s, mm_network_open(t->graph, &options, &network, err)))
        return s;
    s = mm_network_measure(network, MM_PLAN_TRAINING, t->loss_root, inputs, 2, &stats, NULL, err);
    mm_network_close(network);
    return s;
}

static enum mm_status rehearse_batch(const struct mm_training *t, struct mm_loader *loader, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_batch *batch;
    char fault[1024];
    if (MM_TRY(s, mm_loader_begin(loader, 0, 0, err)) || MM_TRY(s, mm_loader_next(loader, &batch, err)) ||
        MM_TRY(s, plan_for(t, batch, err)))
        return s;
    return mm_batch_fault(t, batch, fault, sizeof fault) ? mm_fail(err, MM_ERR_DATA, "%s", fault) : MM_OK;
}

static enum mm_status rehearse_image(const struct mm_training *t, struct mm_loader *loader, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena scratch;
    struct mm_sample *sample;
    struct mm_field *image;
    int64_t wanted = t->model->in_channels(t->model_self);
    mm_arena_init(&scratch, NULL);
    if ((s = mm_loader_sample(loader, 0, &scratch, &sample, err)) == MM_OK) {
        if (sample && (s = mm_sample_volume(sample, t->prediction.image_field, &image, err)) == MM_OK &&
            (image->volume->channels != wanted || image->volume->rank != t->graph->spatial))
            s = mm_fail(err, MM_ERR_DATA,
                        "%s has %d axes and %d channels after the transforms, the model takes %d and %lld",
                        image->source ? image->source : image->name, image->volume->rank, image->volume->channels,
                        t->graph->spatial, (long long)wanted);
        mm_loader_release(loader, 0);
    }
    mm_arena_done(&scratch);
    return s;
}

static void rehearse(const struct mm_training *t, const struct mm_source *source, const char *what,
                     enum mm_status (*run)(const struct mm_training *, struct mm_loader *, struct mm_error *),
                     struct mm_problems *problems)
{
    struct mm_error err = {.status = MM_OK};
    struct mm_loader *loader = NULL;
    uint32_t item;
    const char *cause;
    enum mm_status s = open_loader(t, source, &loader, &err);
    if (s == MM_OK)
        s = run(t, loader, &err);
    for (uint32_t i = 0; s == MM_OK && mm_loader_quarantined(loader, i, &item, &cause); i++)
        mm_problem(problems, MM_SEVERITY_WARNING, NULL, "%s: %s (left out)", what, cause);
    mm_loader_close(loader);
    if (s != MM_OK && s != MM_INTERRUPTED)
        mm_problem(problems, MM_SEVERITY_ERROR, NULL, "%s: %s", what, err.text);
}

void mm_lint_batch(const struct mm_training *training, struct mm_problems *problems)
{
    if (training->train)
        rehearse(training, training->train, "the first training batch", rehearse_batch, problems);
    if (training->validation && training->model)
        rehearse(training, training->validation, "the first validation image", rehearse_image, problems);
}
