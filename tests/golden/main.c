/* make golden: walks the folder that MMAR_GOLDEN names, runs every case, prints each failure with its largest error and place, lists the
 * components that are not there yet, and closes with "N passed, N failed, N skipped". */
#include <stdarg.h>

#include "base/file.h"
#include "golden.h"

static const struct {
    const char *family;
    enum golden_result (*run)(struct golden_case *);
} families[] = {{"transforms", golden_transform},  {"losses", golden_loss},    {"optimizers", golden_optimizer},
                {"lr_schedules", golden_schedule}, {"metrics", golden_metric}, {"inferers", golden_inferer},
                {"networks", golden_network}};

enum golden_result golden_fail(struct golden_case *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mm_text_add(c->report, "    ");
    mm_text_vformat(c->report, format, args);
    mm_text_add(c->report, "\n");
    va_end(args);
    c->failed = true;
    return GOLDEN_FAILED;
}

static enum mm_status load(struct golden_case *c, const char *stem, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    struct mm_safetensors *file;
    if (MM_TRY(s, mm_json_read(c->arena, mm_arena_format(c->arena, "%s.json", stem), &json, err)) ||
        MM_TRY(s, mm_safetensors_read(c->arena, mm_arena_format(c->arena, "%s.safetensors", stem), &file, err)))
        return s;
    const cJSON *config = mm_json_get(json, "config"), *name = mm_json_get(config, "name"),
                *tolerance = mm_json_get(json, "tolerance");
    c->json = json;
    c->file = file;
    c->component = (struct mm_component){
        .name = cJSON_IsString(name) ? name->valuestring : NULL, .args = mm_json_get(config, "args"), .node = config};
    c->rtol = golden_number(tolerance, "rtol", 1e-5);
    c->atol = golden_number(tolerance, "atol", 1e-6);
    c->mismatch = golden_number(json, "max_mismatch_fraction", 0);
    return MM_OK;
}

static enum golden_result run_case(const char *root, const char *family, const char *component, const char *name,
                                   struct mm_text *report)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK};
    mm_arena_init(&arena, NULL);
    struct golden_case c = {
        .arena = &arena, .report = report, .name = mm_arena_format(&arena, "%s/%s/%s", family, component, name)};
    enum golden_result result = GOLDEN_SKIPPED;
    if (load(&c, mm_arena_format(&arena, "%s/%s", root, c.name), &err) != MM_OK)
        result = golden_fail(&c, "%s", err.text);
    else
        for (size_t i = 0; i < sizeof families / sizeof *families; i++)
            if (!strcmp(families[i].family, family))
                result = families[i].run(&c);
    if (c.failed)
        result = GOLDEN_FAILED;
    if (result == GOLDEN_FAILED)
        printf("FAIL %s\n%s", c.name, report->bytes);
    mm_arena_done(&arena);
    return result;
}

static void run_component(const char *root, const char *family, const char *component, size_t counts[3])
{
    struct mm_arena arena;
    char **names;
    size_t count, skipped = 0;
    mm_arena_init(&arena, NULL);
    if (mm_file_list(&arena, mm_arena_format(&arena, "%s/%s/%s", root, family, component), &names, &count, NULL) !=
        MM_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        struct mm_text report;
        size_t length = strlen(names[i]);
        if (!mm_text_ends(names[i], ".json"))
            continue;
        mm_text_init(&report, 1 << 16);
        enum golden_result result =
            run_case(root, family, component, mm_arena_textn(&arena, names[i], length - 5), &report);
        counts[result]++;
        skipped += result == GOLDEN_SKIPPED;
        mm_text_done(&report);
    }
    if (skipped)
        printf("skipped: %s/%s: %zu cases, the component is not there yet\n", family, component, skipped);
    mm_arena_done(&arena);
}

int main(void)
{
    const char *given = getenv("MMAR_GOLDEN"), *root = given ? given : "../shared/golden";
    struct mm_arena arena;
    size_t counts[3] = {0};
    mm_arena_init(&arena, NULL);
    if (!mm_file_is_folder(root)) {
        printf("skipped: golden vectors: no folder %s (set MMAR_GOLDEN)\n0 passed, 0 failed, 0 skipped\n", root);
        return given ? 1 : 0;
    }
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        char **names;
        size_t count;
        const char *folder = mm_file_join(&arena, root, families[f].family);
        if (!mm_file_is_folder(folder) || mm_file_list(&arena, folder, &names, &count, NULL) != MM_OK)
            continue;
        for (size_t i = 0; i < count; i++)
            if (mm_file_is_folder(mm_file_join(&arena, folder, names[i])))
                run_component(root, families[f].family, names[i], counts);
    }
    printf("%zu passed, %zu failed, %zu skipped\n", counts[GOLDEN_PASSED], counts[GOLDEN_FAILED],
           counts[GOLDEN_SKIPPED]);
    mm_arena_done(&arena);
    return counts[GOLDEN_FAILED] != 0;
}
