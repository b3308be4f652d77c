/* Listed fields go (MONAI DeleteItems): by name, or by regular expression. */
#include <regex.h>

#include "transforms/per_key.h"
#include "transforms/transform.h"

struct delete_items {
    const cJSON *use_re;
    struct mm_doubles expressions; /* by key */
};
#define P struct delete_items

static const struct mm_param params[] = {
    MM_JSON(P, use_re,
            .help = "true: the key is a regular expression, searched anywhere in a name; one value or one a key"),
    MM_IGNORED("sep", .help = "fields have no parts"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_per_key_read(arena, p->use_re, "use_re", MM_PER_KEY_BOOL, NULL, &p->expressions, err);
}

static enum mm_status remove_matching(struct mm_sample *sample, const char *expression, struct mm_error *err)
{
    regex_t regex;
    if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB))
        return mm_fail(err, MM_ERR_CONFIG, "\"%s\" is no regular expression", expression);
    for (size_t i = sample->count; i-- > 0;)
        if (regexec(&regex, sample->fields[i].name, 0, NULL, 0) == 0)
            mm_sample_remove(sample, sample->fields[i].name);
    regfree(&regex);
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    for (size_t key = 0; key < keys->count; key++) {
        if (!mm_per_key_on(&p->expressions, key))
            mm_sample_remove(sample, keys->items[key]);
        else if (MM_TRY(s, remove_matching(sample, keys->items[key], err)))
            return s;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_delete_items = {
    .name = "DeleteItems",
    .summary = "drop fields",
    .notes = "fields that are not there are no error, as in MONAI; expressions are POSIX extended ones",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .apply = apply,
    .example = "{\"name\": \"DeleteItemsd\", \"args\": {\"keys\": \"label\"}}",
};
