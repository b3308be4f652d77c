/* Writing a scaffold. */
#include "mmar/scaffold.h"

#include <sys/stat.h>

#include "base/file.h"
#include "mmar/template.h"

const struct mm_template_file *mm_template_find(const char *name)
{
    for (const struct mm_template_file *f = mm_template_files; f->template; f++)
        if (!strcmp(f->template, name) && !strcmp(f->path, "template.json"))
            return f;
    return NULL;
}

const char *mm_template_name(size_t index)
{
    for (const struct mm_template_file *f = mm_template_files; f->template; f++)
        if (!strcmp(f->path, "template.json") && !index--)
            return f->template;
    return NULL;
}

void mm_scaffold_fill(struct mm_text *out, const char *text, const char *const (*pairs)[2], size_t count)
{
    while (*text) {
        size_t k = 0;
        while (k < count && !mm_text_starts(text, pairs[k][0]))
            k++;
        if (k < count) {
            mm_text_add(out, pairs[k][1]);
            text += strlen(pairs[k][0]);
        } else
            mm_text_addn(out, text++, 1);
    }
}

enum mm_status mm_scaffold_write(const char *path, const char *text, bool executable, struct mm_error *err)
{
    enum mm_status s = mm_file_write(path, text, strlen(text), err);
    struct stat info;
    if (s == MM_OK && executable && !stat(path, &info))
        chmod(path, info.st_mode | ((info.st_mode & 0444) >> 2));
    return s;
}

/* A stranger's environment may lack it. */
static void set_text(struct mm_arena *arena, cJSON *object, const char *name, const char *value)
{
    cJSON *old = (cJSON *)mm_json_get(object, name), *text = mm_json_text(arena, value);
    if (old && text)
        mm_json_replace(old, text);
    else
        mm_json_add(arena, object, name, text);
}

enum mm_status mm_scaffold_environment(const struct mm_scaffold *s, const char *path, const char *text,
                                       struct mm_error *err)
{
    enum mm_status status;
    cJSON *json;
    if (!s->data)
        return mm_scaffold_write(path, text, false, err);
    if (MM_TRY(status, mm_json_parse(s->arena, "environment.json", text, strlen(text), &json, err)))
        return status;
    set_text(s->arena, json, "DATASET_JSON", s->list ? s->list : s->data);
    set_text(s->arena, json, "DATA_ROOT", mm_file_folder(s->arena, s->data));
    const char *printed = mm_json_print(s->arena, json, MM_JSON_INDENTED);
    return printed ? mm_scaffold_write(path, mm_arena_format(s->arena, "%s\n", printed), false, err)
                   : mm_fail_memory(err, "environment.json");
}

enum mm_status mm_scaffold_files(const struct mm_scaffold *s, const char *template, struct mm_error *err)
{
    enum mm_status status = MM_OK;
    const cJSON *summary = mm_json_get(s->about, "summary");
    const char *const pairs[][2] = {
        {"@NAME@", s->name}, {"@TEMPLATE@", s->template}, {"@SUMMARY@", summary->valuestring}};
    for (const struct mm_template_file *f = mm_template_files; f->template && status == MM_OK; f++) {
        if (strcmp(f->template, template) || !strcmp(f->path, "template.json"))
            continue;
        struct mm_text text;
        const char *path = mm_file_join(s->arena, s->folder, f->path);
        mm_text_init(&text, 1 << 20);
        mm_scaffold_fill(&text, f->text, pairs, 3);
        if ((status = mm_file_make_folder(mm_file_folder(s->arena, path), err)) == MM_OK)
            status = !strcmp(f->path, "config/environment.json")
                         ? mm_scaffold_environment(s, path, text.bytes, err)
                         : mm_scaffold_write(path, text.bytes, f->executable, err);
        mm_text_done(&text);
    }
    return status;
}

enum mm_status mm_scaffold_folders(const struct mm_scaffold *s, struct mm_error *err)
{
    static const char *const folders[] = {"commands", "config", "docs", "eval", "models", "resources"};
    enum mm_status status = MM_OK;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && status == MM_OK; i++)
        status = mm_file_make_folder(mm_file_join(s->arena, s->folder, folders[i]), err);
    return status;
}
