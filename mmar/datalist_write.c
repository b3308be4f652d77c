/* Finding images and labels in a folder and writing them as a datalist with splits. */
#include "mmar/datalist_write.h"

#include <math.h>
#include <regex.h>

#include "base/file.h"
#include "base/random.h"
#include "image/format.h"

struct pair {
    const char *image, *label; /* relative to the folder; label NULL: none */
    const char *group;
};

struct finder {
    struct mm_arena *arena;
    const struct mm_datalist_request *request;
    const char *images, *labels; /* subfolders, "" = the folder itself */
    char **image_names, **label_names;
    size_t image_count, label_count;
    struct pair *pairs;
    size_t count;
};

static const char *const folder_pairs[][2] = {{"imagesTr", "labelsTr"}, {"images", "labels"}, {"image", "label"},
                                              {"images", "masks"},      {"img", "mask"},      {"image", "mask"}};
/* What may stand behind a stem to mark a label. */
static const char *const label_endings[] = {"", "_seg", "_label", "_mask", "_gt", "-seg", "-label", "_segmentation"};

static enum mm_status list_images(struct finder *f, const char *sub, char ***names, size_t *count,
                                  struct mm_error *err)
{
    enum mm_status s;
    char **all;
    size_t total;
    const char *path = *sub ? mm_file_join(f->arena, f->request->folder, sub) : f->request->folder;
    if (MM_TRY(s, mm_file_list(f->arena, path, &all, &total, err)))
        return s;
    *names = all;
    *count = 0;
    for (size_t i = 0; i < total; i++) /* macOS leaves "._x" beside every x */
        if (mm_format_of(all[i]) && all[i][0] != '.')
            all[(*count)++] = all[i];
    return MM_OK;
}

static enum mm_status choose_folders(struct finder *f, struct mm_error *err)
{
    const struct mm_datalist_request *r = f->request;
    if (r->images) {
        f->images = r->images;
        f->labels = r->labels;
        return MM_OK;
    }
    for (size_t i = 0; i < sizeof folder_pairs / sizeof *folder_pairs; i++)
        if (mm_file_is_folder(mm_file_join(f->arena, r->folder, folder_pairs[i][0])) &&
            mm_file_is_folder(mm_file_join(f->arena, r->folder, folder_pairs[i][1]))) {
            f->images = folder_pairs[i][0];
            f->labels = folder_pairs[i][1];
            return MM_OK;
        }
    if (!mm_file_is_folder(r->folder))
        return mm_fail(err, MM_ERR_IO, "%s: no such folder", r->folder);
    f->images = f->labels = "";
    return MM_OK;
}

static size_t stem_length(const char *name)
{
    return strlen(name) - strlen(mm_format_extension(name));
}

static bool is_label_of(const char *label, const char *image, bool same_folder)
{
    size_t stem = stem_length(image), length = stem_length(label);
    if (length < stem || strncmp(label, image, stem))
        return false;
    for (size_t i = same_folder ? 1 : 0; i < sizeof label_endings / sizeof *label_endings; i++)
        if (length - stem == strlen(label_endings[i]) && !strncmp(label + stem, label_endings[i], length - stem))
            return true;
    return false;
}

/* Is there an image in the same folder that this file labels? Then it is no image itself. */
static bool is_some_label(const struct finder *f, const char *name)
{
    for (size_t i = 0; i < f->image_count; i++)
        if (is_label_of(name, f->image_names[i], true))
            return true;
    return false;
}

static const char *relative(struct finder *f, const char *sub, const char *name)
{
    return *sub ? mm_arena_format(f->arena, "%s/%s", sub, name) : name;
}

static enum mm_status pair_up(struct finder *f, struct mm_datalist_made *made, struct mm_error *err)
{
    enum mm_status s;
    bool same = f->labels && !strcmp(f->images, f->labels);
    if (MM_TRY(s, list_images(f, f->images, &f->image_names, &f->image_count, err)) ||
        (f->labels && MM_TRY(s, list_images(f, f->labels, &f->label_names, &f->label_count, err))))
        return s;
    f->pairs = mm_arena_array(f->arena, struct pair, f->image_count + 1);
    bool *used = mm_arena_array(f->arena, bool, f->label_count + 1);
    if (!f->pairs || !used)
        return mm_fail_memory(err, "the datalist");
    for (size_t i = 0; i < f->image_count; i++) {
        size_t l = 0;
        if (same && is_some_label(f, f->image_names[i]))
            continue;
        while (l < f->label_count && (used[l] || !is_label_of(f->label_names[l], f->image_names[i], same)))
            l++;
        if (f->labels && l == f->label_count) {
            made->images_alone++;
            continue;
        }
        struct pair *p = &f->pairs[f->count++];
        p->image = relative(f, f->images, f->image_names[i]);
        if (f->labels) {
            used[l] = true;
            p->label = relative(f, f->labels, f->label_names[l]);
        }
    }
    for (size_t l = 0; l < f->label_count && !same; l++)
        made->labels_alone += !used[l];
    if (f->count)
        return MM_OK;
    return mm_fail(
        err, MM_ERR_DATA,
        "%s: no image with a label found: looked for imagesTr/labelsTr, images/labels, images/masks and pairs "
        "like case.nii.gz with case_seg.nii.gz (%zu image files there)",
        f->request->folder, f->image_count);
}

/* Items of one patient stay on one side of a split. */
static enum mm_status group_up(struct finder *f, struct mm_error *err)
{
    regex_t pattern;
    if (!f->request->group) {
        for (size_t i = 0; i < f->count; i++)
            f->pairs[i].group = f->pairs[i].image;
        return MM_OK;
    }
    if (regcomp(&pattern, f->request->group, REG_EXTENDED))
        return mm_fail(err, MM_ERR_USAGE, "--group \"%s\" is no regular expression", f->request->group);
    for (size_t i = 0; i < f->count; i++) {
        regmatch_t match[2];
        const char *name = mm_file_name(f->pairs[i].image);
        f->pairs[i].group = name;
        if (!regexec(&pattern, name, 2, match, 0)) {
            const regmatch_t *m = match[1].rm_so >= 0 ? &match[1] : &match[0];
            f->pairs[i].group = mm_arena_textn(f->arena, name + m->rm_so, (size_t)(m->rm_eo - m->rm_so));
        }
    }
    regfree(&pattern);
    return MM_OK;
}

struct groups {
    const char **names;
    uint32_t *order;
    size_t count;
};

static enum mm_status order_groups(struct finder *f, struct groups *g, struct mm_error *err)
{
    struct mm_random random;
    g->names = mm_arena_array(f->arena, const char *, f->count + 1);
    g->order = mm_arena_array(f->arena, uint32_t, f->count + 1);
    if (!g->names || !g->order)
        return mm_fail_memory(err, "the split");
    for (size_t i = 0; i < f->count; i++) {
        size_t k = 0;
        while (k < g->count && strcmp(g->names[k], f->pairs[i].group))
            k++;
        if (k == g->count) {
            g->order[k] = (uint32_t)k;
            g->names[g->count++] = f->pairs[i].group;
        }
    }
    mm_random_init(&random, f->request->seed, MM_RANDOM_POLICY, UINT32_MAX, 0, 0);
    if (!f->request->last_validate)
        mm_random_shuffle(&random, g->order, g->count);
    return MM_OK;
}

/* Does the group at place k of the shuffled order validate? */
static bool validates(const struct mm_datalist_request *r, size_t k, size_t count)
{
    if (r->folds > 1)
        return (int64_t)(k % (size_t)r->folds) == r->fold;
    int64_t wanted = r->validation_count >= 0 ? r->validation_count : llround((double)count * r->validation_share);
    return r->last_validate ? k + (size_t)wanted >= count : k < (size_t)wanted;
}

static cJSON *item_json(struct mm_arena *arena, const struct pair *p)
{
    cJSON *item = mm_json_object(arena);
    mm_json_add(arena, item, "image", mm_json_text(arena, p->image));
    if (p->label)
        mm_json_add(arena, item, "label", mm_json_text(arena, p->label));
    return item;
}

/* Lists in the order of the files, whatever the shuffle was. */
static void split(struct finder *f, const struct groups *g, cJSON *training, cJSON *validation,
                  struct mm_datalist_made *made)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t k = 0;
        while (strcmp(g->names[g->order[k]], f->pairs[i].group))
            k++;
        bool v = validates(f->request, k, g->count);
        if (!v && f->request->training_count >= 0 && made->training == (size_t)f->request->training_count)
            continue;
        mm_json_append(v ? validation : training, item_json(f->arena, &f->pairs[i]));
        made->validation += v;
        made->training += !v;
    }
}

/* Images without labels beside the training ones: what MSD calls imagesTs. */
static void add_test(struct finder *f, cJSON *root, struct mm_datalist_made *made)
{
    char **names;
    size_t count;
    static const char *const folders[] = {"imagesTs", "test_image", "test"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!mm_file_is_folder(mm_file_join(f->arena, f->request->folder, folders[i])) ||
            list_images(f, folders[i], &names, &count, NULL) != MM_OK || !count)
            continue;
        cJSON *list = mm_json_add(f->arena, root, "test", mm_json_array(f->arena));
        for (size_t k = 0; k < count; k++)
            mm_json_append(list, item_json(f->arena, &(struct pair){.image = relative(f, folders[i], names[k])}));
        made->test = count;
        return;
    }
}

enum mm_status mm_datalist_write(struct mm_arena *arena, const struct mm_datalist_request *request,
                                 struct mm_datalist_made *made, struct mm_error *err)
{
    enum mm_status s;
    struct finder f = {.arena = arena, .request = request};
    struct groups groups = {0};
    *made = (struct mm_datalist_made){0};
    if (!request->overwrite && mm_file_exists(request->output))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists already (--force replaces it)", request->output);
    if (MM_TRY(s, choose_folders(&f, err)) || MM_TRY(s, pair_up(&f, made, err)) || MM_TRY(s, group_up(&f, err)) ||
        MM_TRY(s, order_groups(&f, &groups, err)))
        return s;
    if (request->folds > 1 && (size_t)request->folds > groups.count)
        return mm_fail(err, MM_ERR_USAGE, "%lld folds of %zu groups of images: some would be empty",
                       (long long)request->folds, groups.count);
    cJSON *root = mm_json_object(arena), *training = mm_json_array(arena), *validation = mm_json_array(arena);
    mm_json_add(arena, root, "name", mm_json_text(arena, ""));
    mm_json_add(arena, root, "licence", mm_json_text(arena, ""));
    mm_json_add(arena, root, "labels", mm_json_object(arena));
    mm_json_add(arena, root, "training", training);
    mm_json_add(arena, root, "validation", validation);
    split(&f, &groups, training, validation, made);
    if (!made->training)
        return mm_fail(err, MM_ERR_DATA, "%s: the split leaves no training item of %zu", request->folder, f.count);
    add_test(&f, root, made);
    const char *text = mm_json_print(arena, root, MM_JSON_INDENTED);
    if (!text)
        return mm_fail_memory(err, "the datalist");
    return mm_file_write(request->output, mm_arena_format(arena, "%s\n", text), strlen(text) + 1, err);
}
