/* mmar list */
#include "base/names.h"
#include "mmar/command.h"
#include "mmar/families.h"

static enum mm_status list_families(const struct mm_command_call *call, struct mm_error *err)
{
    cJSON *json = mm_json_array(call->arena);
    for (const struct mm_family *f = mm_families; f->name; f++)
        if (call->json)
            mm_json_append(json, mm_json_text(call->arena, f->name));
        else
            printf("%-12s %s\n", f->name, f->summary);
    return call->json ? mm_command_print_json(call->arena, json, err) : MM_OK;
}

static enum mm_status list_members(const struct mm_command_call *call, const struct mm_family *family,
                                   struct mm_error *err)
{
    struct mm_member member;
    cJSON *json = mm_json_array(call->arena);
    for (size_t i = 0; family->member(i, &member); i++)
        if (call->json) {
            cJSON *row = mm_json_object(call->arena);
            mm_json_add(call->arena, row, "name", mm_json_text(call->arena, member.name));
            mm_json_add(call->arena, row, "also", mm_json_text(call->arena, member.aliases ? member.aliases : ""));
            mm_json_add(call->arena, row, "summary", mm_json_text(call->arena, member.summary));
            mm_json_append(json, row);
        } else
            printf("%-32s %s\n", member.name, member.summary);
    return call->json ? mm_command_print_json(call->arena, json, err) : MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    if (!call->arg_count)
        return list_families(call, err);
    const struct mm_family *family = mm_family_find(call->args[0]);
    if (family)
        return list_members(call, family, err);
    struct mm_nearest nearest;
    char hint[128];
    mm_nearest_init(&nearest, call->args[0]);
    for (const struct mm_family *f = mm_families; f->name; f++)
        mm_nearest_offer(&nearest, f->name);
    return mm_fail(err, MM_ERR_USAGE, "unknown family \"%s\"%s (see mmar list)", call->args[0],
                   mm_nearest_hint(&nearest, hint, sizeof hint));
}

const struct mm_command mm_command_list = {
    .name = "list",
    .args = "[FAMILY]",
    .summary = "list the members of a family: transforms, models, losses, ...",
    .args_min = 0,
    .args_max = 1,
    .has_json = true,
    .run = run,
    .examples = "  mmar list\n  mmar list transforms\n",
};
