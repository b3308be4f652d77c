/* The command line, parsed against a command's parameter table. */
#include "mmar/options.h"

#include "base/names.h"

/* Short spellings: Clara's and those every Unix user expects. */
static const struct {
    char letter;
    const char *name;
} shorts[] = {{'m', "mmar"}, {'c', "config"}, {'e', "environment"}, {'o', "output"}, {'C', "directory"}};

struct parser {
    struct mm_arena *arena;
    const struct mm_command *command;
    struct mm_options *out;
    char **argv;
    int argc, at;
    const char **sets;
    size_t set_count;
};

/* "--no-cache" and "no_cache" are one name. */
static const struct mm_param *find_option(const struct mm_command *command, const char *name, size_t length)
{
    char text[64];
    if (length >= sizeof text)
        return NULL;
    memcpy(text, name, length);
    text[length] = 0;
    for (char *c = text; *c; c++)
        if (*c == '-')
            *c = '_';
    const struct mm_param *found = command->options ? mm_params_find(command->options, text) : NULL;
    return found || !command->takes_mmar ? found : mm_params_find(mm_mmar_params, text);
}

static enum mm_status unknown_option(const struct mm_command *command, const char *word, struct mm_error *err)
{
    struct mm_nearest nearest;
    char hint[128] = "", wanted[64];
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    mm_nearest_init(&nearest, wanted);
    for (const struct mm_param *p = command->options; p && p->type != MM_PARAM_END_OF_TABLE; p++)
        mm_nearest_offer(&nearest, p->name);
    for (const struct mm_param *p = mm_mmar_params; command->takes_mmar && p->type != MM_PARAM_END_OF_TABLE; p++)
        mm_nearest_offer(&nearest, p->name);
    if (nearest.best)
        snprintf(hint, sizeof hint, ", did you mean --%s?", nearest.best);
    for (char *c = hint; *c; c++)
        if (*c == '_')
            *c = '-';
    return mm_fail(err, MM_ERR_USAGE, "unknown option %s%s (see mmar help %s)", word, hint, command->name);
}

static enum mm_status take_set(struct parser *p, const char *attached, struct mm_error *err)
{
    size_t before = p->set_count;
    if (attached)
        p->sets[p->set_count++] = attached;
    while (p->at < p->argc && p->argv[p->at][0] != '-' && strchr(p->argv[p->at], '='))
        p->sets[p->set_count++] = p->argv[p->at++];
    if (p->set_count == before)
        return mm_fail(err, MM_ERR_USAGE, "--set needs name=value%s%s%s", p->at < p->argc ? ", got \"" : "",
                       p->at < p->argc ? p->argv[p->at] : "", p->at < p->argc ? "\"" : "");
    for (size_t i = before; i < p->set_count; i++)
        if (!strchr(p->sets[i], '=') || p->sets[i][0] == '=')
            return mm_fail(err, MM_ERR_USAGE, "--set needs name=value, got \"%s\"", p->sets[i]);
    return MM_OK;
}

/* A list that is given again goes on (--allow a --allow b); one with a default is replaced. */
static enum mm_status add_before(struct mm_arena *arena, struct mm_strings *list, const struct mm_strings *before,
                                 struct mm_error *err)
{
    const char **items = mm_arena_array(arena, const char *, before->count + list->count + 1);
    if (!items)
        return mm_fail_memory(err, "the options");
    for (size_t i = 0; i < before->count; i++)
        items[i] = before->items[i];
    for (size_t i = 0; i < list->count; i++)
        items[before->count + i] = list->items[i];
    *list = (struct mm_strings){before->count + list->count, items};
    return MM_OK;
}

static enum mm_status set_option(struct parser *p, const struct mm_param *param, const char *shown, const char *value,
                                 struct mm_error *err)
{
    enum mm_status s;
    if (param->type == MM_PARAM_BOOL && !value)
        value = "true";
    if (!value && p->at >= p->argc)
        return mm_fail(err, MM_ERR_USAGE, "option %s needs a value", shown);
    if (!value)
        value = p->argv[p->at++];
    struct mm_strings *list = param->type == MM_PARAM_STRINGS && !param->def_text
                                  ? (struct mm_strings *)((char *)p->out->object + param->offset)
                                  : NULL;
    const struct mm_strings before = list ? *list : (struct mm_strings){0};
    if (MM_TRY(s, mm_params_set(p->arena, param, p->out->object, value, err))) {
        mm_fail_in(err, "option %s", shown);
        if (err)
            err->status = MM_ERR_USAGE;
        return MM_ERR_USAGE;
    }
    return before.count ? add_before(p->arena, list, &before, err) : MM_OK;
}

static enum mm_status long_option(struct parser *p, const char *word, struct mm_error *err)
{
    const char *value = strchr(word, '=');
    size_t length = value ? (size_t)(value - word) - 2 : strlen(word) - 2;
    if (!strcmp(word, "--help"))
        p->out->help = true;
    else if (!strcmp(word, "--json") && p->command->has_json)
        p->out->json = true;
    else if (!strcmp(word, "--quiet"))
        p->out->verbosity = -1;
    else if (!strcmp(word, "--verbose"))
        p->out->verbosity = 1;
    else if (p->command->takes_mmar && length == 3 && !strncmp(word, "--set", 5))
        return take_set(p, value ? value + 1 : NULL, err);
    else {
        const struct mm_param *param = find_option(p->command, word + 2, length);
        if (!param)
            return unknown_option(p->command, word, err);
        char shown[80];
        snprintf(shown, sizeof shown, "--%.*s", (int)length, word + 2);
        return set_option(p, param, shown, value ? value + 1 : NULL, err);
    }
    return MM_OK;
}

static enum mm_status short_option(struct parser *p, const char *word, struct mm_error *err)
{
    if (word[1] == 'h' && !word[2])
        p->out->help = true;
    else if (word[1] == 'q' && !word[2])
        p->out->verbosity = -1;
    else if (word[1] == 'v' && !word[2])
        p->out->verbosity = 1;
    else {
        for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
            if (shorts[i].letter == word[1]) {
                const struct mm_param *param = find_option(p->command, shorts[i].name, strlen(shorts[i].name));
                if (!param)
                    break;
                return set_option(p, param, (const char[]){'-', word[1], 0}, word[2] ? word + 2 : NULL, err);
            }
        return mm_fail(err, MM_ERR_USAGE, "unknown option %s (see mmar help %s)", word, p->command->name);
    }
    return MM_OK;
}

static enum mm_status check_args(const struct mm_options *o, struct mm_error *err)
{
    const struct mm_command *c = o->command;
    if (o->help)
        return MM_OK;
    if ((int)o->arg_count < c->args_min)
        return mm_fail(err, MM_ERR_USAGE, "mmar %s needs %s (see mmar help %s)", c->name, c->args, c->name);
    if (c->args_max >= 0 && (int)o->arg_count > c->args_max)
        return mm_fail(err, MM_ERR_USAGE, "unexpected argument \"%s\": usage is mmar %s %s (see mmar help %s)",
                       o->args[c->args_max], c->name, c->args, c->name);
    return MM_OK;
}

enum mm_status mm_options_parse(struct mm_arena *arena, const struct mm_command *command, int argc, char **argv,
                                struct mm_options *out, struct mm_error *err)
{
    enum mm_status s;
    *out = (struct mm_options){.command = command};
    out->object =
        mm_arena_alloc(arena, command->options_size ? command->options_size : sizeof(struct mm_mmar_options));
    out->args = mm_arena_array(arena, const char *, (size_t)argc + 1);
    struct parser p = {arena, command, out, argv, argc, 0, mm_arena_array(arena, const char *, (size_t)argc + 1), 0};
    if (!out->object || !out->args || !p.sets)
        return mm_fail_memory(err, "the options");
    if (command->options && MM_TRY(s, mm_params_defaults(arena, command->options, out->object, err)))
        return s;
    if (command->takes_mmar && MM_TRY(s, mm_params_defaults(arena, mm_mmar_params, out->object, err)))
        return s;
    bool ended = false;
    while (p.at < argc) {
        const char *word = argv[p.at++];
        if (ended || word[0] != '-' || !word[1])
            out->args[out->arg_count++] = word;
        else if (!strcmp(word, "--"))
            ended = true;
        else if (MM_TRY(s, word[1] == '-' ? long_option(&p, word, err) : short_option(&p, word, err)))
            return s;
    }
    if (p.set_count)
        ((struct mm_mmar_options *)out->object)->set = (struct mm_strings){p.set_count, p.sets};
    return check_args(out, err);
}

void mm_command_page(struct mm_text *text, const struct mm_command *command)
{
    mm_text_format(text, "mmar %s: %s\n\nusage: mmar %s%s%s [options]\n", command->name, command->summary,
                   command->name, *command->args ? " " : "", command->args);
    const struct mm_param *const tables[] = {command->options, command->takes_mmar ? mm_mmar_params : NULL};
    if (command->options || command->takes_mmar)
        mm_text_add(text, "\noptions:\n");
    mm_params_help(text, tables, 2, MM_SPELLING_OPTION);
    mm_text_format(text, "\n%s  -q, -v     quiet, verbose\n",
                   command->has_json ? "  --json     the answer as JSON on stdout\n" : "");
    if (command->notes)
        mm_text_format(text, "\n%s\n", command->notes);
    if (command->examples)
        mm_text_format(text, "\nexamples:\n%s", command->examples);
}
