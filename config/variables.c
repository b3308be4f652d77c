/* Variables: who overrides whom, "{NAME}" in strings, and which of them nobody uses.
 * Substitution is bounded: nesting, the length of a string, and all bytes made by copies, so that a few lines that double
 * each other cannot fill the memory. */
#include "base/names.h"
#include "base/trace.h"
#include "config/config_internal.h"

#define STRING_MAX ((size_t)64 << 10)
#define COPIED_MAX ((size_t)64 << 20)
#define NODE_SIZE  256 /* what a copied node is taken to cost beside its text */

/* Names that readers of a config know, used or not: Clara's, and ours. */
static const char known[] =
    "epochs num_training_epoch_per_valid num_interval_per_valid learning_rate multi_gpu use_amp amp use_gpu tf32 "
    "determinism seed search batch_size dynamic_input_shape train_summary_recording_interval use_scanning_window "
    "cudnn_benchmark do_validation output_infer_result dont_load_ckpt_model dont_load_ts_model CLARA_TRAIN_VERSION "
    "model_loader trainer evaluator name "
    "description version PROCESSING_TASK DATA_ROOT DATASET_JSON MMAR_ROOT MMAR_CKPT MMAR_CKPT_DIR MMAR_TORCHSCRIPT "
    "MMAR_EVAL_OUTPUT_PATH PRETRAIN_WEIGHTS_FILE TRAIN_DATALIST_KEY VAL_DATALIST_KEY INFER_DATALIST_KEY "
    "INPUT_CHANNELS DATA_LIST_KEY lr_search "
    "OUTPUT_CHANNELS";

bool mm_config_is_section(const struct mm_config_reader *reader, const char *name)
{
    if (strcmp(name, "train") == 0 || strcmp(name, "validate") == 0)
        return true;
    bool is_whole_stage = !mm_json_get(reader->root, "train") && !mm_json_get(reader->root, "validate");
    return is_whole_stage && mm_config_is_stage_key(name);
}

cJSON *mm_config_value(const struct mm_config_reader *reader, const char *name)
{
    const cJSON *own = mm_config_is_section(reader, name) ? NULL : mm_json_get(reader->root, name);
    return (cJSON *)(own ? own : mm_json_get(reader->extra, name));
}

void mm_config_drop_comments(cJSON *node)
{
    for (cJSON *child = node->child, *next; child; child = next) {
        next = child->next;
        if (child->string && mm_text_starts(child->string, "__"))
            mm_json_detach(child);
        else
            mm_config_drop_comments(child);
    }
}

void mm_config_apply_environment(struct mm_config_reader *reader, cJSON *environment)
{
    for (cJSON *member = environment->child, *next; member; member = next) {
        next = member->next;
        cJSON *before = mm_config_value(reader, member->string);
        if (before) {
            mm_json_replace(before, member);
        } else {
            mm_json_detach(member);
            mm_json_append(reader->extra, member);
        }
    }
}

/* Substitution. ------------------------------------------------------------------------------------------------- */

/* The next "{NAME}" at or behind `text`: its start, and the length of the name; NULL when there is none. */
static const char *find_name(const char *text, size_t *length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    for (; (text = strchr(text, '{')); text++) {
        *length = strspn(text + 1, letters);
        bool is_name = *length > 0 && !(text[1] >= '0' && text[1] <= '9');
        if (is_name && text[1 + *length] == '}')
            return text;
    }
    return NULL;
}

static enum mm_status substitute_tree(struct mm_config_reader *reader, cJSON *node);

static void fail_unknown(struct mm_config_reader *reader, const cJSON *node, const char *name)
{
    struct mm_nearest nearest;
    char hint[128];
    mm_nearest_init(&nearest, name);
    for (size_t i = 0; i < reader->variable_count; i++)
        mm_nearest_offer(&nearest, reader->variables[i].name);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "there is no variable {%s}%s", name,
               mm_nearest_hint(&nearest, hint, sizeof hint));
}

static void fail_cycle(struct mm_config_reader *reader, const cJSON *node, const char *name)
{
    struct mm_text names;
    mm_text_init(&names, 1024);
    size_t i = 0;
    while (i < reader->stack_count && strcmp(reader->stack[i], name) != 0)
        i++;
    for (; i < reader->stack_count; i++)
        mm_text_format(&names, "{%s} -> ", reader->stack[i]);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "variables name each other in a circle: %s{%s}",
               names.bytes, name);
    mm_text_done(&names);
}

static int compare_name(const void *name, const void *variable)
{
    return strcmp(name, ((const struct mm_variable *)variable)->name);
}

/* Substitutes inside the variable's value; `node` is blamed when that nests too deep. */
static enum mm_status resolve(struct mm_config_reader *reader, const cJSON *node, struct mm_variable *variable)
{
    if (reader->stack_count == MM_CONFIG_NESTING_MAX) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "variables are nested more than %d deep at {%s}",
                   MM_CONFIG_NESTING_MAX, variable->name);
        return MM_OK;
    }
    variable->state = MM_VARIABLE_BUSY;
    reader->stack[reader->stack_count++] = variable->name;
    enum mm_status s = substitute_tree(reader, mm_config_value(reader, variable->name));
    reader->stack_count--;
    variable->state = MM_VARIABLE_DONE;
    variable->value = mm_config_value(reader, variable->name);
    return s;
}

/* The value behind a name, itself substituted; *value is NULL when there is none (then reported at `node`). */
static enum mm_status find_value(struct mm_config_reader *reader, const cJSON *node, const char *name, cJSON **value)
{
    enum mm_status s = MM_OK;
    *value = NULL;
    struct mm_variable *variable =
        bsearch(name, reader->variables, reader->variable_count, sizeof *reader->variables, compare_name);
    if (!variable) {
        fail_unknown(reader, node, name);
        return MM_OK;
    }
    variable->is_used = true;
    if (variable->state == MM_VARIABLE_BUSY)
        fail_cycle(reader, node, name);
    else if (variable->state == MM_VARIABLE_RAW)
        s = resolve(reader, node, variable);
    *value = variable->value;
    return s;
}

static size_t cost_of(const cJSON *node)
{
    size_t cost = NODE_SIZE + (node->valuestring ? strlen(node->valuestring) : 0);
    for (const cJSON *child = node->child; child; child = child->next)
        cost += cost_of(child);
    return cost;
}

/* Charges `bytes` of copies made for `node`. */
static enum mm_status charge(struct mm_config_reader *reader, const cJSON *node, size_t bytes)
{
    reader->copied += bytes;
    if (reader->copied <= COPIED_MAX)
        return MM_OK;
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "with this, variables have grown to more than %zu MiB",
               COPIED_MAX >> 20);
    return MM_ERR_CONFIG;
}

/* The whole string is one variable: its value, of its own type, takes the string's place. Where there is none, null does:
 * the string is no value of any type, and one error about it is enough. */
static enum mm_status replace_whole(struct mm_config_reader *reader, cJSON *node, const char *name)
{
    cJSON *value;
    enum mm_status s;
    if (MM_TRY(s, find_value(reader, node, name, &value)) ||
        (value && MM_TRY(s, charge(reader, node, cost_of(value)))))
        return s;
    cJSON *copy = value ? mm_json_copy(reader->arena, value) : mm_json_null(reader->arena);
    if (!copy)
        return mm_fail_memory(reader->err, "a config");
    mm_json_replace(node, copy);
    return MM_OK;
}

/* A variable inside a string: its text. */
static void add_value(struct mm_config_reader *reader, struct mm_text *text, const cJSON *node, const char *name,
                      const cJSON *value)
{
    if (cJSON_IsString(value)) {
        mm_text_add(text, value->valuestring);
    } else if (cJSON_IsNumber(value) || cJSON_IsBool(value)) {
        const char *printed = mm_json_print(reader->arena, value, MM_JSON_COMPACT);
        mm_text_add(text, printed ? printed : "");
    } else {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "{%s} is %s and cannot stand inside a string", name,
                   mm_json_kind(value));
    }
}

static enum mm_status replace_parts(struct mm_config_reader *reader, cJSON *node)
{
    struct mm_text text;
    mm_text_init(&text, STRING_MAX);
    enum mm_status s = MM_OK;
    const char *at = node->valuestring;
    size_t length;
    for (const char *found; (found = find_name(at, &length)); at = found + length + 2) {
        const char *name = mm_arena_textn(reader->arena, found + 1, length);
        cJSON *value;
        if (!name) {
            s = mm_fail_memory(reader->err, "a config");
            goto done;
        }
        if (MM_TRY(s, find_value(reader, node, name, &value)))
            goto done;
        mm_text_addn(&text, at, (size_t)(found - at));
        if (value)
            add_value(reader, &text, node, name, value);
    }
    mm_text_add(&text, at);
    if (text.overflow)
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "longer than %zu bytes with its variables", STRING_MAX);
    if (MM_TRY(s, charge(reader, node, text.length)))
        goto done;
    node->valuestring = mm_arena_text(reader->arena, text.bytes);
    if (!node->valuestring)
        s = mm_fail_memory(reader->err, "a config");
done:
    mm_text_done(&text);
    return s;
}

static enum mm_status substitute_string(struct mm_config_reader *reader, cJSON *node)
{
    size_t length;
    const char *found = find_name(node->valuestring, &length);
    if (!found)
        return MM_OK;
    if (found != node->valuestring || found[length + 2] != '\0')
        return replace_parts(reader, node);
    const char *name = mm_arena_textn(reader->arena, found + 1, length);
    return name ? replace_whole(reader, node, name) : mm_fail_memory(reader->err, "a config");
}

static enum mm_status substitute_tree(struct mm_config_reader *reader, cJSON *node)
{
    if (cJSON_IsString(node))
        return substitute_string(reader, node);
    enum mm_status s = MM_OK;
    for (cJSON *child = node->child, *next; child && s == MM_OK; child = next) {
        next = child->next;
        s = substitute_tree(reader, child);
    }
    return s;
}

enum mm_status mm_config_substitute(struct mm_config_reader *reader)
{
    enum mm_status s;
    for (size_t i = 0; i < reader->variable_count; i++) {
        struct mm_variable *variable = &reader->variables[i];
        bool was_used = variable->is_used;
        cJSON *value;
        if (MM_TRY(s, find_value(reader, NULL, variable->name, &value)))
            return s;
        variable->is_used = was_used; /* by others only */
    }
    for (cJSON *member = reader->root->child, *next; member; member = next) {
        next = member->next;
        if (mm_config_is_section(reader, member->string) && MM_TRY(s, substitute_tree(reader, member)))
            return s;
    }
    for (size_t i = 0; i < reader->variable_count; i++)
        MM_TRACE(CONFIG, "%s = %s", reader->variables[i].name,
                 mm_json_print(reader->arena, mm_config_value(reader, reader->variables[i].name), MM_JSON_COMPACT));
    return MM_OK;
}

void mm_config_check_unused(struct mm_config_reader *reader)
{
    for (size_t i = 0; i < reader->variable_count; i++) {
        const struct mm_variable *variable = &reader->variables[i];
        if (variable->is_used || !variable->is_own || mm_names_contain(known, variable->name))
            continue;
        struct mm_nearest nearest;
        char words[128], hint[128];
        mm_nearest_init(&nearest, variable->name);
        mm_nearest_offer_words(&nearest, known, words, sizeof words);
        for (size_t k = 0; k < reader->variable_count; k++)
            if (reader->variables[k].is_used)
                mm_nearest_offer(&nearest, reader->variables[k].name);
        mm_problem(reader->problems, MM_SEVERITY_WARNING, mm_config_value(reader, variable->name),
                   "the variable %s is used nowhere%s", variable->name, mm_nearest_hint(&nearest, hint, sizeof hint));
    }
}
