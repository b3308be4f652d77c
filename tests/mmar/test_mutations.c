/* What others may have done to the files of an MMAR: every value of a sound one becomes something else (mutation.h), and the commands that
 * read it answer with a status that bad input may have; in a config they name the line. Runs a sample of all mutations;
 * MMAR_MUTATIONS=1 runs all of them, MMAR_MUTATED=FOLDER takes the configs in a folder too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "mmar/template.h"
#include "tests/mmar/mutation.h"

#define SAMPLE 97 /* a prime: each kind has its turn */

static size_t step(size_t sample)
{
    const char *text = getenv("MMAR_MUTATIONS");
    long value = text ? strtol(text, NULL, 10) : 0;
    return value > 0 ? (size_t)value : sample;
}

/* "FILE:LINE:", or the datalist, or the --set that the value came from. */
static bool names_a_place(const char *text, const char *file)
{
    const char *at = strstr(text, file);
    return (at && at[strlen(file)] == ':' && isdigit((unsigned char)at[strlen(file) + 1])) ||
           strstr(text, "dataset.json: there is no list") || strstr(text, "--set:1: ");
}

static void check_config(struct mutation *m)
{
    struct mm_error err;
    enum mm_status s = in_process_words(m->context, &err);
    bool allowed = s == MM_OK || s == MM_NO || s == MM_ERR_CONFIG || s == MM_ERR_DATA || s == MM_ERR_IO;
    if (!allowed || (s == MM_ERR_CONFIG && !names_a_place(err.text, mm_file_name(m->path))) ||
        (s != MM_OK && s != MM_NO && !*err.text))
        mutation_fail(m, s, &err);
}

static const char *make_data(struct scratch *scratch, const char *name, const char *size, const char *spacing)
{
    struct mm_error err;
    const char *folder = scratch_path(scratch, name);
    const char *const words[] = {"synth", folder, "--size",       size, "--spacing", spacing, "--count",
                                 "2",     "-q",   "--validation", "1",  "--noise",   "0",     NULL};
    if (in_process_words(words, &err) != MM_OK)
        fail_msg("%s", err.text);
    return folder;
}

static void mutate_config(struct scratch *scratch, const char *name, const char *text)
{
    bool flat = strstr(name, "2d") || strstr(text, "\"spatial_dims\": 2");
    const char *data = scratch_path(scratch, flat ? "flat" : "solid");
    if (!mm_file_exists(data))
        data = flat ? make_data(scratch, "flat", "24,24", "1,1") : make_data(scratch, "solid", "16,16,12", "1,1,1");
    const char *list = mm_arena_format(&scratch->arena, "DATASET_JSON=%s/dataset.json", data),
               *root = mm_arena_format(&scratch->arena, "DATA_ROOT=%s", data);
    const char *words[] = {"check", scratch->folder, "-q", "-c", name, "--set", list, root, NULL};
    struct mutation m = {
        .path = scratch_path(scratch, name), .run = check_config, .context = words, .step = step(SAMPLE)};
    mutation_run(&m, text);
}

static void configs_of_templates(void **state)
{
    for (const struct mm_template_file *f = mm_template_files; f->template; f++)
        if (mm_text_ends(f->path, "config_train.json"))
            mutate_config(*state, mm_arena_format(&((struct scratch *)*state)->arena, "%s.json", f->template),
                          f->text);
}

static void configs_in(struct scratch *scratch, const char *folder)
{
    char **names;
    unsigned char *bytes;
    size_t count, size;
    assert_int_equal(mm_file_list(&scratch->arena, folder, &names, &count, NULL), MM_OK);
    for (size_t i = 0; i < count; i++)
        if (mm_text_ends(names[i], ".json") && !strstr(names[i], "refused") &&
            mm_file_read(&scratch->arena, mm_file_join(&scratch->arena, folder, names[i]), 1 << 20, &bytes, &size,
                         NULL) == MM_OK)
            mutate_config(scratch, names[i], mm_arena_textn(&scratch->arena, (char *)bytes, size));
}

static void configs_of_both_dialects(void **state)
{
    configs_in(*state, "tests/e2e/configs");
}

static void configs_of_a_folder(void **state)
{
    const char *folder = getenv("MMAR_MUTATED");
    if (folder)
        configs_in(*state, folder);
    else
        print_message("skipped: configs_of_a_folder: no MMAR_MUTATED\n");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(configs_of_templates),
        T(configs_of_both_dialects),
        T(configs_of_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
