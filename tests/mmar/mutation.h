/* Mutations of a JSON file: every value of it, one at a time, becomes something else. */
#ifndef MM_TESTS_MMAR_MUTATION_H
#define MM_TESTS_MMAR_MUTATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/mmar/in_process.h"
#include "tests/support/scratch.h"

#define MUTATION_SECONDS_MAX 60

/* What a value is replaced by. */
static const char *const mutation_values[] = {
    "null",
    "true",
    "0",
    "-1",
    "1",
    "0.5",
    "1e308",
    "-1e308",
    "1e-40",
    "100000",
    "4294967296",
    "9007199254740993",
    "\"\"",
    "\"x\"",
    "\"-1\"",
    "\"a,b\"",
    "\"{epochs}\"",
    "\"{\"",
    "\"{NOWHERE}\"",
    "\"../../x\"",
    "\"\\u00e9\\n\\u001b[2J\"",
    "[]",
    "[0]",
    "[-1]",
    "[null]",
    "[[]]",
    "[1, \"x\"]",
    "[99999, 99999, 99999]",
    "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
    "{}",
    "{\"name\": \"x\"}",
    "{\"name\": 3, \"args\": []}",
    "{\"ref\": \"x\"}",
};
#define MUTATION_VALUES (sizeof mutation_values / sizeof *mutation_values)
enum {
    MUTATION_LONG = MUTATION_VALUES,
    MUTATION_WRAP,
    MUTATION_TWICE,
    MUTATION_RENAME,
    MUTATION_REMOVE,
    MUTATION_KINDS
};

/* One file's mutations: every `step`-th is written to `path` and given to `run`, which calls mutation_fail where it must. */
struct mutation {
    const char *path;
    void (*write)(struct mutation *m, const char *text); /* NULL: the text is the file */
    void (*run)(struct mutation *m);
    const void *context;
    size_t step, number, failed;
    char shown[256]; /* the mutation at work */
};

static struct mutation *mutation_now; /* for the handler, */
static int mutation_out;              /* and where it writes */

static void mutation_tell(int sig)
{
    const char *shown = mutation_now ? mutation_now->shown : "";
    (void)!write(mutation_out, shown, strlen(shown));
    signal(sig, SIG_DFL);
    raise(sig);
}

static void mutation_fail(struct mutation *m, enum mm_status s, const struct mm_error *err)
{
    m->failed++;
    print_error("%s    gave status %d: %s\n", m->shown, (int)s, err->text);
}

static void mutation_try(struct mutation *m, const cJSON *root)
{
    char *text = m->write ? cJSON_PrintUnformatted(root) : cJSON_Print(root);
    if (m->write)
        m->write(m, text);
    else if (mm_file_write(m->path, text, strlen(text), NULL) != MM_OK)
        mm_bug("%s cannot be written", m->path);
    cJSON_free(text);
    alarm(MUTATION_SECONDS_MAX);
    m->run(m);
    alarm(0);
}

static cJSON *mutation_made(const cJSON *node, size_t kind)
{
    char text[5000];
    if (kind < MUTATION_VALUES)
        return cJSON_Parse(mutation_values[kind]);
    cJSON *list = cJSON_CreateArray();
    if (kind == MUTATION_WRAP) {
        cJSON_AddItemToArray(list, cJSON_Duplicate(node, true));
        return list;
    }
    cJSON_Delete(list);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    return cJSON_CreateString(text);
}

/* The value alone: name and neighbours stay. */
static void mutation_swap(cJSON *a, cJSON *b)
{
    const cJSON x = *a, y = *b;
    a->type = y.type, a->child = y.child, a->valuestring = y.valuestring, a->valuedouble = y.valuedouble;
    b->type = x.type, b->child = x.child, b->valuestring = x.valuestring, b->valuedouble = x.valuedouble;
}

static void mutation_apply(struct mutation *m, cJSON *root, cJSON *parent, cJSON *node, size_t kind)
{
    static char renamed[] = "renamed", removed[] = "__removed"; /* a comment */
    char *name = node->string;
    if (kind < MUTATION_TWICE) {
        cJSON *other = mutation_made(node, kind);
        mutation_swap(node, other);
        mutation_try(m, root);
        mutation_swap(node, other);
        cJSON_Delete(other);
    } else if (kind == MUTATION_TWICE) {
        cJSON *copy = cJSON_Duplicate(node, true);
        name ? cJSON_AddItemToObject(parent, name, copy) : cJSON_AddItemToArray(parent, copy);
        mutation_try(m, root);
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, copy));
    } else if (name) {
        node->string = kind == MUTATION_RENAME ? renamed : removed;
        mutation_try(m, root);
        node->string = name;
    }
}

static void mutation_walk(struct mutation *m, cJSON *root, cJSON *parent)
{
    for (cJSON *node = parent->child; node; node = node->next) {
        char *old = cJSON_PrintUnformatted(node);
        for (size_t kind = 0; kind < MUTATION_KINDS; kind++) {
            if (m->number++ % m->step)
                continue;
            static const char *const others[] = {"long", "wrapped", "twice", "renamed", "removed"};
            snprintf(m->shown, sizeof m->shown, "%.100s: mutation %zu: \"%.30s\": %.60s -> %s\n",
                     mm_file_name(m->path), m->number - 1, node->string ? node->string : "", old,
                     kind < MUTATION_VALUES ? mutation_values[kind] : others[kind - MUTATION_VALUES]);
            mutation_apply(m, root, parent, node, kind);
        }
        cJSON_free(old);
        mutation_walk(m, root, node);
    }
}

/* `text` is the sound file. */
static void mutation_run(struct mutation *m, const char *text)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGALRM};
    cJSON *root = cJSON_Parse(text);
    if (!root) /* not sound from the start */
        return;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], mutation_tell);
    mutation_now = m;
    mutation_out = dup(STDERR_FILENO);
    mutation_walk(m, root, root);
    mutation_now = NULL;
    close(mutation_out);
    cJSON_Delete(root);
    if (m->failed)
        fail_msg("%s: %zu mutations", m->path, m->failed);
}

#endif
