/* mmar apply */
#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "mmar/apply_output.h"
#include "transforms/chain.h"

struct apply_options {
    struct mm_mmar_options mmar;
    const char *output, *until, *section, *sheet, *label, *format;
    int64_t seed, repeat;
};
#define P struct apply_options

static const struct mm_param options[] = {
    MM_STRING(P, output, .required = true, .help = "-o: folder for the results (made when it is not there)"),
    MM_STRING(P, until, .help = "last step that runs: a transform's name, its alias, or its number from 1"),
    MM_CHOICE(P, section, .choices = "train validate", .def_text = "train",
              .help = "whose pre_transforms, in a config with sections"),
    MM_INT(P, repeat, .def = 1, .min = 1, .max = 10000,
           .help = "runs of each input, each with draws of its own, as epochs have"),
    MM_INT(P, seed, .def = -1, .min = -1, .max = 9e15, .help = "of the random draws (-1: the config's)"),
    MM_STRING(P, sheet, .help = "also draw all results on this PNG, labels outlined"),
    MM_STRING(P, label, .help = "label of the one input: the same as IMAGE:LABEL"),
    MM_CHOICE(P, format, .choices = "nifti png npy", .def_text = "nifti",
              .help = "of the results; png: one slice, as a picture"),
    MM_PARAMS_END};

/* A chain with where it came from. */
struct recipe {
    struct mm_project *project; /* NULL: a file of its own */
    const struct mm_config *config;
    const struct mm_stage *stage;
    struct mm_chain chain; /* up to --until */
};

/* A JSON file: a list of components, {"pre_transforms": [...]}, or a config with sections. */
static enum mm_status read_file(struct mm_arena *arena, const struct mm_mmar_options *where, const char *path,
                                struct recipe *recipe, struct mm_problems *problems, struct mm_error *err)
{
    struct mm_config *config;
    const struct mm_config_sources sources = {.root = ".",
                                              .config = path,
                                              .environment = where->environment,
                                              .environment_optional = true,
                                              .sets = where->set.items,
                                              .set_count = where->set.count,
                                              .list_allowed = true};
    if (!mm_file_exists(path))
        return mm_fail(err, MM_ERR_IO, "%s: no such file", path);
    enum mm_status s = mm_config_read(arena, &sources, &config, problems, err);
    if (s == MM_ERR_CONFIG && problems->errors)
        return mm_problems_fail(problems, s, err);
    recipe->config = config;
    return s;
}

/* The chain is the first argument unless -m is given; `first` becomes the number of the first input. */
static enum mm_status read_config(const struct mm_command_call *call, struct recipe *recipe, size_t *first,
                                  struct mm_problems **problems, struct mm_error *err)
{
    enum mm_status s;
    const struct apply_options *o = call->options;
    const char *word = o->mmar.mmar ? NULL : call->args[0];
    *first = word != NULL;
    if (!word || mm_file_is_folder(word)) {
        if (MM_TRY(s,
                   mm_project_open(call->arena, &o->mmar, word, "config/config_train.json", &recipe->project, err)))
            return s;
        recipe->config = recipe->project->config;
        *problems = recipe->project->problems;
        return MM_OK;
    }
    if (!mm_text_ends(word, ".json"))
        return mm_fail(
            err, MM_ERR_USAGE,
            "the first argument is the chain, a JSON file or an MMAR folder, got \"%s\" (see mmar help apply)", word);
    *problems = mm_arena_new(call->arena, struct mm_problems);
    if (!*problems)
        return mm_fail_memory(err, "the chain");
    mm_problems_init(*problems, call->arena);
    return read_file(call->arena, &o->mmar, word, recipe, *problems, err);
}

static bool is_called(const struct mm_component *component, const char *name)
{
    const struct mm_transform *wanted = mm_transform_find(name);
    return !strcmp(component->name, name) || (wanted && mm_transform_find(component->name) == wanted);
}

static enum mm_status unknown_step(const struct mm_components *list, const char *until, size_t found,
                                   struct mm_error *err)
{
    struct mm_text choices;
    struct mm_nearest nearest;
    char hint[128];
    mm_text_init(&choices, 1024);
    mm_nearest_init(&nearest, until);
    for (size_t i = 0; i < list->count; i++) {
        const struct mm_component *c = &list->items[i];
        if (found && !is_called(c, until))
            continue;
        mm_nearest_offer(&nearest, c->name);
        if (c->alias)
            mm_nearest_offer(&nearest, c->alias);
        mm_text_format(&choices, "%s%zu %s%s%s", choices.length ? ", " : "", i + 1, c->name, c->alias ? "#" : "",
                       c->alias ? c->alias : "");
    }
    enum mm_status s =
        found ? mm_fail(err, MM_ERR_USAGE, "--until %s: %zu steps are called so, take an alias or a number: %s",
                        until, found, choices.bytes)
              : mm_fail(err, MM_ERR_USAGE, "--until %s: the chain has no such step%s; it has %s", until,
                        mm_nearest_hint(&nearest, hint, sizeof hint), choices.bytes);
    mm_text_done(&choices);
    return s;
}

/* Steps up to and with the one named: by number, by alias, by name in any spelling. */
static enum mm_status count_until(const struct mm_components *list, const char *until, size_t *count,
                                  struct mm_error *err)
{
    char *end;
    size_t found = 0;
    long number = strtol(until, &end, 10);
    if (*until && !*end && number >= 1 && (size_t)number <= list->count) {
        *count = (size_t)number;
        return MM_OK;
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].alias && !strcmp(list->items[i].alias, until)) {
            *count = i + 1;
            return MM_OK;
        }
    for (size_t i = 0; i < list->count; i++)
        if (is_called(&list->items[i], until)) {
            *count = i + 1;
            found++;
        }
    return found == 1 ? MM_OK : unknown_step(list, until, found, err);
}

static enum mm_status read_chain(const struct mm_command_call *call, struct recipe *recipe, size_t *first,
                                 struct mm_error *err)
{
    enum mm_status s;
    const struct apply_options *o = call->options;
    struct mm_problems *problems = NULL;
    struct mm_chain *chain;
    if (MM_TRY(s, read_config(call, recipe, first, &problems, err)))
        return s;
    bool is_train = !strcmp(o->section, "train") && recipe->config->train.node;
    recipe->stage = is_train ? &recipe->config->train : &recipe->config->validate;
    const struct mm_components *list = &recipe->stage->pre_transforms;
    if (!list->count)
        return mm_fail(err, MM_ERR_CONFIG, "%s: %s\"pre_transforms\" are missing or empty", recipe->config->file,
                       recipe->config->train.node ? is_train ? "train's " : "validate's " : "");
    s = mm_chain_make(call->arena, list, &chain, problems);
    if (problems->errors)
        return mm_problems_fail(problems, s == MM_OK ? MM_ERR_CONFIG : s, err);
    if (s != MM_OK)
        return mm_fail_memory(err, "the chain");
    recipe->chain = *chain;
    return o->until ? count_until(list, o->until, &recipe->chain.count, err) : MM_OK;
}

struct job {
    const struct mm_command_call *call;
    const struct recipe *recipe;
    struct mm_apply_output output;
    struct mm_arena input, run; /* of one input, of one run of the random part */
};

/* Steps on the image alone when the input has no label: what inference would do. */
static const struct mm_chain *chain_for(struct job *job, const struct mm_input *input)
{
    const struct mm_chain *chain = &job->recipe->chain;
    return mm_item_get(input->item, "label") || !mm_item_get(input->item, "image")
               ? chain
               : mm_chain_narrow(&job->input, chain, "image", false);
}

static enum mm_status apply_one(struct job *job, const struct mm_input *input, uint32_t position,
                                struct mm_error *err)
{
    enum mm_status s;
    const struct apply_options *o = job->call->options;
    const struct mm_chain *chain = chain_for(job, input);
    struct mm_sample *sample;
    if (!chain)
        return mm_fail_memory(err, "the chain");
    struct mm_context context = {.seed = o->seed < 0 ? job->recipe->config->seed : (uint64_t)o->seed,
                                 .position = position};
    size_t prefix = mm_chain_prefix(chain);
    job->output.crops = mm_chain_outputs(chain, 0);
    if (job->output.sheet)
        mm_sheet_group(job->output.sheet, input->name, job->output.crops > 1 ? job->output.crops : 0);
    if (MM_TRY(s, mm_sample_from_item(&job->input, input->item, input->index, &sample, err)) ||
        MM_TRY(s, mm_chain_run(chain, 0, prefix, sample, NULL, err)) ||
        MM_TRY(s, mm_chain_prepare(chain, prefix, sample, err)))
        return s;
    for (size_t run = 0; run < job->output.repeats * job->output.crops; run++) {
        mm_arena_reset(&job->run);
        struct mm_sample *view = mm_sample_view(&job->run, sample);
        context.epoch = (uint32_t)(run / job->output.crops);
        context.output = (uint32_t)(run % job->output.crops);
        if (!view)
            return mm_fail_memory(err, "a sample");
        if (MM_TRY(s, mm_chain_run(chain, prefix, chain->count, view, &context, err)) ||
            MM_TRY(s,
                   mm_apply_write(&job->output, &job->run, input, view, context.epoch + 1, context.output + 1, err)))
            return s;
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted after %zu files", job->output.files);
    }
    return MM_OK;
}

static enum mm_status apply_all(struct job *job, const struct mm_inputs *inputs, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    mm_arena_init(&job->input, NULL);
    mm_arena_init(&job->run, NULL);
    for (size_t i = 0; i < inputs->count && s == MM_OK; i++) {
        mm_arena_reset(&job->input);
        mm_progress("%zu/%zu %s", i + 1, inputs->count, inputs->items[i].shown);
        if (MM_TRY(s, apply_one(job, &inputs->items[i], (uint32_t)i, err)))
            mm_fail_in(err, "%s", inputs->items[i].shown);
    }
    mm_progress_end(false);
    mm_arena_done(&job->run);
    mm_arena_done(&job->input);
    return s;
}

/* "scan after RandAdjustContrast, step 6 of 8" */
static const char *sheet_title(struct mm_arena *arena, const struct recipe *recipe)
{
    const struct mm_components *list = &recipe->stage->pre_transforms;
    const struct mm_component *last = &list->items[recipe->chain.count - 1];
    return mm_arena_format(arena, "after %s, step %zu of %zu", last->alias ? last->alias : last->name,
                           recipe->chain.count, list->count);
}

static enum mm_status write_sheet(const struct mm_sheet *sheet, const char *path, struct mm_error *err)
{
    enum mm_status s = mm_sheet_write(sheet, path, err);
    if (s != MM_OK)
        return s;
    printf("%s\n", path);
    if (mm_sheet_left_out(sheet))
        mm_note("the sheet shows the first %d results; %zu more are left out", MM_SHEET_TILES_MAX,
                mm_sheet_left_out(sheet));
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct apply_options *o = call->options;
    struct recipe recipe = {0};
    struct mm_inputs inputs;
    size_t first;
    if (!o->output)
        return mm_fail(err, MM_ERR_USAGE, "mmar apply needs -o FOLDER for the results");
    if (o->sheet && !mm_text_ends(o->sheet, ".png"))
        return mm_fail(err, MM_ERR_USAGE, "--sheet: expected the name of a .png file, got \"%s\"", o->sheet);
    if (MM_TRY(s, read_chain(call, &recipe, &first, err)))
        return s;
    if (first >= call->arg_count)
        return mm_fail(err, MM_ERR_USAGE, "no input given (see mmar help apply)");
    if (MM_TRY(s, mm_inputs_read(call->arena, call->args + first, call->arg_count - first, o->label, recipe.project,
                                 &inputs, err)) ||
        MM_TRY(s, mm_file_make_folder(o->output, err)))
        return s;
    struct job job = {.call = call, .recipe = &recipe};
    const char *extension = !strcmp(o->format, "nifti") ? ".nii.gz" : !strcmp(o->format, "png") ? ".png" : ".npy";
    job.output = (struct mm_apply_output){
        .folder = o->output, .extension = extension, .inputs = &inputs, .repeats = (size_t)o->repeat};
    if (o->repeat > 1 && mm_chain_prefix(&recipe.chain) == recipe.chain.count) {
        mm_note("no step of the chain is random: one run shows all there is");
        job.output.repeats = 1;
    }
    if (o->sheet && !(job.output.sheet = mm_sheet_make(call->arena, sheet_title(call->arena, &recipe))))
        return mm_fail_memory(err, "the contact sheet");
    if (MM_TRY(s, apply_all(&job, &inputs, err)))
        return s;
    return o->sheet ? write_sheet(job.output.sheet, o->sheet, err) : MM_OK;
}

const struct mm_command mm_command_apply = {
    .name = "apply",
    .args = "CHAIN INPUT...",
    .summary = "run a chain of transforms on images and write what it makes",
    .args_min = 1,
    .args_max = -1,
    .options = options,
    .options_size = sizeof(struct apply_options),
    .takes_mmar = true,
    .run = run,
    .notes = "CHAIN is an MMAR folder, a config, or a JSON file with a list of components; it is left out when -m "
             "names the MMAR.\n"
             "INPUT is an image, IMAGE:LABEL, an item of a datalist (dataset.json#training[3]; without [3]: all of "
             "that list), or\n"
             "#training[3] for the MMAR's own datalist. An input without a label passes the steps that concern the "
             "image.\n"
             "Results are named INPUT_FIELD, with _r2 for the second run and _c3 for the third crop where there are "
             "several.",
    .examples = "  mmar apply spleen '#training[0]' -o look --repeat 4 --sheet look/sheet.png\n"
                "  mmar apply chain.json scan.nii.gz:label.nii.gz -o look --until Spacingd\n"
                "  mmar apply -m spleen scan.nii.gz -o look --section validate --format npy\n",
};
