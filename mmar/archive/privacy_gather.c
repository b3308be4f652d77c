/* Where the names come from that must not leave with a model. */
#include <pwd.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/privacy_internal.h"
#include "mmar/archive/privacy_words.h"

struct gatherer {
    struct mm_arena *arena;
    const char *root;
    struct mm_privacy_words *words;
    struct mm_error *err;
    enum mm_status status; /* of the first failure */
};

static void addn(struct gatherer *g, enum mm_privacy_kind kind, const char *text, size_t length)
{
    if (text && g->status == MM_OK)
        g->status = mm_privacy_words_add(g->arena, g->words, kind, text, length, g->err);
}

static void add(struct gatherer *g, enum mm_privacy_kind kind, const char *text)
{
    addn(g, kind, text, text ? strlen(text) : 0);
}

static void add_home(struct gatherer *g, const char *home)
{
    if (!home)
        return;
    add(g, MM_PRIVACY_PATH, home);
    add(g, MM_PRIVACY_USER, mm_file_name(home));
}

static void add_machine(struct gatherer *g)
{
    static const char *const variables[] = {"USER", "LOGNAME", "SUDO_USER"};
    char host[256] = "";
    const struct passwd *me = getpwuid(getuid());
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        add(g, MM_PRIVACY_USER, getenv(variables[i]));
    add_home(g, getenv("HOME"));
    if (me) {
        add(g, MM_PRIVACY_USER, me->pw_name);
        add_home(g, me->pw_dir);
    }
    if (gethostname(host, sizeof host - 1) == 0) {
        add(g, MM_PRIVACY_HOST, host);
        addn(g, MM_PRIVACY_HOST, host, strcspn(host, "."));
    }
}

/* "dir/case_17.nii.gz" is "case_17"; where that is no name ("dir_17/image.nii.gz") it is the folder's. */
static void add_case(struct gatherer *g, const char *path)
{
    const char *name = mm_file_name(path);
    size_t length = strlen(name);
    if (mm_text_ends(name, ".gz") || mm_text_ends(name, ".bz2"))
        length = (size_t)(strrchr(name, '.') - name);
    for (size_t i = length; i > 1 && length - i < 8; i--)
        if (name[i - 1] == '.') {
            length = i - 1;
            break;
        }
    if (mm_privacy_is_name(name, length) || name == path) {
        addn(g, MM_PRIVACY_CASE, name, length);
        return;
    }
    const char *end = name - 1, *start = end;
    while (start > path && start[-1] != '/')
        start--;
    addn(g, MM_PRIVACY_CASE, start, (size_t)(end - start));
}

static bool is_id(const char *key)
{
    static const char *const keys[] = {"id", "name", "patient", "patient_id", "subject", "case"};
    for (size_t i = 0; key && i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

/* Names, descriptions and labels at the top of a datalist tell of the data set, not of a case. */
static bool is_in_list(const cJSON *node)
{
    const cJSON *parent = ((const struct mm_json_node *)node)->parent;
    while (parent && ((const struct mm_json_node *)parent)->parent) {
        node = parent;
        parent = ((const struct mm_json_node *)node)->parent;
    }
    return cJSON_IsArray(node);
}

static void add_datalist(struct gatherer *g, const char *path)
{
    struct mm_arena scratch;
    cJSON *json;
    mm_arena_init(&scratch, NULL);
    if (mm_file_exists(path) && mm_json_read(&scratch, path, &json, NULL) == MM_OK && mm_privacy_is_datalist(json))
        for (const cJSON *node = json; node; node = mm_privacy_next(node))
            if (cJSON_IsString(node) && (strpbrk(node->valuestring, "./") || is_id(node->string)) && is_in_list(node))
                add_case(g, node->valuestring);
    mm_arena_done(&scratch);
}

/* Every file that a value names. */
static void add_lists(struct gatherer *g, const cJSON *tree)
{
    for (const cJSON *node = tree; node; node = mm_privacy_next(node))
        if (cJSON_IsString(node) && mm_text_ends(node->valuestring, ".json")) {
            add_datalist(g, mm_file_join(g->arena, g->root, node->valuestring));
            if (*node->valuestring != '/')
                add_datalist(g, node->valuestring);
        }
}

/* Its configuration may be broken: that is not what is asked here. */
static void add_configuration(struct gatherer *g)
{
    struct mm_config *config = NULL;
    struct mm_problems problems;
    const struct mm_config_sources sources = {.root = g->root,
                                              .config = "config/config_train.json",
                                              .environment = "config/environment.json",
                                              .environment_optional = true};
    mm_problems_init(&problems, g->arena);
    mm_config_read(g->arena, &sources, &config, &problems, NULL);
    if (config) {
        add_lists(g, config->root);
        add_lists(g, config->variables);
    }
}

enum mm_status mm_privacy_gather(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                                 struct mm_privacy_words *words, struct mm_error *err)
{
    struct gatherer g = {arena, root, words, err, MM_OK};
    cJSON *json;
    char *real = realpath(root, NULL);
    add(&g, MM_PRIVACY_PATH, real);
    free(real);
    add_machine(&g);
    if (mm_json_read(arena, mm_file_join(arena, root, "config/environment.json"), &json, NULL) == MM_OK)
        for (const cJSON *node = json; node; node = mm_privacy_next(node))
            if (cJSON_IsString(node) && mm_privacy_is_local(node->valuestring))
                add(&g, MM_PRIVACY_PATH, node->valuestring);
    add_configuration(&g);
    for (size_t i = 0; i < list->left_out_count; i++)
        if (mm_text_ends(list->left_out[i], ".json"))
            add_datalist(&g, mm_file_join(arena, root, list->left_out[i]));
    mm_privacy_words_ready(words);
    return g.status;
}
