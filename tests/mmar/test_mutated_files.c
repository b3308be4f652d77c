/* The other files of an MMAR after somebody had them: lists, records, journals, headers of weights, manifests. Every value of a sound one
 * becomes something else (mutation.h), and the commands that read it answer with a status that bad input may have. Runs a sample of all
 * mutations; MMAR_MUTATIONS=1 runs all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/mmar/archive/forge.h"
#include "tests/mmar/mutation.h"

#define SAMPLE   61 /* a prime: each kind has its turn */
#define COMMANDS 4

/* A file of the trained MMAR and the command lines that read it. */
struct target {
    const char *file;
    void (*write)(struct mutation *m, const char *text);
    const char *commands[COMMANDS];
};

/* What keeps a training small; "auto" makes a resolved.json. */
static const char small_settings[] =
    "train.pre_transforms[3].args.spatial_size=[8,8] train.image_pipeline.args.output_crop_size=[8,8] "
    "train.model.args.channels=[2,2] train.model.args.strides=[2] train.model.args.num_res_units=0 epochs=1 "
    "num_training_epoch_per_valid=1 train.image_pipeline.args.num_cache_objects=auto "
    "train.image_pipeline.args.replace_percent=auto";

static const char manifest[] =
    "{\"format\": 1, \"name\": \"n\", \"version\": \"1\", \"licence\": \"l\", \"authors\": [\"a\"], "
    "\"intended_use\": \"u\", "
    "\"data_licences\": [\"d\"], \"model\": {\"name\": \"UNet\", \"args\": {\"channels\": [4]}}, "
    "\"inputs\": {\"channels\": 1, \"axes\": 2}, \"outputs\": {\"channels\": 2, \"classes\": [\"a\", \"b\"]}, "
    "\"training\": {\"epochs\": 3, \"metric\": 0.5}, \"data\": {\"items\": 3}, "
    "\"metrics\": {\"mean_dice\": {\"mean\": 0.5}}, \"origin\": {\"source\": \"s\"}, "
    "\"parent\": {\"name\": \"p\", \"manifest_sha256\": \"0\", \"parent\": {\"name\": \"q\"}}, \"files\": [%s]}";

static struct scratch *fixture;
static const unsigned char *sound; /* the file before */
static size_t sound_size;

/* "%" at its end stands for the settings that keep it small. */
static enum mm_status run_line(const char *line, struct mm_error *err)
{
    char full[1024];
    size_t length = strlen(line) - mm_text_ends(line, "%");
    snprintf(full, sizeof full, "%.*s%s", (int)length, line, line[length] ? small_settings : "");
    return in_process(scratch_path(fixture, "m"), full, err);
}

static void must(const char *line)
{
    struct mm_error err;
    if (run_line(line, &err) != MM_OK)
        fail_msg("%s: %s", line, err.text);
}

static int setup(void **state)
{
    if (scratch_setup(state))
        return -1;
    fixture = *state;
    must("init @ --template phantom_2d -q");
    must("synth @/data --size 16,16 --spacing 1,1 --count 4 --validation 2 --noise 0 -q");
    must("train @ -q --set %");
    must("pack @ -o @.mmar -q");
    return 0;
}

static void read_it(struct mutation *m)
{
    const struct target *target = m->context;
    for (size_t i = 0; i < COMMANDS && target->commands[i]; i++) {
        struct mm_error err;
        mm_file_remove_tree(scratch_path(fixture, "m.u"), NULL);
        enum mm_status s = run_line(target->commands[i], &err);
        bool allowed = s == MM_OK || s == MM_NO || s == MM_ERR_CONFIG || s == MM_ERR_DATA || s == MM_ERR_IO;
        if (!allowed || (s != MM_OK && s != MM_NO && !*err.text))
            mutation_fail(m, s, &err);
    }
}

/* A safetensors file: the header's length, the header, the data. */
static uint64_t header_size(void)
{
    uint64_t size = 0;
    for (int i = 7; i >= 0; i--)
        size = size << 8 | sound[i];
    return size;
}

static void write_header(struct mutation *m, const char *text)
{
    size_t length = strlen(text), rest = sound_size - 8 - (size_t)header_size();
    unsigned char *bytes = mm_alloc(8 + length + rest);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, text, length);
    memcpy(bytes + 8 + length, sound + sound_size - rest, rest);
    assert_int_equal(mm_file_write(m->path, bytes, 8 + length + rest, NULL), MM_OK);
    mm_free(bytes);
}

/* The last line of the journal; the file keeps its size, so that a checkpoint's place in it stays. */
static void write_line(struct mutation *m, const char *text)
{
    size_t start = sound_size - 1, length = strlen(text);
    while (start && sound[start - 1] != '\n')
        start--;
    char *bytes = mm_alloc(sound_size + length);
    memcpy(bytes, sound, start);
    memcpy(bytes + start, text, length);
    size_t size = start + length;
    while (size < sound_size - 1)
        bytes[size++] = ' ';
    bytes[size++] = '\n';
    assert_int_equal(mm_file_write(m->path, bytes, size, NULL), MM_OK);
    mm_free(bytes);
}

/* An archive of that manifest and its one file. */
static void write_manifest(struct mutation *m, const char *text)
{
    struct mm_arena arena;
    size_t size;
    mm_arena_init(&arena, NULL);
    struct forge f = forge_begin(&arena, strlen(text) + 4096);
    forge_member(&f, &(struct forge_member){.name = "manifest.json", .bytes = text, .size = strlen(text)});
    forge_member(&f, &(struct forge_member){.name = "docs/a.txt", .bytes = "alpha", .size = 5});
    forge_end(&f);
    const unsigned char *frame = forge_frame(&f, NULL, &size);
    assert_int_equal(mm_file_write(m->path, frame, size, NULL), MM_OK);
    mm_arena_done(&arena);
}

static const char *json_of(const struct target *t)
{
    if (t->write == write_header)
        return mm_arena_textn(&fixture->arena, (const char *)sound + 8, (size_t)header_size());
    if (t->write == write_line) {
        size_t start = sound_size - 1;
        while (start && sound[start - 1] != '\n')
            start--;
        return mm_arena_textn(&fixture->arena, (const char *)sound + start, sound_size - start);
    }
    if (t->write == write_manifest)
        return mm_arena_format(&fixture->arena, manifest, forge_row(&fixture->arena, "docs/a.txt", "alpha", 5));
    return mm_arena_textn(&fixture->arena, (const char *)sound, sound_size);
}

static const struct target targets[] = {
    {"m/config/environment.json", NULL, {"check @ -q", "train @ --resume -q --set %"}},
    {"m/data/dataset.json", NULL, {"check @ -q"}},
    {"m/models/resolved.json", NULL, {"train @ --resume -q --set %", "plan @ --set %"}},
    {"m/models/run.json", NULL, {"pack @ -o @.out.mmar -q", "show @"}},
    {"m/docs/card.json", NULL, {"pack @ -o @.out.mmar -q", "show @.out.mmar"}},
    {"m/models/train.jsonl", write_line, {"train @ --resume -q --set %"}},
    {"m/models/checkpoint.safetensors", write_header, {"train @ --resume -q --set %"}},
    {"m/models/model.safetensors",
     write_header,
     {"evaluate @ -q --set %", "diff @ @.mmar", "convert @/models/model.safetensors -o @.st --axes zyx"}},
    {"m.mmar", write_manifest, {"show @.mmar", "verify @.mmar", "show @.mmar --lineage", "unpack @.mmar -C @.u -q"}},
};

static void mutate(const struct target *t)
{
    struct mutation m = {.path = scratch_path(fixture, t->file), .write = t->write, .run = read_it, .context = t};
    const char *text = getenv("MMAR_MUTATIONS");
    long value = text ? strtol(text, NULL, 10) : 0;
    m.step = value > 0 ? (size_t)value : SAMPLE;
    unsigned char *bytes;
    if (mm_file_read(&fixture->arena, m.path, 1 << 26, &bytes, &sound_size, NULL) != MM_OK)
        fail_msg("no %s", m.path);
    sound = bytes;
    mutation_run(&m, json_of(t));
    assert_int_equal(mm_file_write(m.path, sound, sound_size, NULL), MM_OK);
}

static void files_of_a_trained_mmar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        mutate(&targets[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_of_a_trained_mmar, setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
