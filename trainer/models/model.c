/* From a model's parameters to its graph. */
#include "trainer/models/model.h"

enum mm_status mm_model_graph(struct mm_arena *arena, const struct mm_model *model, const void *self,
                              struct mm_graph **out, struct mm_error *err)
{
    enum mm_status status;
    struct mm_graph *graph = mm_graph_make(arena, model->spatial(self));
    if (!graph)
        return mm_fail_memory(err, "the graph");
    if (MM_TRY(status, mm_graph_status(graph, err)) || MM_TRY(status, model->build(self, graph, err)) ||
        MM_TRY(status, mm_graph_status(graph, err)))
        return err ? mm_fail_in(err, "%s", model->name) : status;
    *out = graph;
    return MM_OK;
}
