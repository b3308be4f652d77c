/* Steps that make more of an image's channels, or further images, told by their parameters: transforms of one effect call them the same. */
#include "cache/bound_fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct mm_bound_field *mm_bound_find(struct mm_bound_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!strcmp(fields->items[i].name, name))
            return &fields->items[i];
    return NULL;
}

const void *mm_bound_param(const struct mm_step *step, const char *name, enum mm_param_type type)
{
    const struct mm_param *param = step->transform->params ? mm_params_find(step->transform->params, name) : NULL;
    return param && param->type == type && param->offset != SIZE_MAX ? (const char *)step->self + param->offset
                                                                     : NULL;
}

static const char *text_of(const struct mm_step *step, const char *name)
{
    const char *const *text = mm_bound_param(step, name, MM_PARAM_STRING);
    return text ? *text : NULL;
}

static const struct mm_strings *texts_of(const struct mm_step *step, const char *name)
{
    return mm_bound_param(step, name, MM_PARAM_STRINGS);
}

/* A number for the key at that place: one for all, or a list whose last serves all further keys. */
static double number_for_key(const struct mm_step *step, const char *name, size_t key)
{
    const cJSON *const *json = mm_bound_param(step, name, MM_PARAM_JSON);
    const cJSON *value = json ? *json : NULL;
    if (cJSON_IsArray(value))
        for (value = value->child; value && value->next && key; key--)
            value = value->next;
    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

/* A copy of `from` under another name, over what may have that name. Samples cannot have more images than there is room. */
static void put(struct mm_bound_fields *fields, const struct mm_bound_field *from, const char *name, double channels,
                double width)
{
    struct mm_bound_field copy = *from, *to = mm_bound_find(fields, name);
    if (!to && fields->count == MM_SAMPLE_FIELDS_MAX)
        return;
    snprintf(copy.name, sizeof copy.name, "%s", name);
    copy.channels = channels;
    copy.width = width;
    *(to ? to : &fields->items[fields->count++]) = copy;
}

static void change_field(struct mm_bound_field *field, const struct mm_step *step, size_t key)
{
    const int64_t *repeats = mm_bound_param(step, "repeats", MM_PARAM_INT);
    double classes = fmax(number_for_key(step, "to_onehot", key), number_for_key(step, "n_classes", key));
    const char *name = step->transform->name;
    field->width = fmax(4, field->width); /* narrow types may become float32 on the way */
    if (repeats)
        field->channels *= (double)*repeats;
    if (classes > 1 && classes >= field->channels) { /* uint8 */
        field->channels = classes;
        field->width = 1;
    }
    if (!strcmp(name, "ConvertToMultiChannelBasedOnBratsClasses"))
        field->channels = fmax(3, field->channels);
    if (!strcmp(name, "AddExtremePointsChannel"))
        field->channels += 1;
}

static void copy_items(struct mm_bound_fields *fields, const struct mm_step *step, int64_t times,
                       const struct mm_strings *names)
{
    const struct mm_strings *keys = &step->common.keys;
    for (size_t t = 0; t < (size_t)times; t++)
        for (size_t k = 0; k < keys->count; k++) {
            const struct mm_bound_field *from = mm_bound_find(fields, keys->items[k]);
            size_t at = t * keys->count + k;
            char name[128];
            snprintf(name, sizeof name, "%s_%zu", keys->items[k], t);
            if (from)
                put(fields, from, names && at < names->count ? names->items[at] : name, from->channels, from->width);
        }
}

/* Each of its channels, or values, as an image of its own. */
static void split(struct mm_bound_fields *fields, const struct mm_bound_field *field, const struct mm_strings *names,
                  bool are_endings)
{
    const struct mm_bound_field from = *field;
    size_t count = are_endings ? (size_t)from.channels : names->count;
    for (size_t c = 0; c < count && c < MM_SAMPLE_FIELDS_MAX; c++) {
        char name[128];
        if (!are_endings)
            snprintf(name, sizeof name, "%s", names->items[c]);
        else if (c < names->count)
            snprintf(name, sizeof name, "%.60s_%.60s", from.name, names->items[c]);
        else
            snprintf(name, sizeof name, "%.60s_%zu", from.name, c);
        put(fields, &from, name, 1, from.width);
    }
}

static void concat(struct mm_bound_fields *fields, const struct mm_step *step, const char *name)
{
    const struct mm_strings *keys = &step->common.keys;
    double channels = 0, width = 4;
    const struct mm_bound_field *first = NULL;
    for (size_t k = 0; k < keys->count; k++) {
        const struct mm_bound_field *field = mm_bound_find(fields, keys->items[k]);
        first = first ? first : field;
        channels += field ? field->channels : 0;
        width = field ? fmax(width, field->width) : width;
    }
    if (first)
        put(fields, first, name, channels, width);
}

static void make_fields(struct mm_bound_fields *fields, const struct mm_step *step)
{
    const int64_t *times = mm_bound_param(step, "times", MM_PARAM_INT);
    const struct mm_strings *endings = texts_of(step, "output_postfixes"),
                            *of_channels = texts_of(step, "channel_names"),
                            *of_labels = texts_of(step, "label_names");
    const char *name = text_of(step, "name"), *field = text_of(step, "field"), *both = text_of(step, "discrepancy");
    struct mm_bound_field *from = field ? mm_bound_find(fields, field) : NULL;
    if (times)
        copy_items(fields, step, *times, texts_of(step, "names"));
    if (name)
        concat(fields, step, name);
    for (size_t k = 0; endings && k < step->common.keys.count; k++)
        if ((from = mm_bound_find(fields, step->common.keys.items[k])))
            split(fields, from, endings, true);
    if (from && (of_channels || of_labels))
        split(fields, from, of_channels ? of_channels : of_labels, false);
    if (both && text_of(step, "label") && (from = mm_bound_find(fields, text_of(step, "label"))))
        put(fields, from, both, 2, 4);
}

void mm_bound_channels(struct mm_bound_fields *fields, const struct mm_step *step)
{
    const int64_t *kept = mm_bound_param(step, "number_intensity_ch", MM_PARAM_INT);
    const char *image = text_of(step, "image");
    struct mm_bound_field *field;
    for (size_t k = 0; k < step->common.keys.count; k++)
        if ((field = mm_bound_find(fields, step->common.keys.items[k])))
            change_field(field, step, k);
    if (kept && image && (field = mm_bound_find(fields, image))) {
        field->channels += 2;
        field->width = fmax(4, field->width);
    }
    make_fields(fields, step);
}
