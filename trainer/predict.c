/* Predictions: network output of a prepared image, through the post transforms, back to the grid of the file. */
#include "trainer/predict.h"

#include <math.h>

#include "image/affine.h"

struct network_call {
    struct mm_network *network;
};

static enum mm_status predict_batch(void *context, const struct mm_desc *input, const float *x, float *y,
                                    struct mm_error *err)
{
    struct network_call *call = context;
    return mm_network_infer(call->network, input, x, y, err);
}

enum mm_status mm_predict_logits(struct mm_network *network, const struct mm_training *training,
                                 struct mm_arena *arena, const struct mm_sample *sample, struct mm_volume **out,
                                 struct mm_error *err)
{
    const struct mm_field *field = mm_sample_find(sample, training->prediction.image_field);
    if (!field || field->kind != MM_FIELD_VOLUME)
        return mm_fail(err, MM_ERR_CONFIG, "the chain leaves no image in field \"%s\"",
                       training->prediction.image_field);
    int64_t wanted = training->model->in_channels(training->model_self);
    if (field->volume->channels != wanted)
        return mm_fail(err, MM_ERR_DATA, "has %d channels, the model takes %lld", field->volume->channels,
                       (long long)wanted);
    const struct mm_volume *image = field->volume;
    if (image->rank != training->graph->spatial)
        return mm_fail(err, MM_ERR_DATA, "has %d axes, the model takes %d", image->rank, training->graph->spatial);
    if (image->type != MM_F32 || !mm_volume_is_dense(image))
        image = mm_volume_convert(arena, image, MM_F32);
    if (!image)
        return mm_fail_memory(err, "the image");
    int multiple[3];
    training->model->multiple(training->model_self, multiple);
    struct network_call call = {network};
    int channels = (int)training->model->out_channels(training->model_self);
    return mm_infer_volume(arena, &training->prediction.inferer, image, channels, multiple, predict_batch, &call, out,
                           err);
}

/* Argmax over channels (the first of equals wins); one channel: probability >= 0.5. */
static enum mm_status decide(const struct mm_training *training, struct mm_sample *sample, struct mm_field *field,
                             struct mm_error *err)
{
    const struct mm_model *model = training->model;
    const float threshold = model->probability && model->probability(training->model_self) ? 0.5f : 0.0f;
    const struct mm_volume *from = field->volume;
    struct mm_volume *labels = mm_volume_like(sample->arena, from, from->channels > 256 ? MM_I32 : MM_U8, 1);
    if (!labels)
        return mm_fail_memory(err, "the prediction");
    size_t voxels = mm_volume_voxels(from);
    const float *x = from->data;
    for (size_t i = 0; i < voxels; i++) {
        int best = from->channels == 1 ? x[i] >= threshold : 0;
        for (int c = 1; c < from->channels; c++)
            if (x[(size_t)c * voxels + i] > x[(size_t)best * voxels + i])
                best = c;
        if (labels->type == MM_U8)
            ((uint8_t *)labels->data)[i] = (uint8_t)best;
        else
            ((int32_t *)labels->data)[i] = best;
    }
    field->volume = labels;
    return MM_OK;
}

enum mm_status mm_predict_sample(struct mm_network *network, const struct mm_training *training,
                                 struct mm_sample *sample, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *logits;
    if (MM_TRY(s, mm_predict_logits(network, training, sample->arena, sample, &logits, err)))
        return s;
    return mm_predict_finish(training, sample, logits, err);
}

enum mm_status mm_predict_finish(const struct mm_training *training, struct mm_sample *sample,
                                 struct mm_volume *logits, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_prediction_spec *spec = &training->prediction;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_add(sample, spec->prediction_field, MM_FIELD_VOLUME, &field, err)))
        return s;
    field->volume = logits;
    const struct mm_chain *post = mm_sample_find(sample, spec->label_field) ? spec->post : spec->post_alone;
    if (!post || !post->count)
        return decide(training, sample, field, err);
    if (MM_TRY(s, mm_chain_run(post, 0, post->count, sample, NULL, err)))
        return mm_fail_in(err, "post_transforms");
    return MM_OK;
}

static bool on_file_grid(const struct mm_volume *volume, const struct mm_field *image)
{
    return volume->size[0] == mm_field_file(image)->size[0] && volume->size[1] == mm_field_file(image)->size[1] &&
           volume->size[2] == mm_field_file(image)->size[2];
}

/* The prediction lies where the image's file does: it has a file's grid, its size and its affine. */
static bool is_returned(const struct mm_field *pred, const struct mm_field *image)
{
    return pred->source && on_file_grid(pred->volume, image) &&
           mm_affine_near(pred->volume->affine, mm_field_file(image)->affine, 1e-3);
}

/* Label values as integers of the narrowest type; masks with several channels as bytes. */
static struct mm_volume *as_labels(struct mm_arena *arena, const struct mm_volume *volume, int classes)
{
    return mm_volume_convert(arena, volume, classes > 256 ? MM_U16 : MM_U8);
}

/* From the grid after the chain to that of the image's file. */
static enum mm_status carry_back(struct mm_sample *sample, const struct mm_field *image, bool nearest,
                                 struct mm_volume **volume, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_field_invert(image, sample->arena, *volume, nearest, volume, err)))
        return mm_fail_in(err, "carrying the prediction back to the grid of %s",
                          image->source ? image->source : "the image");
    return MM_OK;
}

/* The volume, which must have the file's size, as the file lies. */
static enum mm_status lie_as_file(const struct mm_field *image, struct mm_volume *volume, struct mm_error *err)
{
    if (!on_file_grid(volume, image))
        return mm_fail(err, MM_ERR_DATA,
                       "the prediction is %dx%dx%d, the image file %dx%dx%d: a transform cannot be undone",
                       volume->size[0], volume->size[1], volume->size[2], mm_field_file(image)->size[0],
                       mm_field_file(image)->size[1], mm_field_file(image)->size[2]);
    memcpy(volume->affine, mm_field_file(image)->affine, sizeof volume->affine);
    volume->rank = mm_field_file(image)->rank;
    return MM_OK;
}

enum mm_status mm_predict_on_file_grid(struct mm_network *network, const struct mm_training *training,
                                       struct mm_sample *sample, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_prediction_spec *spec = &training->prediction;
    if (MM_TRY(s, mm_predict_sample(network, training, sample, err)))
        return s;
    const struct mm_field *image = mm_sample_find(sample, spec->image_field),
                          *pred = mm_sample_find(sample, spec->prediction_field);
    struct mm_volume *volume = pred->volume;
    bool inverted = is_returned(pred, image); /* an Invert among the post transforms did it */
    if (!inverted && MM_TRY(s, carry_back(sample, image, true, &volume, err)))
        return s;
    if (!(*out = as_labels(sample->arena, volume, spec->classes)))
        return mm_fail_memory(err, "the prediction");
    return lie_as_file(image, *out, err);
}

/* Those of the post transforms that make probabilities of logits; NULL when none does. */
static const struct mm_step *activation_of(const struct mm_chain *post)
{
    for (size_t i = 0; post && i < post->count; i++)
        if (strcmp(post->steps[i].transform->name, "Activations") == 0)
            return &post->steps[i];
    return NULL;
}

static void sigmoid(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 1 / (1 + expf(-x[i]));
}

static void softmax(float *x, size_t voxels, int channels)
{
    for (size_t i = 0; i < voxels; i++) {
        float most = x[i], sum = 0;
        for (int c = 1; c < channels; c++)
            most = fmaxf(most, x[(size_t)c * voxels + i]);
        for (int c = 0; c < channels; c++)
            sum += x[(size_t)c * voxels + i] = expf(x[(size_t)c * voxels + i] - most);
        for (int c = 0; c < channels; c++)
            x[(size_t)c * voxels + i] /= sum;
    }
}

/* As the post transforms make them; else softmax, of one channel sigmoid, unless the network ends in one itself. */
static enum mm_status make_probabilities(const struct mm_training *training, struct mm_sample *sample,
                                         struct mm_field *field, struct mm_error *err)
{
    const struct mm_prediction_spec *spec = &training->prediction;
    const struct mm_model *model = training->model;
    const struct mm_step *activation = activation_of(spec->post_alone ? spec->post_alone : spec->post);
    if (activation)
        return activation->transform->each(activation, sample, field, 0, NULL, err);
    struct mm_volume *v = field->volume;
    size_t voxels = mm_volume_voxels(v);
    if (model->probability && model->probability(training->model_self))
        return MM_OK;
    if (v->channels == 1)
        sigmoid(v->data, voxels);
    else
        softmax(v->data, voxels, v->channels);
    return MM_OK;
}

enum mm_status mm_predict_probabilities(struct mm_network *network, const struct mm_training *training,
                                        struct mm_sample *sample, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_prediction_spec *spec = &training->prediction;
    struct mm_volume *volume;
    struct mm_field *field;
    if (MM_TRY(s, mm_predict_logits(network, training, sample->arena, sample, &volume, err)) ||
        MM_TRY(s, mm_sample_add(sample, spec->prediction_field, MM_FIELD_VOLUME, &field, err)))
        return s;
    field->volume = volume;
    if (MM_TRY(s, make_probabilities(training, sample, field, err)))
        return s;
    const struct mm_field *image = mm_sample_find(sample, spec->image_field);
    volume = field->volume;
    if (MM_TRY(s, carry_back(sample, image, false, &volume, err)))
        return s;
    if (!(*out = mm_volume_convert(sample->arena, volume, MM_F32)))
        return mm_fail_memory(err, "the prediction");
    return lie_as_file(image, *out, err);
}

enum mm_status mm_class_masks(struct mm_arena *arena, const struct mm_volume *volume, int classes, uint8_t **masks,
                              struct mm_error *err)
{
    size_t voxels = mm_volume_voxels(volume);
    uint8_t *out = mm_arena_alloc(arena, voxels * (size_t)classes);
    const struct mm_volume *dense = mm_volume_convert(arena, volume, MM_F32);
    if (!out || !dense)
        return mm_fail_memory(err, "the masks");
    const float *x = dense->data;
    *masks = out;
    if (volume->channels > 1) {
        if (volume->channels != classes)
            return mm_fail(err, MM_ERR_DATA, "has %d channels, the model has %d classes", volume->channels, classes);
        for (size_t i = 0; i < voxels * (size_t)classes; i++)
            out[i] = x[i] >= 0.5f;
        return MM_OK;
    }
    for (size_t i = 0; i < voxels; i++) {
        if (!(x[i] >= 0 && x[i] < (float)classes) || x[i] != floorf(x[i]))
            return mm_fail(err, MM_ERR_DATA, "label value %g is not one of the %d classes 0..%d", (double)x[i],
                           classes, classes - 1);
        out[(size_t)x[i] * voxels + i] = 1;
    }
    return MM_OK;
}
